"""From the bytes of the log to frames: events in columns, a frame per type."""
