"""Files in, a Config and findings out. Reads files; never talks to Daily."""
