"""The incident toolkit: what a corrupted input did, what would have been, what each remedy costs; and plans
that operators approve, and what they do.
"""
