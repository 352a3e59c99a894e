"""Restarts: what was restored is verified before anything can be published."""
