"""Who is in which room: GET `/presence`.

Documented: a map from room name to participants, and their fields. Nobody can
call in here, so a room has the participants that were put into it, and no other;
a room without any is left out. They stay when the room changes or is deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.sandbox.state.roomindex import iso


@dataclass(frozen=True, slots=True)
class Meeting:
    """What goes on in one room: `participants` ids, all there since `began`."""

    began: float
    participants: tuple[str, ...]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def meet(count: int, now: float) -> Meeting:
    """Begin a meeting of so many participants."""
    return Meeting(now, tuple(str(uuid.uuid4()) for _ in range(count)))


def show_presence(
    meetings: Mapping[str, Meeting], now: float
) -> dict[str, list[dict[str, object]]]:
    """Build the answer for the whole domain."""
    return {
        room: _show(room, meeting, now)
        for room, meeting in meetings.items()
        if meeting.participants
    }


def _show(room: str, meeting: Meeting, now: float) -> list[dict[str, object]]:
    return [
        {
            "room": room,
            "id": participant,
            "userId": None,
            "userName": f"Participant {number}",
            "mtgSessionId": meeting.id,
            "joinTime": iso(meeting.began),
            "duration": max(0, int(now - meeting.began)),
        }
        for number, participant in enumerate(meeting.participants, 1)
    ]
