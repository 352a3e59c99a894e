"""The words in which a view says what its rows are, and the plan that they come to."""
