"""Rules that JSON Schema cannot express."""
