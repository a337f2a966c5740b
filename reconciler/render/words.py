"""What every format shares: how values, times and counts read, and safe text.

Names and messages come from files and from Daily: nothing of them may move the
cursor, colour the screen, reverse the line, or command the CI system that reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from reconciler.core.compare.diff import ABSENT, FieldChange
from reconciler.core.compare.equality import labelled
from reconciler.core.model import Secret
from reconciler.core.plan.model import Action, Plan

LONGEST: Final = 240
"""Characters of one value that text shows; JSON has all of it."""

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
_COMMANDS: Final = re.compile(r"(^\s*):(?=:)|(#)#(?=\w*\[)")


def clean(text: str) -> str:
    """Text that can be put on a terminal or in a log.

    Control and bidi characters are spelled, and so is what starts a CI command.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _spelled(c) for c in text)
    return _COMMANDS.sub(
        lambda found: "#\\u0023" if found[2] else f"{found[1]}\\u003a", text
    )


def short(text: str, most: int = LONGEST) -> str:
    """Clean text of at most so many characters."""
    # Cleaning never shortens, so no more than this much of the text can matter.
    shown = clean(text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _spelled(char: str) -> str:
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def path_text(field: FieldChange) -> str:
    """`dialin.display_name`, `streaming_endpoints[0].name`."""
    made = ""
    for step in field.path:
        made += (
            f"[{step}]" if isinstance(step, int) else f".{step}" if made else str(step)
        )
    return short(made)


def value_text(field: FieldChange, value: object) -> str:
    """One side of a field as people read it: times as dates, secrets as labels."""
    if value is ABSENT or value is None:
        return "(not set)"
    seconds = isinstance(value, int) and not isinstance(value, bool)
    if seconds and field.path and field.path[0] in _TIMES:
        return time_text(value)  # type: ignore[arg-type]
    if isinstance(value, Secret):
        return short(value.label)
    return short(_as_json(labelled(value)))


def time_text(seconds: float) -> str:
    """Unix seconds as a UTC time; as they are when no calendar has them."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return str(seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def count(number: int, noun: str) -> str:
    """`1 room`, `2 rooms`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


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
    entries = count(len(plan.unmanaged.assignments), "assignment")
    return f"{rooms} and {entries} left alone"
