"""Who dials what: the numbers and the PIN that reach each managed room.

Sources: Daily's PIN dial-in guide (the dial string, `room_numbers`, the earliest
purchased number as the default) and its page on international dial-in numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.core.model import Config, Desired, Live, LiveRoom
from reconciler.core.normalize import e164, reveal

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


@dataclass(frozen=True, slots=True)
class Number:
    """A number to dial. `note` says how sure that is; empty when it is certain."""

    number: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DialIn:
    """How callers reach one room. `problem` stands instead of a PIN.

    `expires`: Unix seconds.
    """

    room: str
    pin: str = ""
    numbers: tuple[Number, ...] = ()
    expires: int | None = None
    problem: str = ""


def dialins(config: Config, live: Live) -> tuple[DialIn, ...]:
    """One entry per declared room with PIN dial-in, in file order."""
    return tuple(
        _dialin(room, live.rooms.get(room.key), live)
        for room in config.of_kind("room")
        if not room.absent and _wants_pin(room, live.rooms.get(room.key))
    )


def _wants_pin(desired: Desired, room: LiveRoom | None) -> bool:
    if desired.fields.get("dialin") is not None:
        return True
    return "dialin" not in desired.fields and room is not None and bool(room.pin)


def _dialin(desired: Desired, room: LiveRoom | None, live: Live) -> DialIn:
    if room is None:
        return DialIn(desired.key, problem="not in Daily yet: apply creates it")
    if room.pin is None:
        return DialIn(desired.key, problem="Daily shows no PIN for this room")
    exp = room.config.get("exp")
    return DialIn(
        room=desired.key,
        pin=room.pin,
        numbers=tuple(_numbers(desired, room, live)),
        expires=int(exp) if isinstance(exp, int | float) else None,
    )


def _numbers(desired: Desired, room: LiveRoom, live: Live) -> Iterator[Number]:
    named = _room_numbers(room.config.get("dialin")) or _room_numbers(
        desired.fields.get("dialin")
    )
    if named:
        yield from (Number(number) for number in named)
        return
    if given := room.config.get("dialin_number"):
        yield Number(e164(str(given)))
        return
    pinless = {a.number for a in live.assignments if a.type == "pinless_dialin"}
    owned = [n for n in live.purchased or () if n.number not in pinless]
    if owned:
        # Creation dates come in two formats; the oldest is last in Daily's list.
        yield Number(owned[-1].number, "assumed: the number you bought first")
        return
    for country, number in GLOBAL_NUMBERS:
        yield Number(number, f"Daily's own number, {country}")


def _room_numbers(dialin: object) -> list[str]:
    numbers = dialin.get("room_numbers") if isinstance(dialin, Mapping) else None
    return [str(n) for n in reveal(numbers)] if isinstance(numbers, list) else []  # type: ignore[attr-defined]
