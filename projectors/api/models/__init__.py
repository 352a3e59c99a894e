"""Shapes of everything that is sent: decimal strings, times in Unix milliseconds."""
