"""The calls that the simulation answers, one module per resource."""
