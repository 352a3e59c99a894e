"""The incident toolkit: what a corrupted input did, what would have been, and what each remedy costs."""
