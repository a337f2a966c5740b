"""What a run finds out about the people who call in."""
