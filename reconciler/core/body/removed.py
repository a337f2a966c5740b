"""What a change takes away, listed for those who approve it.

A name alone does not say what a deletion ends: somebody else may have put another room
or assignment in its place since the review.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.core.body.listing import Path, leaves
from reconciler.core.compare.diff import ABSENT, FieldChange, same
from reconciler.core.compare.fingerprint import PIN
from reconciler.core.kinds import KINDS
from reconciler.core.model import Desired, LiveAssignment, LiveRoom
from reconciler.core.secrecy import Secret, showing

_EMPTY: Final[tuple[object, ...]] = (None, "", {}, [])
_PRIVACY: Final = ("privacy",)
"""Listed always: who could join says a lot about a room."""


def all_of(desired: Desired, live: LiveRoom | LiveAssignment) -> Iterator[FieldChange]:
    """Everything that a deletion takes away, but defaults and what Daily makes.

    The id comes first: a room or an assignment that was made anew has another one.
    """
    kind = KINDS[desired.kind]
    show = showing(kind, desired, live.fields)
    listed: dict[str, object] = {"id": live.id}
    if isinstance(live, LiveAssignment):
        listed["type"] = live.type
    listed |= {k: v for k, v in live.fields.items() if k not in kind.server_made}
    for path, value in leaves(listed):
        default = kind.defaults.get(tuple(map(str, path)), ABSENT)
        is_default = path != _PRIVACY and same(value, default)
        if value not in _EMPTY and not is_default:
            yield show(FieldChange(path, value, ABSENT))
    if isinstance(live, LiveRoom):
        yield from lost_pin(live)


def what_is_not_sent(
    desired: Desired, live: LiveAssignment, sent: frozenset[Path]
) -> Iterator[FieldChange]:
    """What a replacement takes away: the old entry goes with all that it held."""
    show = showing(KINDS["number"], desired, live.fields)
    for path, value in leaves({**live.fields, "type": live.type}):
        if path not in sent and path != ("id",) and value not in _EMPTY:
            yield show(FieldChange(path, value, ABSENT))


def lost_pin(room: LiveRoom) -> Iterator[FieldChange]:
    """What ends dial-in takes away; the PIN itself is never shown."""
    if room.pin:
        yield FieldChange(PIN, Secret(room.pin, "(PIN)"), ABSENT)
