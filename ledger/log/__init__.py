"""The event log: the port, its backends, the codec, and how a log is verified."""
