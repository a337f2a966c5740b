"""Phone numbers and what each one does: purchased, assigned, named by rooms, managed.

A number is looked at from three sides: what the domain owns, what its two dial-in
stores assign, and what the file says. Sources: Daily's pages on phone numbers and on
dial-in configuration.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveRoom,
    PurchasedNumber,
    Store,
)
from reconciler.core.phone import e164, room_numbers
from reconciler.core.pin_life import has_dialin
from reconciler.core.times import written_date

Declared: TypeAlias = Literal["", "pin_dialin", "pinless_dialin", "absent"]


class Use(enum.StrEnum):
    """What a number does."""

    PIN = "pin_dialin"
    PINLESS = "pinless_dialin"
    NOTHING = "nothing"
    ORPHANED = "orphaned"
    CALLER_ID = "caller-id"
    NOT_PURCHASED = "not-purchased"


@dataclass(frozen=True, slots=True)
class NumberUse:
    """One number. `name` is what people called it at Daily, `title` in the files.

    `entries`: its assignments in both stores, the store that the file writes first.
    `declared`: its role in the file. `rooms`: rooms of the file that name it.
    `live_rooms`: rooms that name it in Daily, as far as rooms were read.
    `default`: rooms that name no number are taken to be reached by it.
    """

    number: str
    name: str = ""
    owned: bool = False
    caller_id: bool = False
    entries: tuple[LiveAssignment, ...] = ()
    declared: Declared = ""
    rooms: tuple[str, ...] = ()
    live_rooms: tuple[str, ...] = ()
    default: bool = False
    title: str = ""

    @property
    def types(self) -> tuple[str, ...]:
        """The types it is assigned to: two when the stores disagree."""
        return tuple(dict.fromkeys(entry.type for entry in self.entries))

    @property
    def stores(self) -> tuple[Store, ...]:
        """The stores that assign it."""
        return tuple(dict.fromkeys(entry.store for entry in self.entries))

    @property
    def use(self) -> Use:
        """What it does, in one word."""
        if self.entries:
            if not self.owned:
                return Use.ORPHANED
            return Use.PIN if self.types[0] == "pin_dialin" else Use.PINLESS
        if self.owned:
            return Use.NOTHING
        return Use.CALLER_ID if self.caller_id else Use.NOT_PURCHASED


def number_uses(config: Config, live: Live) -> tuple[NumberUse, ...]:
    """Every number that is owned, assigned, verified, declared or named by a room."""
    owned = {one.number: one for one in live.purchased or ()}
    declared = {one.key: one for one in config.of_kind("number")}
    rooms = _by_number(
        (room.key, room.fields) for room in config.of_kind("room") if not room.absent
    )
    live_rooms = _by_number((room.name, room.config) for room in live.rooms.values())
    entries: dict[str, list[LiveAssignment]] = {}
    for entry in sorted(live.assignments, key=lambda e: e.store != config.store):
        if entry.number is not None:
            entries.setdefault(entry.number, []).append(entry)
    default = default_number(live)
    every = {*owned, *declared, *rooms, *live_rooms, *entries, *live.caller_ids}
    return tuple(
        NumberUse(
            number=number,
            name=owned[number].name if number in owned else "",
            owned=number in owned,
            caller_id=number in live.caller_ids,
            entries=tuple(entries.get(number, ())),
            declared=_role(declared[number]) if number in declared else "",
            rooms=tuple(rooms.get(number, ())),
            live_rooms=tuple(sorted(live_rooms.get(number, ()))),
            default=number == default,
            title=declared[number].title if number in declared else "",
        )
        for number in sorted(every)
    )


def sip_addresses(shown: object) -> tuple[str, ...]:
    """The addresses in a `sip_uri` as Daily shows it: one, or an object of several."""
    if isinstance(shown, Mapping):
        more = shown.get("extra_endpoints")
        several = more if isinstance(more, list) else []
        return sip_addresses([shown.get("endpoint"), *several])
    texts = shown if isinstance(shown, list) else [shown]
    return tuple(text for text in texts if isinstance(text, str) and text)


def default_number(live: Live) -> str:
    """The earliest purchased number that is not pinless; empty when there is none.

    Daily's PIN guide: rooms that name no number get that one.
    """
    pinless = {a.number for a in live.assignments if a.type == "pinless_dialin"}
    able = [one for one in live.purchased or () if one.number not in pinless]
    earliest = _earliest(able)
    return earliest.number if earliest else ""


def rooms_reached(live: Live, number: str) -> tuple[str, ...]:
    """The rooms, of those that were read, that callers reach by this number and a PIN.

    Those that name it, and those that name none when it is the number they get.
    """
    default = default_number(live)
    return tuple(
        room.name
        for room in sorted(live.rooms.values(), key=lambda room: room.name)
        if has_dialin(room) and number in _numbers_of(room, default)
    )


def _numbers_of(room: LiveRoom, default: str) -> tuple[str, ...]:
    if named := room_numbers(room.config):
        return tuple(named)
    shown = room.config.get("dialin_number")
    return (e164(str(shown)) if shown else default,)


def _earliest(purchased: list[PurchasedNumber]) -> PurchasedNumber | None:
    """By date; by the order of the list, newest first, when a date cannot be read."""
    dates = [written_date(one.created) for one in purchased]
    known = [date for date in dates if date is not None]
    if not purchased or len(known) < len(dates):
        return purchased[-1] if purchased else None
    at = min(range(len(known)), key=lambda index: (known[index], -index))
    return purchased[at]


def _by_number(
    rooms: Iterable[tuple[str, Mapping[str, object]]],
) -> dict[str, list[str]]:
    """Rooms by each number that they name."""
    found: dict[str, list[str]] = {}
    for name, fields in rooms:
        for number in room_numbers(fields):
            found.setdefault(number, []).append(name)
    return found


def _role(declared: Desired) -> Declared:
    if declared.absent:
        return "absent"
    pin = declared.fields.get("type") == "pin_dialin"
    return "pin_dialin" if pin else "pinless_dialin"
