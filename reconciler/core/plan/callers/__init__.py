"""People whom a plan concerns: callers of rooms in no file, those in a meeting now."""
