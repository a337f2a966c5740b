"""Rules that a schema cannot say: about values, rooms and numbers."""

from reconciler.config.rules.check import check_rules

__all__ = ["check_rules"]
