"""Declarative reconciler for Daily rooms and phone-number assignments."""

__version__ = "0.1.0"
