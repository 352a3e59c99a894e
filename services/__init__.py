"""Programs around the ledger: they read its log, and send it commands like anybody else."""
