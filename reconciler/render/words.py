"""What every format shares: how values, times and counts read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.core.compare.diff import ABSENT, FieldChange
from reconciler.core.model import Place
from reconciler.core.plan.model import Action, Plan
from reconciler.core.secrecy import Secret, labelled
from reconciler.core.text import clean, short
from reconciler.core.times import iso

SIGNS: Final[Mapping[Action, str]] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.RENEW: ">",
    Action.REPLACE: "!",
    Action.DELETE: "-",
}

_COLOURS: Final = {
    "green": "32",
    "yellow": "33",
    "red": "31",
    "cyan": "36",
    "dim": "2",
    "bold": "1",
}
_TIMES: Final = frozenset({"exp", "nbf"})
# Kept: json.dumps makes a new one for each value, which takes longer than using it.
_as_json: Final = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours, or none."""

    on: bool = False

    def __call__(self, text: str, *names: str) -> str:
        """The text in these colours."""
        if not self.on or not text:
            return text
        codes = ";".join(_COLOURS[name] for name in names)
        return f"\x1b[{codes}m{text}\x1b[0m"


# CI systems read commands from a log: `::name::` where a line starts, and
# `##[name]` or `##name[` anywhere in it.


def path_text(field: FieldChange) -> str:
    """`dialin.display_name`, `streaming_endpoints[0].name`."""
    made = ""
    for step in field.path:
        made += (
            f"[{step}]" if isinstance(step, int) else f".{step}" if made else str(step)
        )
    return short(made)


LONGEST_VALUE: Final = 2_000
"""Characters of one value that are shown; of a longer one it is a window."""
_BEFORE: Final = 100
"""Characters that a window shows before the first difference."""


def value_text(field: FieldChange, value: object, most: int = LONGEST_VALUE) -> str:
    """One side of a field as people read it: times as dates, secrets as labels."""
    return cut(_whole(field, value), most)


def side_texts(field: FieldChange, most: int = LONGEST_VALUE) -> tuple[str, str]:
    """Both sides as people read them.

    Where one is longer than `most`, both are windows that begin shortly before the
    first difference, so that different values never look the same.
    """
    before, after = _whole(field, field.before), _whole(field, field.after)
    start = 0
    if max(len(before), len(after)) > most and before != after:
        start = max(0, _first_difference(before, after) - _BEFORE)
    return cut(before, most, start), cut(after, most, start)


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def cut(text: str, most: int = LONGEST_VALUE, start: int = 0) -> str:
    """So many characters of clean text; a part says that it is one."""
    part = text[start : start + most]
    if part == text:
        return text
    ending = "…" if start + most < len(text) else ""
    size = f"{len(text):,} characters; --format json has all"
    return f"{'…' * bool(start)}{part}{ending} ({size})"


def _whole(field: FieldChange, value: object) -> str:
    if value is ABSENT or value is None:
        return "(not set)"
    seconds = isinstance(value, int) and not isinstance(value, bool)
    if seconds and field.path and field.path[0] in _TIMES:
        return iso(value)  # type: ignore[arg-type]
    if isinstance(value, Secret):
        return clean(value.label)
    return clean(_as_json(labelled(value)))


def title_text(title: str) -> str:
    """` "Dr. Miller"`: what people call a thing, behind its name; empty without one."""
    return f' "{short(title)}"' if title else ""


def place_text(place: Place, *, column: bool = False) -> str:
    """`rooms.yaml:12`, or `rooms.yaml:12:3`; the file alone where no line is known."""
    at = (place.line, place.column) if column else (place.line,)
    return ":".join(map(str, (place.file, *at))) if place.line else place.file


def count(number: int, noun: str) -> str:
    """`1 room`, `2 rooms`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Sequence[str], most: int = 20) -> str:
    """So many names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(short, names[:most])) + more


def duration(seconds: float) -> str:
    """How long something takes, roughly."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h"


def left_alone(plan: Plan) -> str:
    """What lives in Daily and in no file, counted."""
    rooms = count(plan.unmanaged.room_count, "room")
    if plan.unmanaged.assignments is None:
        return f"{rooms} left alone; assignments not read"
    entries = count(len(plan.unmanaged.assignments), "assignment")
    return f"{rooms} and {entries} left alone"
