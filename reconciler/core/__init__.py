"""Nouns and decisions; see README.md beside this file."""
