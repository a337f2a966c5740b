"""`dialin_number` beside `room_numbers`: what it shows about a list that is not shown.

Sources contradict each other on it: it is the number that a room names, the earliest
number of the domain, or empty where a room names one. So it says nothing about a room
by itself; beside another room whose number it follows, it does.
"""

from __future__ import annotations

from reconciler.core.dialin.number_use import default_number
from reconciler.core.model import Config, Desired, Live, LiveRoom
from reconciler.core.phone import e164, room_numbers


def shown_number(room: LiveRoom) -> str:
    """The `dialin_number` of a room in E.164; empty when Daily shows none."""
    return e164(str(room.config.get("dialin_number") or ""))


def other_number(desired: Desired, room: LiveRoom) -> str:
    """The number that Daily shows for a room whose own numbers it does not show.

    Empty when there is none, and when the file names it.
    """
    named, number = room_numbers(desired.fields), shown_number(room)
    if not named or number in named or room_numbers(room.config):
        return ""
    return number


def followed(config: Config, live: Live) -> frozenset[str]:
    """Numbers that rooms show because they name them, and for no other reason.

    The default number of the domain proves nothing: every room may show it.
    """
    rooms = ((one, live.rooms.get(one.key)) for one in config.of_kind("room"))
    shown = {
        number
        for desired, room in rooms
        if room is not None
        and (number := shown_number(room)) in room_numbers(desired.fields)
    }
    return frozenset(shown - {default_number(live)})
