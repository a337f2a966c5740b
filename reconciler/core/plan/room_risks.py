"""What writing a room may cost the people in it and those who call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.core.kinds import ROOM
from reconciler.core.model import LiveRoom
from reconciler.core.plan.changes import drops_keys
from reconciler.core.plan.model import Risk

PUBLIC = Risk("public", "is public: anyone with the link can join")
NEW_PIN = Risk("new-pin", "gets a new PIN")
MAY_REVIVE = Risk(
    "may-revive", "existed and has expired: Daily may bring the old room back"
)
WILL_EXPIRE = Risk("will-expire", "will expire from now on")
EJECTS = Risk("ejects", "ejects people in the room")
PIN_LOST = Risk("pin-lost", "callers lose the PIN for good")
PIN_REMOVED = Risk("pin-lost", "ends dial-in; the PIN may not come back")


def update_risks(room: LiveRoom, send: Mapping[str, object]) -> Iterator[Risk]:
    """The risks of sending these fields to a room that lives."""
    if send.get("exp") is not None and room.exp is None:
        yield WILL_EXPIRE
    if "dialin" in send and send["dialin"] is None and room.pin:
        yield PIN_REMOVED
    if isinstance(send.get("dialin"), Mapping) and not room.pin:
        yield NEW_PIN
    if send.get("privacy") == "public" and room.privacy == "private":
        yield PUBLIC
    for name, value in send.items():
        if isinstance(value, Mapping) and name in ROOM.objects:
            yield from _object_risks(name, value, room.config.get(name))


def _object_risks(
    name: str, sent: Mapping[str, object], have: object
) -> Iterator[Risk]:
    if not isinstance(have, Mapping):
        return
    known = ROOM.objects[name].union(sent)
    dropped = (k for k, v in have.items() if k not in known and v is not None)
    yield from drops_keys(f"'{name}'", dropped)
    hidden = sorted(
        key
        for (obj, key) in (p for p in ROOM.maybe_hidden if p[0] == name)
        if obj == name and key not in sent and key not in have
    )
    if hidden:
        text = (
            f"rewrites '{name}'; {', '.join(hidden)} may reset if Daily hides a value"
        )
        yield Risk("may-reset", text)
