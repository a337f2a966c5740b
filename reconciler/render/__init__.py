"""Values to text. Prints nothing itself."""
