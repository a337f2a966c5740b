"""What an apply shows while it goes on, and the report at its end."""
