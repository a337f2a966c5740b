"""Inputs that nobody would write, given to whatever reads from outside."""
