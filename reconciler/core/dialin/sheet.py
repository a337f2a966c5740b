"""Who dials what: the numbers and the PIN that reach each managed room.

Sources: Daily's PIN dial-in guide (the dial string, `room_numbers`, the earliest
purchased number as the default) and its page on international dial-in numbers.

A `tel:` link carries the PIN behind two commas, as the dial string of the guide does,
and carries them as they are. RFC 3966 knows no pauses; a plain comma is what the
dialers of iOS and Android take as one, in a link and in a QR code. `%2C` is decoded
by some of them only, and others dial its digit. There is no `#` at the end, because
iOS refuses to dial a link that has one.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from reconciler.core.dialin.number_use import default_number, sip_addresses
from reconciler.core.dialin.shown_number import shown_number
from reconciler.core.model import Config, Desired, Live, LiveRoom
from reconciler.core.phone import is_e164, room_numbers
from reconciler.core.times import expired

GLOBAL_NUMBERS: Final = (
    ("US", "+12095038039"),
    ("CA", "+12268078039"),
    ("GB", "+442080501289"),
    ("NZ", "+6444881835"),
    ("AU", "+61280171387"),
    ("BR", "+551142101885"),
    ("CL", "+56229381244"),
    ("CZ", "+420210023035"),
    ("FI", "+358942454591"),
    ("FR", "+33172001712"),
)
"""Some of Daily's own dial-in numbers, which work for domains without one."""

PAUSE: Final = ",,"
_PIN: Final = re.compile(r"[0-9]+")


class Source(enum.StrEnum):
    """How it is known that a number reaches a room, the surest first."""

    ROOM = "room"
    DAILY = "daily"
    DECLARED = "declared"
    ASSUMED = "assumed"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Number:
    """A number to dial. `country` is set for Daily's own numbers only.

    `title`: what the files call it for people.
    """

    number: str
    source: Source = Source.ROOM
    country: str = ""
    title: str = ""

    @property
    def note(self) -> str:
        """How sure that is, for people; empty when it is certain."""
        if self.source is Source.DECLARED:
            return "not confirmed: Daily does not show that the room has it"
        if self.source is Source.ASSUMED:
            return "assumed: the number you bought first"
        return f"Daily's own number, {self.country}" if self.country else ""


@dataclass(frozen=True, slots=True)
class DialIn:
    """How callers reach one room. `problem` stands instead of a PIN.

    `expires`: Unix seconds. `masked`: there is a PIN, and it was taken out of here.
    `missing`: the room is there, and callers cannot join it by PIN. `title`: what the
    files call it for people. `url`: where they join by browser, as Daily shows it.
    `renewed`: the files have its end pushed forward. `invited`: a browser gets in
    with a meeting token only. `sip`: the addresses that Daily made for SIP devices.
    """

    room: str
    pin: str = ""
    numbers: tuple[Number, ...] = ()
    expires: int | None = None
    problem: str = ""
    masked: bool = False
    missing: bool = False
    title: str = ""
    url: str = ""
    renewed: bool = False
    invited: bool = False
    sip: tuple[str, ...] = ()


def dial_string(number: str, pin: str) -> str:
    """`+12095550100,,12345678987`: what a phone dials to enter the PIN by itself."""
    return f"{number}{PAUSE}{pin}" if pin else number


def tel_link(number: str, pin: str) -> str:
    """The dial string as a link; empty unless it holds nothing but digits."""
    if not is_e164(number) or (pin and not _PIN.fullmatch(pin)):
        return ""
    return f"tel:{dial_string(number, pin)}"


def masked(entries: Iterable[DialIn]) -> tuple[DialIn, ...]:
    """The same list without its PINs: nothing that shows it can give one away."""
    return tuple(replace(e, pin="", masked=bool(e.pin)) for e in entries)


def dialins(config: Config, live: Live, *, now: float = 0) -> tuple[DialIn, ...]:
    """One entry per declared room with PIN dial-in, in file order.

    `now`: Unix seconds; a room whose end has passed is named as such.
    """
    titles = {number.key: number.title for number in config.of_kind("number")}
    return tuple(
        _titled(_dialin(room, found, live, now), room, found, titles)
        for room in config.of_kind("room")
        if wants_pin(room, found := live.rooms.get(room.key))
    )


def _titled(
    entry: DialIn, desired: Desired, room: LiveRoom | None, titles: Mapping[str, str]
) -> DialIn:
    """The same with what people call it, and where they join by browser."""
    numbers = (replace(n, title=titles.get(n.number, "")) for n in entry.numbers)
    return replace(
        entry,
        title=desired.title,
        numbers=tuple(numbers),
        url=room.url if room else "",
        sip=sip_addresses(room.config.get("sip_uri")) if room else (),
        renewed=desired.rolling is not None,
        invited=room is not None
        and room.privacy == "private"
        and room.config.get("enable_knocking") is not True,
    )


def wants_pin(desired: Desired, room: LiveRoom | None) -> bool:
    """Tell whether callers join a declared room by PIN; one that is absent has none."""
    if desired.absent:
        return False
    if desired.fields.get("dialin") is not None:
        return True
    return "dialin" not in desired.fields and room is not None and bool(room.pin)


def _dialin(desired: Desired, room: LiveRoom | None, live: Live, now: float) -> DialIn:
    if expired(desired.fields.get("exp"), now):
        return DialIn(desired.key, problem="its exp has passed: apply leaves it out")
    if room is None:
        return DialIn(desired.key, problem="not in Daily yet: apply creates it")
    if room.expired(now):
        return DialIn(desired.key, expires=room.exp, problem="has expired")
    if room.pin is None:
        problem = "Daily shows no PIN for this room"
        return DialIn(desired.key, problem=problem, missing=True)
    numbers = tuple(numbers_of(desired, room, live))
    asking = asking_numbers(numbers, live)
    if numbers and not asking:
        named = ", ".join(number.number for number in numbers)
        problem = f"{named} does not ask for a PIN: name another number in room_numbers"
        return DialIn(desired.key, problem=problem, missing=True)
    numbers = asking
    return DialIn(desired.key, room.pin, numbers, room.exp)


def asking_numbers(numbers: Iterable[Number], live: Live) -> tuple[Number, ...]:
    """Those of a room's numbers that ask their callers for a PIN."""
    pinless = {a.number for a in live.assignments if a.type == "pinless_dialin"}
    return tuple(n for n in numbers if n.number not in pinless)


def numbers_of(desired: Desired, room: LiveRoom, live: Live) -> Iterator[Number]:
    """The numbers that lead to a room, also those that ask for no PIN."""
    written = room_numbers(desired.fields)
    shown = room_numbers(room.config)
    given = shown_number(room)
    if shown:
        # In any order; the file's first is the one people meant first.
        yield from map(Number, written if set(written) == set(shown) else shown)
        return
    for number in written:
        yield Number(number, Source.ROOM if number == given else Source.DECLARED)
    if given and given not in written:
        yield Number(given, Source.DAILY)
    if given or written:
        return
    if owned := default_number(live):
        yield Number(owned, Source.ASSUMED)
        return
    for country, number in GLOBAL_NUMBERS:
        yield Number(number, Source.GLOBAL, country)
