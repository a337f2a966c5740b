"""Who is in which room: `GET /presence`, one request for the whole domain.

Documented: a map from the name of a room to the participants that are in it, and no
pages. Anything else may leave people out, so it counts as not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.model import Presence
from reconciler.daily.http.client import DailyClient
from reconciler.errors import DailyAnswerError, DailyError, NotSentError

PATH = "/presence"


def read_presence(client: DailyClient) -> Presence:
    """How many people are in each room, or why that is not known.

    Raises:
        NotSentError: nothing more is to be sent.
    """
    try:
        return Presence(presence_from_json(client.get(PATH)))
    except NotSentError:
        raise
    except DailyError as error:
        return Presence(problem=f"GET {PATH} failed: {error.message}")


def presence_from_json(value: object) -> dict[str, int]:
    """The number of participants by room.

    Raises:
        DailyAnswerError: it is not the documented map.
    """
    if not isinstance(value, Mapping):
        raise DailyAnswerError("the answer is no map of rooms")
    return {str(room): _count(str(room), there) for room, there in value.items()}


def _count(room: str, there: object) -> int:
    if not isinstance(there, list) or not all(_is_in(room, one) for one in there):
        raise DailyAnswerError(f"the answer shows no list of people in {room!r}")
    return len(there)


def _is_in(room: str, participant: object) -> bool:
    """A participant names the room again, where Daily's pages are right."""
    if not isinstance(participant, Mapping):
        return False
    named = participant.get("room", room)
    return isinstance(named, str) and named.casefold() == room.casefold()
