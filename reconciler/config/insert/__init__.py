"""Adding keys to an existing file without changing the rest."""
