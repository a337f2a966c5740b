"""What a change sends and what it takes away, listed leaf by leaf.

The listing is made from the very body that is written, so that the two cannot
differ: every leaf of the body is in exactly one of `fields`, `also_sent` and `carried`.
A leaf is whatever is no object with keys: a text, a number, a list, null, an empty
object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.core.compare.canonical import by_name, in_order_of
from reconciler.core.compare.diff import ABSENT, FieldChange, Step, at
from reconciler.core.kinds import Kind
from reconciler.core.model import Desired
from reconciler.core.secrecy import showing

Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A body by what becomes of its leaves; `before` is what Daily shows there.

    `fields` differ. `also_sent` are declared, and sent without a difference that was
    seen. `carried` are not declared: live keys of a written object, sent back as they
    were read. `removed` is not in the body: what writing it takes away.
    """

    fields: tuple[FieldChange, ...] = ()
    also_sent: tuple[FieldChange, ...] = ()
    carried: tuple[FieldChange, ...] = ()
    removed: tuple[FieldChange, ...] = ()


def list_body(
    kind: Kind,
    desired: Desired,
    live: Mapping[str, object],
    body: Mapping[str, object],
    diff: Iterable[FieldChange],
) -> Listing:
    """List a body. `diff` holds the differences that make it necessary."""
    shown = showing(kind, desired, live)
    differing = {change.path: change for change in diff}
    used: set[Path] = set()
    fields, also_sent, carried = [], [], []
    for path, value in sorted(leaves(body), key=lambda leaf: _rank(leaf[0])):
        near = _near(path, value, differing)
        used |= {change.path for change in near}
        before = in_order_of(value, _before(path, near, live))
        leaf = FieldChange(path, before, value)
        if near:
            fields.append(leaf)
        elif _is_declared(desired, path):
            also_sent.append(leaf)
        else:
            carried.append(leaf)
    gone = (
        FieldChange(c.path, c.before, ABSENT)
        for c in differing.values()
        if c.path not in used or _is_displaced(c)
    )
    removed = [*gone, *_left_out(body, live)]
    listed = (fields, also_sent, carried, removed)
    return Listing(*(tuple(map(shown, part)) for part in listed))


def _rank(path: Path) -> list[str]:
    """By name, but that who may join a room comes first."""
    return ["" if path == ("privacy",) else str(path[0]), *map(str, path[1:])]


def leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every leaf of a body with its path. A body that is empty has none."""
    if isinstance(value, Mapping) and (value or not path):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def _near(
    path: Path, value: object, differing: Mapping[Path, FieldChange]
) -> list[FieldChange]:
    """The differences at a leaf, above it, or below an object that goes as a whole."""
    above = [path[:end] for end in range(1, len(path) + 1)]
    found = [differing[step] for step in above if step in differing]
    if not found and (value is None or isinstance(value, Mapping)):
        found = [c for p, c in differing.items() if p[: len(path)] == path]
    return found


def _before(path: Path, near: list[FieldChange], live: Mapping[str, object]) -> object:
    if has_items(at(live, path)):
        # The comparison saw the declared keys alone; the live items have more.
        return at(live, path)
    if len(near) == 1 and near[0].path == path[: len(near[0].path)]:
        return at(near[0].before, path[len(near[0].path) :])
    return at(live, path)


def _left_out(
    body: Mapping[str, object], live: Mapping[str, object]
) -> Iterator[FieldChange]:
    """Live keys of the items of a list that the item which is sent does not have."""
    for path, value in leaves(body):
        found = _lost_keys(path, value, at(live, path))
        for lost in found if isinstance(value, list) else ():
            yield FieldChange(lost, at(live, lost), ABSENT)


def _lost_keys(path: Path, sent: object, have: object) -> Iterator[Path]:
    """`sent` and `have` stand for each other: by name in a list, or by position."""
    if isinstance(sent, Mapping) and isinstance(have, Mapping):
        for key, value in have.items():
            if key in sent:
                yield from _lost_keys((*path, key), sent[key], value)
            elif value is not None:
                yield (*path, key)
    elif isinstance(sent, list) and isinstance(have, list):
        for at_, item in enumerate(have):
            twin = _twin(sent, have, at_)
            yield from _lost_keys((*path, at_), twin, item)


def _twin(sent: list[object], have: list[object], position: int) -> object:
    """The item that is sent in the place of a live one; None where there is none."""
    wanted, named = by_name(sent), by_name(have)
    if wanted and named:
        return wanted.get([*named][position])
    return sent[position] if position < len(sent) else None


def has_items(value: object) -> bool:
    """A list with mappings in it, whose keys the file may declare in part."""
    listed = value if isinstance(value, list) else []
    return any(isinstance(item, Mapping) for item in listed)


def _is_declared(desired: Desired, path: Path) -> bool:
    """The file writes it, or writes null for all of it, or gives it by `expires`."""
    if path == ("exp",) and desired.rolling is not None:
        return True
    value: object = desired.fields
    for step in path:
        if not isinstance(value, Mapping):
            return True
        if step not in value:
            return False
        value = value[step]
    return True


def _is_displaced(change: FieldChange) -> bool:
    """A plain value that makes room for an object stands at none of its leaves."""
    plain = change.before is not ABSENT and not isinstance(change.before, Mapping)
    return plain and change.before is not None and isinstance(change.after, Mapping)
