"""What writing a room may cost the people in it and those who call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.core.body.unknown import unknown_keys
from reconciler.core.compare.canonical import in_order_of
from reconciler.core.compare.diff import ABSENT, at
from reconciler.core.kinds import ROOM
from reconciler.core.model import LiveRoom, Path
from reconciler.core.plan.changes import drops_keys
from reconciler.core.plan.model import Risk
from reconciler.core.times import iso

PUBLIC = Risk("public", "is public: anyone with the link can join")
NEW_PIN = Risk("new-pin", "gets a new PIN")
NEW_PIN_UNLESS = Risk(
    "new-pin", "gets a new PIN, unless Daily still has an expired room of this name"
)
"""For a room that no list shows: whether lists show expired rooms is unknown."""
MAY_REVIVE = Risk(
    "may-revive", "existed and has expired: Daily may bring the old room back"
)
WILL_EXPIRE = Risk("will-expire", "will expire from now on")
EJECTS = Risk("ejects", "ejects people in the room")
PIN_LOST = Risk("pin-lost", "callers lose the PIN for good")
PIN_REMOVED = Risk("pin-lost", "ends dial-in; the PIN may not come back")

_FEWEST: Final = 2
"""A caller, and whom they call: a doctor, or a bot."""
_STAY: Final = "eject_after_elapsed"
_SHORT: Final = 600
"""Seconds. A shorter stay is hardly a call."""
_WHEN_EMPTY: Final[Mapping[Path, str]] = {
    ("dialin", "wait_for_meeting_start"): "Daily hangs up on callers of an empty room",
    ("sip", "dialin_config", "allow_room_start"): (
        "a call into an empty room no longer starts the meeting"
    ),
}


def update_risks(room: LiveRoom, send: Mapping[str, object]) -> Iterator[Risk]:
    """The risks of sending these fields to a room that lives."""
    yield from _expiry_risks(room, send.get("exp"))
    if "dialin" in send and send["dialin"] is None and room.pin:
        yield PIN_REMOVED
    if isinstance(send.get("dialin"), Mapping) and not room.pin:
        yield NEW_PIN
    if room.pin and send.get("dialin", 0) is not None:
        yield from _risks_for_callers(room, send)
    if send.get("privacy") == "public" and room.privacy == "private":
        yield PUBLIC
    for name, value in send.items():
        yield from _unknown_risk(name, value, room.config.get(name))
        if isinstance(value, Mapping) and name in ROOM.objects:
            yield from _object_risks(name, value, room.config.get(name))


def _risks_for_callers(room: LiveRoom, send: Mapping[str, object]) -> Iterator[Risk]:
    """What may keep callers out who have the PIN of this room.

    Daily documents these for all who join, and not for phones apart.
    """
    live = room.config
    most = send.get("max_participants")
    if (
        isinstance(most, int)
        and most < _FEWEST
        and most != live.get("max_participants")
    ):
        text = f"takes {most} at a time: a caller cannot join who is not alone"
        yield Risk("callers-kept-out", text)
    opens = send.get("nbf")
    if isinstance(opens, int) and opens != live.get("nbf"):
        text = f"opens on {iso(opens)}: callers may not be able to join before"
        yield Risk("callers-kept-out", text)
    stay, before = send.get(_STAY), live.get(_STAY)
    if isinstance(stay, int) and stay < _SHORT and stay != before:
        text = f"ejects people {stay} s after they join, callers possibly among them"
        yield Risk("callers-kept-out", text)
    for path, effect in _WHEN_EMPTY.items():
        if at(live, path) is True and path[0] in send and at(send, path) is not True:
            text = f"turns {'.'.join(path)} off: {effect}"
            yield Risk("callers-kept-out", text)


def _expiry_risks(room: LiveRoom, exp: object) -> Iterator[Risk]:
    if not isinstance(exp, int):
        return
    if room.exp is None:
        yield WILL_EXPIRE
    elif room.pin and exp < room.exp:
        text = f"its PIN ends on {iso(exp)} already, not on {iso(room.exp)}"
        yield Risk("pin-ends-sooner", text)


def _object_risks(
    name: str, sent: Mapping[str, object], have: object
) -> Iterator[Risk]:
    if not isinstance(have, Mapping):
        return
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


def _unknown_risk(name: str, sent: object, have: object) -> Iterator[Risk]:
    """Live keys that are sent back though this version does not know them."""
    live = {name: in_order_of(sent, have)}
    found = unknown_keys(ROOM, sent, (name,))
    yield from drops_keys(
        f"sends {{}} of '{name}' back, which this version does not know: if Daily "
        "refuses that, the object is written without it",
        (".".join(map(str, p[1:])) for p in found if at(live, p) is not ABSENT),
    )
