"""The HTTP client for Daily: address, pace, retries, answers."""
