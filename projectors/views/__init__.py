"""The views of the ledger: one plain module each, a name, a version, and expressions."""
