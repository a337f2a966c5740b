"""What is written: declared values over live ones, and the list of it for people."""
