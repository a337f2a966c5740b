"""The plan: what it is, who makes it, and what is checked about it."""

from reconciler.core.plan.model import Plan, Selection
from reconciler.core.plan.planner import make_plan

__all__ = ["Plan", "Selection", "make_plan"]
