"""PIN rooms that no file names: nothing renews them, and people may call them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.core.check.model import ROOMS, Reading, Row, row
from reconciler.core.dialin.unmanaged import UnmanagedRoom
from reconciler.core.findings import Finding
from reconciler.core.pin_life import MEANT, ROLL
from reconciler.core.times import iso

EVERY = "all"
"""The subject of the row that stands for all of them where no room was read."""


def unmanaged_rows(
    rooms: Iterable[UnmanagedRoom], reading: Reading, now: float, min_left: float
) -> Iterator[Row]:
    """A row for each of them that lives for more than a day."""
    if gaps := reading.gaps(ROOMS):
        yield row("unmanaged-room", EVERY, (), gaps)
    for room in rooms:
        if room.watched:
            yield _row(room, now + min_left)


def throw_away(rooms: Iterable[UnmanagedRoom], reading: Reading) -> int | None:
    """How many PIN rooms live for a day at most; None where no room was read."""
    if ROOMS in reading.unread:
        return None
    return sum(room.has_pin and not room.lasting for room in rooms)


def _row(room: UnmanagedRoom, least: float) -> Row:
    day = "" if room.ends is None else iso(room.ends).partition("T")[0]
    checked = ["in no file", f"until {day}" if day else "no end"]
    reasons = [_ends(room, room.ends)] if room.ends and room.ends <= least else ()
    return row("unmanaged-room", room.name, reasons, checked=checked, ends=room.ends)


def _ends(room: UnmanagedRoom, end: int) -> Finding:
    return Finding(
        "unmanaged-pin-ends",
        f"room '{room.name}' is in no file, and its PIN ends on {iso(end)}",
        hint=f"{MEANT}; {ROLL}; to see what to write",
        command=("import", "--rooms", room.name, "--rolling"),
    )
