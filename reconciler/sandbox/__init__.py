"""A simulation of Daily that knows nothing of the rest of this package."""
