"""The way back: from what Daily has to what a file would say."""

from reconciler.core.export.exporter import export, with_defaults
from reconciler.core.export.model import Export, Wish

__all__ = ["Export", "Wish", "export", "with_defaults"]
