"""Rooms that live in Daily and in no file, by what they mean to callers.

A room with a PIN that lives for a day at most belongs to an application, which made it
for one call and makes another one for the next. One that lives longer has been given to
people, and nothing here renews it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.core.dialin.sheet import numbers_of
from reconciler.core.model import Config, Desired, Live, LiveRoom
from reconciler.core.pin_life import has_dialin
from reconciler.core.times import DAY


@dataclass(frozen=True, slots=True)
class UnmanagedRoom:
    """One room that no file names. It holds no PIN.

    `has_pin`: people may call it by PIN. `ends`: Unix seconds; None without an end.
    `numbers` reach it. `lasting`: it lives for more than a day, or for ever.
    """

    name: str
    has_pin: bool
    ends: int | None = None
    numbers: tuple[str, ...] = ()
    lasting: bool = True

    @property
    def watched(self) -> bool:
        """Tell whether people may have been given its PIN to keep."""
        return self.has_pin and self.lasting


def unmanaged_rooms(config: Config, live: Live, now: float) -> list[UnmanagedRoom]:
    """Every room of a reading that no file names: PIN rooms first, the first end first.

    `now`: Unix seconds; a room that has ended is none.
    """
    declared = {room.key for room in config.of_kind("room")}
    rooms = (
        _unmanaged(room, live)
        for name, room in live.rooms.items()
        if name not in declared and not room.expired(now)
    )
    return sorted(rooms, key=_order)


def nearest_end(rooms: Iterable[UnmanagedRoom]) -> int | None:
    """When the first watched room ends, in Unix seconds; None where none does."""
    ends = [room.ends for room in rooms if room.watched and room.ends is not None]
    return min(ends, default=None)


def _unmanaged(room: LiveRoom, live: Live) -> UnmanagedRoom:
    has_pin = has_dialin(room)
    numbers = numbers_of(Desired("room", room.name), room, live) if has_pin else ()
    reaching = tuple(number.number for number in numbers)
    return UnmanagedRoom(room.name, has_pin, room.exp, reaching, _lasts(room))


def _lasts(room: LiveRoom) -> bool:
    """A life of unknown length is a long one."""
    if room.exp is None or room.created is None:
        return True
    return room.exp - room.created > DAY


def _order(room: UnmanagedRoom) -> tuple[bool, bool, float, str]:
    ends = float("inf") if room.ends is None else room.ends
    return not room.has_pin, not room.lasting, ends, room.name
