"""Scenarios: programs that play a story through a ledger and its views, and report what came of it.

The write side and the read side know nothing of each other and nothing of scenarios; this package
stands above both (docs/adr/0006).
"""
