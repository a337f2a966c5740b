"""How callers reach each declared room now, to hold against what they were told."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.dialin.sheet import DialIn, Source, dialins
from reconciler.core.ledger.model import GLOBAL
from reconciler.core.ledger.text import ID
from reconciler.core.model import Config, Desired, Live, LiveRoom
from reconciler.core.phone import room_numbers
from reconciler.core.times import expired


@dataclass(frozen=True, slots=True)
class Reach:
    """One declared room as callers find it.

    `id` is empty when Daily does not show it. `numbers` is None when the reading does
    not tell. `pin` is empty when callers cannot join, and `problem` says why then.
    `meant`: the room has ended as its file says, which another finding names.
    """

    room: str
    id: str = ""
    numbers: tuple[str, ...] | None = None
    pin: str = ""
    problem: str = ""
    meant: bool = False


def reaches(config: Config, live: Live, now: float) -> dict[str, Reach]:
    """Every declared room that is not absent, by name. `now`: Unix seconds."""
    entries = {entry.room: entry for entry in dialins(config, live, now=now)}
    return {
        room.key: _reach(room, live, entries.get(room.key), now)
        for room in config.of_kind("room")
        if not room.absent
    }


def _reach(desired: Desired, live: Live, entry: DialIn | None, now: float) -> Reach:
    room = live.rooms.get(desired.key)
    over = expired(desired.fields.get("exp"), now)
    if room is None or over or room.expired(now):
        gone = "Daily has no such room" if room is None else "it has ended"
        ended = room is None or room.expired(now)
        return Reach(desired.key, problem=gone, meant=over or (desired.ends and ended))
    id_ = room.id if ID.fullmatch(room.id) else ""
    if entry is None or not entry.pin:
        unasked = entry is not None and bool(room.pin)
        problem = "its numbers ask for no PIN" if unasked else "it has no PIN"
        return Reach(desired.key, id_, problem=problem)
    return Reach(desired.key, id_, _numbers(room, live, entry), entry.pin)


def _numbers(room: LiveRoom, live: Live, entry: DialIn) -> tuple[str, ...] | None:
    if live.purchased is None and not room_numbers(room.config):
        return None
    if any(number.source is Source.GLOBAL for number in entry.numbers):
        return (GLOBAL,)
    return tuple(dict.fromkeys(number.number for number in entry.numbers))
