"""The part of a room, or of the defaults, that a rule looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.findings import Finding
from reconciler.core.model import Path, Place


@dataclass(frozen=True, slots=True)
class Written:
    """The part of a room, or of the defaults, that stands in one place."""

    body: Mapping[str, Any]
    root: Path
    place: Callable[[Path], Place]
    key_place: Callable[[Path], Place]

    def of(self, section: str) -> Mapping[str, Any]:
        """A mapping of the body; empty if it is missing or something else."""
        found = self.body.get(section)
        return found if isinstance(found, dict) else {}

    def finding(self, id_: str, message: str, path: Path, hint: str = "") -> Finding:
        """A finding at a value."""
        return Finding(id_, message, self.place(path), hint, (*self.root, *path))

    def at_key(self, id_: str, message: str, path: Path, hint: str = "") -> Finding:
        """A finding at a key."""
        return Finding(id_, message, self.key_place(path), hint, (*self.root, *path))
