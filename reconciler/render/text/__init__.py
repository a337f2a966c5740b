"""Plain text for the terminal: one file per document."""
