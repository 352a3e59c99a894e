"""Who may ask for what, by path."""
