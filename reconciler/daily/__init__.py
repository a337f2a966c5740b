"""Everything that talks to Daily: reading, writing, pacing, Daily's JSON."""
