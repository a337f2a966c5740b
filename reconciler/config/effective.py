"""What one room or number gets once the defaults are applied, value by value.

Mappings are taken apart so that each key has its own line of the file; lists stay
whole. What nobody may see is replaced by its label here, so that no reader of these
values has to know which ones they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.config.entries import SPREAD, Entry
from reconciler.config.variables import Filled
from reconciler.core.key_docs import Effective, Value
from reconciler.core.kinds import KINDS, SETTABLE
from reconciler.core.model import Path, Place
from reconciler.core.secrecy import Secret, labelled, veil
from reconciler.core.text import nearest


def find(entries: Sequence[Entry], name: str) -> Entry | None:
    """The entry of this name or number; `room:` or `number:` may stand before it."""
    kind, _, rest = name.partition(":")
    for entry in entries:
        if entry.key == name or (entry.kind == kind and entry.key == rest):
            return entry
    return None


def nearest_name(entries: Sequence[Entry], name: str) -> str:
    """The name that was perhaps meant, or nothing."""
    return nearest(name, [entry.key for entry in entries])


def effective(entry: Entry) -> Effective:
    """Lay open one entry of a config that has no errors."""
    return Effective(
        kind=entry.kind,
        key=entry.key,
        place=entry.key_place(),
        absent=entry.absent,
        takes_defaults=entry.defaults is not None,
        values=tuple(_values(entry)),
    )


def _values(entry: Entry) -> Iterator[Value]:
    for name, body in entry.merged.items():
        for path, value in _leaves((name,), body):
            yield Value(
                path=path,
                value=_shown(entry, path, value),
                place=entry.key_place(path),
                inherits=not entry.writes(path),
                over=_over(entry, path),
            )


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from _leaves((*path, name), below)
    else:
        yield path, value


def _over(entry: Entry, path: Path) -> Place | None:
    """Where the default stands that the entry's own value displaces."""
    if entry.defaults is None or not entry.writes(path):
        return None
    part = path[: 2 if path[0] in SPREAD else 1]
    here: Any = entry.defaults.body
    for step in part:
        if not isinstance(here, dict) or step not in here:
            return None
        here = here[step]
    document = entry.defaults.document(part)
    return document.key_place(("defaults", "rooms", *part)) if document else None


def _shown(entry: Entry, path: Path, value: Any) -> object:
    """The value as it may be shown: see `core.compare.equality.veil`."""
    grouped = path[0] in SPREAD or path[0] in SETTABLE
    field = path[1:] if grouped else path
    return labelled(veil(KINDS[entry.kind], field, _sealed(value), None))


def _sealed(value: Any) -> object:
    if isinstance(value, Filled):
        return Secret(value.reveal(), value.label, value.written)
    if isinstance(value, Mapping):
        return {key: _sealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sealed(item) for item in value]
    return value
