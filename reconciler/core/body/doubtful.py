"""What Daily may refuse of a body, or take and not act on: the body without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from reconciler.core.body.listing import leaves
from reconciler.core.body.unknown import unknown_keys
from reconciler.core.compare.diff import ABSENT, Step, at
from reconciler.core.kinds import KINDS
from reconciler.core.model import LiveRoom
from reconciler.core.plan.model import Action, Change

Path = tuple[Step, ...]


def without_doubtful(change: Change) -> tuple[dict[str, object], list[str]]:
    """The body without nulls and unknown live keys, and their dotted names.

    The null of a whole field of a room stays: Daily documents it. An empty list that
    stands for a declared null is left out as well.
    """
    least = 1 if change.kind == "room" else 0
    doubtful = {
        path
        for path, value in leaves(change.send)
        if value is None or (value == [] and at(change.desired.fields, path) is None)
        if len(path) > least
    }
    doubtful |= set(_carried_unknown(change))
    return _without(change.send, doubtful), _names(doubtful)


def without_unknown(change: Change) -> tuple[dict[str, object], list[str]]:
    """The body without unknown live keys, and their dotted names."""
    doubtful = set(_carried_unknown(change))
    return _without(change.send, doubtful), _names(doubtful)


def _carried_unknown(change: Change) -> Iterator[Path]:
    """Unknown keys that the file does not declare: they come from Daily."""
    if change.action is not Action.UPDATE:
        return
    for name, value in change.send.items():
        for path in unknown_keys(KINDS[change.kind], value, (name,)):
            if at(change.desired.fields, path) is ABSENT:
                yield path


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


def _without(
    body: Mapping[str, object], doubtful: Set[Path], path: Path = ()
) -> dict[str, object]:
    return {
        key: _spared(item, doubtful, (*path, key))
        for key, item in body.items()
        if (*path, key) not in doubtful
    }


def _spared(value: object, doubtful: Set[Path], path: Path) -> object:
    if isinstance(value, Mapping):
        return _without(value, doubtful, path)
    if isinstance(value, list):
        return [_spared(v, doubtful, (*path, i)) for i, v in enumerate(value)]
    return value


def _emptied(value: object, path: Path, stuck: Set[Path]) -> object:
    if isinstance(value, Mapping):
        return {k: _emptied(v, (*path, k), stuck) for k, v in value.items()}
    return [] if path in stuck else value


def _names(paths: Set[Path]) -> list[str]:
    return sorted(".".join(map(str, path)) for path in paths)
