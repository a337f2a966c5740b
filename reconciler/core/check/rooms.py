"""Whether callers get into the declared PIN rooms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.core.check.model import (
    ASSIGNMENTS,
    PURCHASED,
    ROOMS,
    Reading,
    Row,
    row,
)
from reconciler.core.check.numbers import elsewhere, reaching_reasons
from reconciler.core.dialin.number_use import NumberUse
from reconciler.core.dialin.sheet import Number, Source, numbers_of
from reconciler.core.findings import Finding
from reconciler.core.model import Desired, LiveRoom, Place
from reconciler.core.pin_life import MEANT, ROLL
from reconciler.core.plan.pin_life import phone_slot, pin_life
from reconciler.core.plan.renewals import due
from reconciler.core.times import DAY, expired, iso, seconds_of

LATE: Final = 2 * DAY
"""Seconds for which a renewal may be due before it is clear that none runs.

A daily job that starts late leaves a room due for more than one day.
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """What rooms are held against. `min_left` is in seconds.

    `uses` and `findings`: what is known of each number, by number. `waiting`: rooms
    whose renewal waits for another one on purpose.
    """

    reading: Reading
    now: float
    min_left: float
    uses: Mapping[str, NumberUse]
    findings: Mapping[str, Sequence[Finding]]
    waiting: frozenset[str] = frozenset()


def room_row(desired: Desired, scene: Scene) -> Row:
    """One declared PIN room, with every reason why its callers stay outside."""
    key, reading = desired.key, scene.reading
    if gaps := reading.gaps(ROOMS):
        return row("room", key, (), gaps)
    room = reading.live.rooms.get(key)
    if reasons := list(_gone(desired, room, scene.now)):
        return row("room", key, reasons)
    if room is None or room.expired(scene.now):
        return row("room", key, (), checked=["has ended, as the file says"])
    alone = f"{ROOMS}/{key}"
    numbers = tuple(numbers_of(desired, room, reading.live))
    reasons = list(_own(desired, room, scene, pin_known=alone not in reading.unread))
    reasons += elsewhere(desired, room)
    reasons += reaching_reasons(
        desired, _known(numbers, reading), scene.uses, scene.findings, reading
    )
    gaps = reading.gaps(alone, PURCHASED, ASSIGNMENTS)
    checked = _facts(desired, room, () if gaps else numbers)
    return row("room", key, reasons, gaps, checked=checked, ends=room.exp)


def _known(numbers: Sequence[Number], reading: Reading) -> Sequence[Number]:
    """Those that do not follow from what could not be read."""
    if PURCHASED not in reading.unread and ASSIGNMENTS not in reading.unread:
        return numbers
    return [n for n in numbers if n.source is not Source.ASSUMED]


def _gone(desired: Desired, room: LiveRoom | None, now: float) -> Iterator[Finding]:
    """Why there is no room that callers could get into."""
    place, name = desired.place, f"room '{desired.key}'"
    if expired(desired.fields.get("exp"), now):
        if not desired.ends:
            yield Finding(
                "expired",
                f"the exp of {name} has passed, and apply leaves it out",
                desired.places.get(("exp",)) or place,
                f"write a later exp; {ROLL}; {MEANT}",
                ("exp",),
            )
    elif room is None:
        yield Finding(
            "no-room",
            f"Daily has no {name}: callers cannot join",
            place,
            "to see what creates it",
            command=("plan",),
        )
    elif room.expired(now) and not desired.ends:
        yield Finding(
            "expired",
            f"{name} ended on {iso(room.exp or 0)}: callers cannot join",
            place,
            "to see what creates it again",
            command=("plan",),
        )


def _own(
    desired: Desired, room: LiveRoom, scene: Scene, *, pin_known: bool
) -> Iterator[Finding]:
    """What is wrong with a room that lives, whatever its numbers do."""
    if pin_known:
        found = pin_life(desired, room, (), scene.now)
        yield from (f for f in found if f.id == "no-pin")
    nbf = seconds_of(room.config.get("nbf"))
    if nbf is not None and nbf > scene.now:
        yield Finding(
            "not-open",
            f"room '{desired.key}' opens on {iso(nbf)} (nbf): callers cannot join yet",
            desired.places.get(("nbf",)) or desired.place,
            "write an earlier nbf, or null",
            ("nbf",),
        )
    yield from _end(desired, room, scene)
    # What Daily has counts; what it does not show is as declared.
    fields = {**desired.fields, **room.config, "dialin": {}}
    shown = replace(desired, fields=fields)
    yield from phone_slot(shown, room, scene.reading.live.domain)


def _end(desired: Desired, room: LiveRoom, scene: Scene) -> Iterator[Finding]:
    """An end that is near, and a renewal that is late."""
    end = room.exp
    if end is None or desired.ends:
        return
    place = desired.places.get(("exp",)) or desired.place
    if desired.rolling is None:
        if end <= scene.now + scene.min_left:
            yield _pin_ends(desired, end, place)
        return
    late = min(LATE, desired.rolling.renew_before / 2)
    if due(desired, room, scene.now - late) and desired.key not in scene.waiting:
        yield Finding(
            "renewal-overdue",
            f"room '{desired.key}' ends on {iso(end)} and should have been renewed by "
            "now: renewals do not run, or fail",
            place,
            "to renew what is due, and see what fails",
            command=("apply", "--only-renewals"),
        )


def _pin_ends(desired: Desired, end: int, place: Place | None) -> Finding:
    message = f"the PIN of room '{desired.key}' ends on {iso(end)}, and nothing "
    message += "renews it"
    declared = desired.fields.get("exp")
    path = () if declared is None else ("exp",)
    if declared is None or declared == end:
        return Finding("pin-ends", message, place, f"{ROLL}; {MEANT}", path)
    hint = "to see what sends the declared exp"
    return Finding("pin-ends", message, place, hint, path, command=("plan",))


def _facts(
    desired: Desired, room: LiveRoom, numbers: Sequence[Number]
) -> Iterator[str]:
    """What was seen of a room, for people."""
    if room.pin:
        yield "PIN"
    if room.exp is None:
        yield "no end"
    else:
        day = iso(room.exp).partition("T")[0]
        yield f"until {day} (renewed)" if desired.rolling else f"until {day}"
    if any(number.source is Source.GLOBAL for number in numbers):
        yield "Daily's own numbers"
        return
    yield from (number.number for number in numbers)
