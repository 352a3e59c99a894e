"""What a rollback records after its declaration, made from the state at its target and the void events."""
