"""The matching engine of the scenarios: books by price and time, and trades that the ledger may refuse."""
