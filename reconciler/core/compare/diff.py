"""Field-level differences between two canonical resources.

This is the only module that knows deepdiff exists. Everything downstream sees
FieldChange values, so the library can be replaced without touching the planner.

deepdiff collapses mappings that share few keys into a single replacement by
default, which would hide the one setting a reviewer needs to see: that is
switched off. `ignore_numeric_type_changes` is not used, because it also makes
True equal to 1; numbers are made canonical in the normalize module instead.
Keys that begin with two underscores are skipped by default: they are compared.

It is imported on the first pair that differs: a run with nothing to change does
not pay for it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias


class _Absent(enum.Enum):
    ABSENT = enum.auto()

    def __repr__(self) -> str:
        return "(not set)"


ABSENT: Final = _Absent.ABSENT
"""The field does not exist on this side. Not the same as null."""

Step: TypeAlias = str | int


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that must move for the live resource to match the config."""

    path: tuple[Step, ...]
    before: object
    after: object


def diff_fields(
    live: Mapping[str, object], desired: Mapping[str, object]
) -> tuple[FieldChange, ...]:
    """List the fields that differ, in path order.

    Both sides must already be canonical (see the normalize module): this
    function compares, it does not decide what counts as equal. A list is reported
    whole, since it is written whole.

    Returns:
        One change per differing leaf. An empty tuple is the planner's only
        definition of "in sync".
    """
    if same(live, desired):
        return ()
    from deepdiff import DeepDiff

    tree = DeepDiff(
        live,
        desired,
        view="tree",
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
    )
    paths = {
        _trim(tuple(leaf.path(output_format="list")))
        for leaves in tree.values()
        for leaf in leaves
    }
    paths |= set(_overlooked(live, desired, paths))
    changes = [FieldChange(p, at(live, p), at(desired, p)) for p in paths]
    # deepdiff also reports 1 beside 1.0, which are the same number.
    changes = [c for c in changes if not same(c.before, c.after)]
    return tuple(sorted(changes, key=_by_path))


def _overlooked(
    live: Mapping[str, object],
    desired: Mapping[str, object],
    found: set[tuple[Step, ...]],
) -> Iterator[tuple[Step, ...]]:
    """Fields that differ though deepdiff sees nothing: it takes [1] for [True]."""
    seen = {path[0] for path in found}
    for name in live.keys() | desired.keys():
        pair = live.get(name, ABSENT), desired.get(name, ABSENT)
        if name not in seen and not same(*pair):
            yield (name,)


def same(left: object, right: object) -> bool:
    """Equal in value and in type: True is not 1, though 1 is 1.0."""
    if left is right:
        return True
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(
            same(value, right[key]) for key, value in left.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def at(value: object, path: tuple[Step, ...]) -> object:
    """What stands at a path; ABSENT where nothing does."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else ABSENT
        else:
            return ABSENT
    return value


def _trim(path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The path up to the first list on it."""
    end = next((i for i, step in enumerate(path) if isinstance(step, int)), len(path))
    return path[:end]


def _by_path(change: FieldChange) -> list[tuple[bool, Step]]:
    # List indexes sort numerically and before names, so item 10 follows item 9.
    return [(isinstance(step, str), step) for step in change.path]
