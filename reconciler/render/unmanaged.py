"""What lives in Daily and in no file, in words for text, markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.core.dialin.sheet import Source
from reconciler.core.dialin.unmanaged import UnmanagedRoom
from reconciler.core.plan.model import Unmanaged
from reconciler.core.times import iso
from reconciler.render.words import count


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: each line is a name, and what is to be said of it."""

    title: str
    lines: tuple[tuple[str, str], ...]


def listings(unmanaged: Unmanaged) -> Iterator[Listing]:
    """The lists that `--show-unmanaged` asks for, PIN rooms first; no empty ones."""
    if not unmanaged.listed:
        return
    pins = tuple((r.name, _reach(r)) for r in unmanaged.pin_rooms or ())
    endless = tuple((r.name, "") for r in unmanaged.endless or ())
    entries = tuple((e.description, "") for e in unmanaged.assignments or ())
    for title, lines in (
        ("PIN rooms in Daily and in no file", pins),
        ("rooms in Daily and in no file, without an end", endless),
        ("assignments in Daily and in no file", entries),
    ):
        if lines:
            yield Listing(title, lines)


def thrown_away(unmanaged: Unmanaged) -> str:
    """How many rooms are in no list; empty where there are none."""
    number = unmanaged.thrown_away if unmanaged.listed else 0
    if not number:
        return ""
    return (
        f"not listed: {count(number, 'room')} in no file that "
        f"{'ends' if number == 1 else 'end'}, without a PIN or within 24 hours"
    )


def _reach(room: UnmanagedRoom) -> str:
    """How callers reach a PIN room, and until when."""
    end = "no end" if room.ends is None else f"ends on {iso(room.ends)}"
    return f"{end}, {_numbers(room)}"


def _numbers(room: UnmanagedRoom) -> str:
    if room.numbers is None:
        return "numbers not read"
    if not room.numbers:
        return "no number asks for its PIN"
    if any(number.source is Source.GLOBAL for number in room.numbers):
        return "reached by Daily's own numbers"
    return f"reached by {', '.join(number.number for number in room.numbers)}"
