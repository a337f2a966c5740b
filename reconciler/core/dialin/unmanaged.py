"""Rooms that live in Daily and in no file, by what they mean to callers.

A room with a PIN that lives for a day at most belongs to an application, which made it
for one call and makes another one for the next. One that lives longer has been given to
people, and nothing here renews it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.core.dialin.sheet import Number, asking_numbers, numbers_of
from reconciler.core.model import Config, Desired, Live, LiveRoom
from reconciler.core.phone import room_numbers
from reconciler.core.pin_life import has_dialin, is_brief


@dataclass(frozen=True, slots=True)
class UnmanagedRoom:
    """One room that no file names. It holds no PIN.

    `has_pin`: people may call it by PIN. `ends`: Unix seconds; None without an end.
    `numbers` lead to it and ask for its PIN; None when the domain's numbers were not
    read. `lasting`: its PIN lives for more than a day; without a PIN, it has no end.
    """

    name: str
    has_pin: bool
    ends: int | None = None
    numbers: tuple[Number, ...] | None = ()
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
    if not has_dialin(room):
        return UnmanagedRoom(room.name, False, room.exp, lasting=room.exp is None)
    lasting = not is_brief(room)
    numbers = _numbers(room, live) if lasting else ()
    return UnmanagedRoom(room.name, True, room.exp, numbers, lasting)


def _numbers(room: LiveRoom, live: Live) -> tuple[Number, ...] | None:
    if live.purchased is None and not room_numbers(room.config):
        return None
    leading = numbers_of(Desired("room", room.name), room, live)
    return asking_numbers(dict.fromkeys(leading), live)


def _order(room: UnmanagedRoom) -> tuple[bool, bool, float, str]:
    ends = float("inf") if room.ends is None else room.ends
    return not room.has_pin, not room.lasting, ends, room.name
