"""Whether callers get in now: one row for each thing that they depend on."""
