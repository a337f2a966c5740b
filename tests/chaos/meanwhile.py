"""What others may do to the domain while an apply is under way.

Each act is done between two requests of the run, straight in the sandbox's state.
What it makes of foreign entries is from then on what must stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from chaos.scene import (
    EXP,
    HOOK,
    NUMBERS,
    PIN,
    PINLESS,
    THEIR_PIN,
    THEIRS,
    UPDATED,
    Node,
    Scene,
    put,
)

FREE: Final = NUMBERS[-1]
Act = Callable[[Scene], None]


def room_made(made: Scene) -> None:
    """A new room moves every page of the list by one."""
    made.sandbox.store.add_room("fresh", {"lang": "it"}, created_at=time.time())


def room_deleted(made: Scene) -> None:
    """The room that the next page starts after is gone."""
    index = made.sandbox.store.index
    [room] = index.slice(99, 100)
    if room.name.startswith("filler"):
        index.remove(room)


def name_taken(made: Scene) -> None:
    """An application makes a room that the file declares."""
    if "plain-00" not in made.sandbox.store.rooms:
        made.sandbox.store.add_room("plain-00", {"lang": "it"})


def phone_taken(made: Scene) -> None:
    """An application makes a room that the file declares, with a PIN of its own."""
    if "phone" not in made.sandbox.store.rooms:
        dialin = {"dialin": {"display_name": "Somebody"}, "exp": EXP}
        made.sandbox.store.add_room("phone", dialin)


def our_room_deleted(made: Scene) -> None:
    """An application deletes a room that the file declares."""
    room = made.sandbox.store.rooms.get("lobby")
    if room is not None:
        made.sandbox.store.index.remove(room)


def our_room_changed(made: Scene) -> None:
    """An application changes a room that the file declares."""
    made.sandbox.store.rooms["lobby"].properties["enable_chat"] = False


def number_made(made: Scene) -> None:
    """Somebody assigns another number."""
    put(made.sandbox, made.store, PIN, {"phone_number": FREE, "name_prefix": "fresh"})


def sip_made(made: Scene) -> None:
    """Somebody adds an entry that has no number."""
    fresh = {"name_prefix": "fresh-sip", "room_creation_api": HOOK}
    put(made.sandbox, made.store, PINLESS, fresh)


def number_changed(made: Scene) -> None:
    """Somebody changes an assignment that the file does not mention."""
    change_number(made, THEIRS, {"name_prefix": "moved", "hmac": "bmV3"})


def number_gone(made: Scene) -> None:
    """Somebody removes an assignment that the file does not mention."""
    _remove(made, THEIR_PIN)


def our_number_changed(made: Scene) -> None:
    """Somebody changes an assignment that the file declares."""
    change_number(made, UPDATED, {"name_prefix": "meddled"})


def our_number_gone(made: Scene) -> None:
    """Somebody removes an assignment that the file declares."""
    _remove(made, UPDATED)


ACTS: Final[Mapping[str, Act]] = {
    act.__name__.replace("_", "-"): act
    for act in (
        room_made,
        room_deleted,
        name_taken,
        phone_taken,
        our_room_deleted,
        our_room_changed,
        number_made,
        sip_made,
        number_changed,
        number_gone,
        our_number_changed,
        our_number_gone,
    )
}
FOREIGN_NUMBERS: Final = frozenset(
    {"number-made", "sip-made", "number-changed", "number-gone"}
)
"""Acts on entries that a legacy write sends along as they were a moment before."""

QUIET: Final = frozenset({"room-made", "room-deleted", "number-made", "sip-made"})
"""Acts that are none of an apply's business: it ends as if nothing had happened."""


def change_number(made: Scene, number: str, fields: Node) -> None:
    """Change fields of an assignment."""
    held = made.sandbox.store
    if made.store == "legacy":
        for kind, entries in held.legacy.items():
            held.legacy[kind] = [
                {**e, **fields} if e.get("phone_number") == number else e
                for e in entries or ()
            ]
        return
    for config in held.dialin_configs.values():
        if config.fields.get("phone_number") == number:
            config.fields.update(fields)


def _remove(made: Scene, number: str) -> None:
    held = made.sandbox.store
    if made.store == "legacy":
        for kind, entries in held.legacy.items():
            kept = [e for e in entries or () if e.get("phone_number") != number]
            held.legacy[kind] = kept
        return
    for config in list(held.dialin_configs.values()):
        if config.fields.get("phone_number") == number:
            del held.dialin_configs[config.id]
