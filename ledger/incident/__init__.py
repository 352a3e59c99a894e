"""The incident toolkit: what went wrong, what would have been, and the plans that make it good."""
