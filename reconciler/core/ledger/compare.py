"""What callers have been told against what they find: who cannot get in any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from reconciler.core.ledger.model import GLOBAL, Ledger, Line, Seal
from reconciler.core.ledger.reach import Reach
from reconciler.core.times import DAY

_PINS: Final = {
    None: "its PIN is likely another one",
    True: "it has the same PIN",
    False: "it has another PIN",
}
"""What a digest says about the PIN of a room; None without one that can be opened."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A room that is not as its callers were told. `reasons` are clauses."""

    line: Line
    reasons: tuple[str, ...]
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Compared:
    """A ledger beside one reading.

    `missing`: rooms with a PIN that have no line. `left`: rooms with a line that no
    file declares any more.
    """

    alarms: tuple[Alarm, ...] = ()
    missing: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def compare(ledger: Ledger, found: Mapping[str, Reach], seal: Seal | None) -> Compared:
    """Hold every line against what callers find. `seal` opens its digests."""
    alarms = [
        Alarm(line, reasons, bool(found[room].pin))
        for room, line in sorted(ledger.lines.items())
        if room in found and (reasons := tuple(_reasons(line, found[room], seal)))
    ]
    with_pin = {room for room, reach in found.items() if reach.pin}
    return Compared(
        tuple(alarms),
        tuple(sorted(with_pin - ledger.lines.keys())),
        tuple(sorted(ledger.lines.keys() - found.keys())),
    )


def _reasons(line: Line, reach: Reach, seal: Seal | None) -> Iterator[str]:
    if not reach.pin:
        if not reach.meant:
            yield reach.problem
        return
    yield from _identity(line, reach, seal)
    now = line.numbers if reach.numbers is None else reach.numbers
    lost = [number for number in line.numbers if number not in now]
    instead = [number for number in now if number not in line.numbers]
    if lost and instead:
        yield f"it is reached by {_named(instead)} instead of {_named(lost)}"
    elif lost:
        yield f"it is no longer reached by {_named(lost)}"


def _identity(line: Line, reach: Reach, seal: Seal | None) -> Iterator[str]:
    same = seal.holds(line, reach.pin) if seal and line.digest else None
    if line.id and reach.id and line.id != reach.id:
        yield f"it was recreated, and {_PINS[same]}"
    elif same is False:
        yield _PINS[same]


def _named(numbers: list[str]) -> str:
    return ", ".join("Daily's own numbers" if n == GLOBAL else n for n in numbers)


def proven(
    ledger: Ledger, pins: Mapping[str, str | None], seal: Seal | None
) -> dict[str, float]:
    """The rooms whose PIN is that of their digest, and by when that was made.

    In Unix seconds: the end of the day in UTC.
    """
    return {
        room: _end_of(line.digest_day or line.day)
        for room, line in ledger.lines.items()
        if seal and (pin := pins.get(room)) and seal.holds(line, pin)
    }


def _end_of(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() + DAY
