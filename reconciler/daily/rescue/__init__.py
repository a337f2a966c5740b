"""The rescue file of assignments, and restoring what is missing."""
