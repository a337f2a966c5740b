"""Everything that writes to Daily, but for restoring from a rescue file."""

from reconciler.daily.write.apply import apply_plan
from reconciler.daily.write.run import Options

__all__ = ["Options", "apply_plan"]
