"""What Daily may refuse of a body, or take and not act on: the body without it."""

from __future__ import annotations

from collections.abc import Mapping, Set

from reconciler.core.body.listing import leaves
from reconciler.core.compare.diff import Step, at
from reconciler.core.kinds import ROOM
from reconciler.core.model import LiveRoom
from reconciler.core.plan.model import Change

Path = tuple[Step, ...]


def without_doubtful(change: Change) -> tuple[dict[str, object], list[str]]:
    """The body without nested nulls and unknown live keys, and their dotted names.

    An empty list that stands for a declared null is left out as well.
    """
    doubtful = {
        path
        for path, value in leaves(change.send)
        if value is None or (value == [] and at(change.desired.fields, path) is None)
        if len(path) > 1
    }
    doubtful |= {f.path for f in change.carried if _is_unknown(f.path)}
    body = {
        name: _without(value, (name,), doubtful) for name, value in change.send.items()
    }
    return body, _names(doubtful)


def with_empty_lists(
    change: Change, room: LiveRoom
) -> tuple[dict[str, object], list[str]]:
    """The body with an empty list for each nested null whose list Daily still shows."""
    stuck = {
        path
        for path, value in leaves(change.send)
        if value is None and len(path) > 1 and _holds_list(at(room.fields, path))
    }
    body = {
        name: _emptied(value, (name,), stuck) for name, value in change.send.items()
    }
    return body, _names(stuck)


def _holds_list(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _is_unknown(path: Path) -> bool:
    """A live key of an object that the kinds table does not have."""
    known = ROOM.objects.get(str(path[0]))
    if known is None or len(path) < 2:
        return False
    nested = ROOM.nested.get((str(path[0]), str(path[1])))
    deep = nested is not None and len(path) > 2 and path[2] not in nested
    return path[1] not in known or deep


def _without(value: object, path: Path, doubtful: Set[Path]) -> object:
    if not isinstance(value, Mapping):
        return value
    return {
        key: _without(item, (*path, key), doubtful)
        for key, item in value.items()
        if (*path, key) not in doubtful
    }


def _emptied(value: object, path: Path, stuck: Set[Path]) -> object:
    if isinstance(value, Mapping):
        return {k: _emptied(v, (*path, k), stuck) for k, v in value.items()}
    return [] if path in stuck else value


def _names(paths: Set[Path]) -> list[str]:
    return sorted(".".join(map(str, path)) for path in paths)
