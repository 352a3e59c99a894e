"""After something went wrong: plans that operators approve, and what they do."""
