"""Refunds: what an account is owed by each method, and how it is paid."""
