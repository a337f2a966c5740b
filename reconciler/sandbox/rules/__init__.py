"""What the simulation accepts: names, types, properties."""
