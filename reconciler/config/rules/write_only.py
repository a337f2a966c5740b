"""`write_only`: each path must lead to something that is written.

A path of the defaults may be one that some rooms do not write, so that it must be
known to the schema, or written by any room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.config.entries import Defaults, Entry, room_properties
from reconciler.config.schema import slots
from reconciler.config.variables import is_unset
from reconciler.core.findings import Finding
from reconciler.core.model import Path
from reconciler.core.text import nearest, quote


def of_entry(entry: Entry, fields: Mapping[str, Any]) -> Iterator[Finding]:
    """Each path of `write_only` must lead to something that the entry writes."""
    paths = entry.body.get("write_only")
    for index, path in enumerate(paths if isinstance(paths, list) else ()):
        if not isinstance(path, str) or is_unset(path):
            continue
        if not _leads(fields, path.split(".")):
            message = f"write_only names {quote(f'{path}')}, which is not written"
            near = nearest(path, map(".".join, _paths(fields)))
            hint = f"did you mean '{near}'?" if near else "write it, or remove the path"
            at = ("write_only", str(index))
            yield entry.at("write-only-unknown", message, at, hint)


def of_defaults(defaults: Defaults, rooms: Iterable[Entry]) -> Iterator[Finding]:
    """Each path in `write_only` of the defaults must be known, or written by a room."""
    paths = defaults.body.get("write_only")
    document = defaults.document(("write_only",))
    if not isinstance(paths, list) or document is None:
        return
    known = slots.top()
    for step in ("rooms", "", "properties"):
        known = slots.below(known, step)
    written = [room_properties(entry.merged) for entry in rooms if not entry.absent]
    for index, path in enumerate(paths):
        if not isinstance(path, str) or is_unset(path):
            continue
        steps = path.split(".")
        if _is_known(known, steps) or any(_leads(fields, steps) for fields in written):
            continue
        root = ("defaults", "rooms", "write_only", str(index))
        message = f"write_only names {quote(path)}, which no room writes"
        near = nearest(path, (".".join(name) for name in _known_paths(known)))
        hint = f"did you mean '{near}'?" if near else "write it, or remove the path"
        yield Finding("write-only-unknown", message, document.place(root), hint, root)


def _is_known(node: slots.Node, steps: Iterable[str]) -> bool:
    for step in steps:
        node = slots.below(node, step)
    return node is not slots.ANYTHING


def _known_paths(node: slots.Node, path: Path = ()) -> Iterator[Path]:
    for name, below in node.get("properties", {}).items():
        yield (*path, name)
        yield from _known_paths(below, (*path, name))


def _leads(fields: object, steps: Iterable[str]) -> bool:
    """Tell whether a path leads to something inside these fields."""
    for step in steps:
        if not isinstance(fields, dict) or step not in fields:
            return False
        fields = fields[step]
    return True


def _paths(fields: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    for name, value in fields.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from _paths(value, (*path, name))
