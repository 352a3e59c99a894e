"""The single writer: its loop, recovery, checkpoints, and the table of duplicates."""
