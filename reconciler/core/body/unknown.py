"""Keys inside objects that this version does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.core.compare.diff import Step
from reconciler.core.kinds import Kind

Path = tuple[Step, ...]


def unknown_keys(kind: Kind, value: object, path: Path) -> Iterator[Path]:
    """Where a written value has keys that this version does not know, at any depth."""
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from unknown_keys(kind, item, (*path, position))
    elif isinstance(value, Mapping):
        known = kind.known_keys(path)
        for key, item in value.items():
            if known is None or key in known:
                yield from unknown_keys(kind, item, (*path, key))
            else:
                yield (*path, key)
