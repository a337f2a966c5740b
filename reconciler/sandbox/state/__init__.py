"""What the simulated domain holds."""
