"""Files and git revisions to data with source positions."""
