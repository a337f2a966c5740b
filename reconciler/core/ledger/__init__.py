"""What callers have been told, and whether it still holds."""

from reconciler.core.ledger import findings
from reconciler.core.ledger.model import MIN_KEY, Ledger, Line, Problem, Seal
from reconciler.core.ledger.text import parse

__all__ = ["MIN_KEY", "Ledger", "Line", "Problem", "Seal", "findings", "parse"]
