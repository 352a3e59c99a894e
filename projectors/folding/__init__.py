"""From frames to rows: the one pass along the log that drives all views, in steps."""
