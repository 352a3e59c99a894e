"""The tape of 2026-01-19: a day of an exchange, and the two years before it, played against the ledger."""
