"""Keeping views at the head of a log that grows: following, rollbacks, health, metrics."""
