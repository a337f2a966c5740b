"""The plan as a value, and the functions that make, check and approve one."""
