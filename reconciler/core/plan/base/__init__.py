"""Comparing a plan with the base revision, and what a revision stops managing."""
