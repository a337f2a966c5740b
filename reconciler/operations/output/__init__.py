"""What an apply shows while it goes on, its question, and the report at its end."""
