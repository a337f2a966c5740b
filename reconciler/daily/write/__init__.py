"""Everything that changes rooms and phone numbers in Daily."""
