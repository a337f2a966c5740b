"""One module per command: its options, and one call."""
