"""Canonical values, equality and field differences."""
