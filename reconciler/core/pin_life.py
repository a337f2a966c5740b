"""Which rooms have a PIN, when its end is near, and what to do about it."""

from __future__ import annotations

from typing import Final

from reconciler.core.model import LiveRoom
from reconciler.core.times import DAY

NOTICE: Final = 60 * DAY
"""From so long before its end on, a PIN that nothing renews is a warning. Seconds."""

ROLL: Final = "to have it renewed: expires: {after: 180d, renew_before: 60d}"
MEANT: Final = "if it is meant to end: ends: true"

_BRIEF: Final = DAY
"""Applications make PIN rooms that live for so long at most. Seconds."""


def is_brief(room: LiveRoom) -> bool:
    """Tell whether a room was made for a day at most, and so by an application.

    A room whose life is not known may live for longer.
    """
    if room.created is None or room.exp is None:
        return False
    return room.exp - room.created <= _BRIEF


def ends_soon(exp: int | None, now: float) -> bool:
    """Tell whether an end that is still ahead is near enough to be a warning."""
    return exp is not None and now < exp <= now + NOTICE


def has_dialin(room: LiveRoom | None) -> bool:
    """Tell whether people may call a room by PIN, also where the PIN is not shown."""
    return room is not None and bool(room.pin or room.config.get("dialin") is not None)
