"""Which rooms `expires` renews now, in which order, and which ones wait.

Whether a write keeps a room's PIN is unknown. Where it does not, a schedule must not
give one room after another a new PIN. So a PIN room with more than `URGENT` left waits
while another one shows by its `exp` that it was renewed within the last `REST`: the
run that renewed it has compared its PIN, and a day is left to act on what it reported.
A room whose PIN a keyed ledger has from before that renewal has kept it, and holds
nothing back.
A room with less left is renewed all the same, because an ended room has no PIN at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.core.compare.diff import FieldChange
from reconciler.core.findings import Finding
from reconciler.core.kinds import MAX_PIN_AHEAD
from reconciler.core.model import Config, Desired, Live, LiveRoom
from reconciler.core.pin_life import has_dialin
from reconciler.core.plan.changes import change
from reconciler.core.plan.model import Action, Change
from reconciler.core.times import DAY

URGENT: Final = 7 * DAY
"""A PIN room with this much left, or less, waits for nothing. Seconds."""

SOON: Final = 14 * DAY
"""A room that waits and has this much left, or less, is a warning. Seconds."""

REST: Final = DAY
"""For how long one renewal of a PIN room holds others back. Seconds."""

_SKEW: Final = 300
"""Seconds by which the clocks of two machines that renew may differ."""


def due(desired: Desired, room: LiveRoom, now: float) -> bool:
    """Tell whether a room that lives is to be renewed: only its `exp` moves."""
    rolling, exp = desired.rolling, room.exp
    if desired.absent or rolling is None or exp is None or room.expired(now):
        return False
    # A rule beyond what a PIN allows must not bring the end nearer.
    return exp < min(now + rolling.renew_before, pushed(desired, room, now))


def pushed(desired: Desired, room: LiveRoom, now: float) -> int:
    """The `exp` of a renewal. That of a PIN room stays below Daily's limit."""
    after = desired.rolling.after if desired.rolling else 0
    return int(now) + _ahead(after, room)


def renewal(desired: Desired, room: LiveRoom, exp: int) -> Change:
    """The change that moves `exp`."""
    differing = [FieldChange(("exp",), room.exp, exp)]
    send = {"exp": exp}
    return change(
        Action.RENEW, desired, "renewal", live=room, differing=differing, send=send
    )


def renewals(config: Config, live: Live, now: float) -> tuple[Change, ...]:
    """Every renewal that is due, those that wait included; what ends first is first."""
    changes = [
        renewal(desired, room, pushed(desired, room, now))
        for desired, room in _declared(config, live)
        if due(desired, room, now)
    ]
    return tuple(sorted(changes, key=_end))


def waiting(
    config: Config, live: Live, now: float, proven: Mapping[str, float]
) -> dict[str, int]:
    """The rooms whose renewal is due and waits, with the seconds that each has left.

    `proven`: see `Selection`.
    """
    changes = [c for c in renewals(config, live, now) if not is_urgent(c, now)]
    if not changes or not _renewed_lately(config, live, now, proven):
        return {}
    return {c.key: int(_end(c) - now) for c in changes if has_dialin(c.live_room)}


def waiting_finding(left: Mapping[str, int]) -> Iterable[Finding]:
    """What is to be said about rooms that wait, given the seconds each has left."""
    if not left:
        return
    soon = {name: seconds for name, seconds in left.items() if seconds <= SOON}
    yield Finding(
        "renewal-waits-long" if soon else "renewal-waits",
        f"not renewed yet: {', '.join(sorted(soon or left))}; another PIN room was "
        "renewed within the last 24 hours, and each renewal may change a PIN",
        hint=f"rooms with {URGENT // DAY} days or less are renewed all the same; "
        "to compare the PINs",
        command=("dialin",),
    )


def is_urgent(renewing: Change, now: float) -> bool:
    """Tell whether a room ends so soon that its renewal waits for nothing."""
    return _end(renewing) - now <= URGENT


def _renewed_lately(
    config: Config, live: Live, now: float, proven: Mapping[str, float]
) -> bool:
    """Tell whether a renewal of the last day may have changed the PIN of its room."""
    return any(
        has_dialin(room)
        and (written := _renewed_at(desired, room, now)) is not None
        # What was recorded afterwards may be the PIN that the renewal made.
        and proven.get(room.name, written) + _SKEW >= written
        for desired, room in _declared(config, live)
    )


def _renewed_at(desired: Desired, room: LiveRoom, now: float) -> int | None:
    """When a renewal of the last day set the `exp` of a room; None without one."""
    if desired.rolling is None or room.exp is None:
        return None
    # What was made within that time has got its `exp` from its creation.
    if room.created is not None and room.created > now - REST:
        return None
    written = room.exp - _ahead(desired.rolling.after, room)
    return written if now - REST <= written <= now + _SKEW else None


def _ahead(after: int, room: LiveRoom) -> int:
    return min(after, MAX_PIN_AHEAD) if has_dialin(room) else after


def _declared(config: Config, live: Live) -> Iterable[tuple[Desired, LiveRoom]]:
    for desired in config.of_kind("room"):
        room = live.rooms.get(desired.key)
        if room is not None:
            yield desired, room


def _end(renewing: Change) -> float:
    room = renewing.live_room
    return float("inf") if room is None or room.exp is None else room.exp
