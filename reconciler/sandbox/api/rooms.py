"""The calls on rooms, single and in batches.

Documented: the answers, that a batch is all or nothing, at most 1,000 rooms
and 10 distinct recordings buckets. Open, and switches: `nested`, `pin`,
`expired`, `case`, `echo`. Assumed: a batch delete with a name that does not
exist is refused as a whole; a batch create answers with a bare array.
"""

from __future__ import annotations

import json
import secrets
import string
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.sandbox.api.echo import show_room
from reconciler.sandbox.api.pages import stretch
from reconciler.sandbox.api.refusal import invalid, missing
from reconciler.sandbox.rules import room as rooms
from reconciler.sandbox.state import entries
from reconciler.sandbox.state.roomindex import Room

if TYPE_CHECKING:
    from reconciler.sandbox.state.store import Store

PAGE = 100
BATCH = 1000
BUCKETS = 10


def show(
    store: Store, listed: list[Room], *, created: bool = False
) -> list[dict[str, object]]:
    """Build the answers for rooms; `created` says that they have just been made."""
    style, domain = store.settings.assume.echo, store.settings.domain
    defaults = store.defaults()
    return [
        show_room(room, style, domain, store.table, defaults, created=created)
        for room in listed
    ]


def list_rooms(store: Store, query: Mapping[str, str], now: float) -> dict[str, object]:
    """Answer one page of the rooms that have not expired."""
    store.index.sweep(now)
    total = len(store.index)
    start, stop = stretch(query, total, PAGE, store.index.position)
    shown = show(store, store.index.slice(start, stop))
    if store.settings.assume.room_lists == "brief":
        shown = [_without_pin(room) for room in shown]
    return {"total_count": total, "data": shown}


def _without_pin(room: Mapping[str, object]) -> dict[str, object]:
    config = room["config"]
    assert isinstance(config, dict)  # noqa: S101
    return {**room, "config": {k: v for k, v in config.items() if k != "dialin_code"}}


def find(store: Store, name: str, now: float) -> Room:
    """Find a room by name, with the recorded 404 when there is none."""
    store.index.sweep(now)
    room = store.index.find(name)
    if room is None:
        raise missing(f"room {name} not found")
    return room


def create(store: Store, body: Mapping[str, object], now: float) -> Room:
    """Make one room."""
    store.index.sweep(now)
    room = _prepare(store, body, now, set())
    store.index.add(room)
    return room


def create_batch(store: Store, body: Mapping[str, object], now: float) -> list[Room]:
    """Make all rooms of a request, or none."""
    wanted = _read_batch(body, "rooms")
    store.index.sweep(now)
    prepared: list[Room] = []
    taken: set[str] = set()
    for item in wanted:
        if not isinstance(item, dict):
            raise invalid("rooms should hold objects")
        prepared.append(_prepare(store, item, now, taken))
        taken.add(store.index.key(prepared[-1].name))
    buckets = {
        json.dumps(room.properties.get("recordings_bucket")) for room in prepared
    }
    if len(buckets - {"null"}) > BUCKETS:
        raise invalid(f"a batch may name {BUCKETS} recordings buckets at most")
    for room in prepared:
        store.index.add(room)
    return prepared


def _read_batch(body: Mapping[str, object], key: str) -> list[object]:
    for other in body:
        if other != key:
            raise invalid(f"unknown parameter '{other}'")
    wanted = body.get(key)
    if not isinstance(wanted, list):
        raise invalid(f"missing required field: {key} should be an array")
    if len(wanted) > BATCH:
        raise invalid(f"{key} should hold {BATCH} items at most")
    return wanted


def _prepare(
    store: Store, body: Mapping[str, object], now: float, taken: set[str]
) -> Room:
    """Build a room that is not stored yet; `taken` are names of its own batch."""
    rooms.read_body(body, ("name", "privacy", "properties"))
    sent = rooms.read_properties(body.get("properties", {}), store.table, now)
    name = _free_name(store, body.get("name"), taken)
    privacy = str(body.get("privacy") or "public")
    room = Room(str(uuid.uuid4()), name, now, privacy=privacy)
    _set(store, room, sent, now)
    return room


def _free_name(store: Store, wanted: object, taken: set[str]) -> str:
    if wanted is None:
        letters = string.ascii_letters + string.digits
        return "".join(secrets.choice(letters) for _ in range(20))
    name = rooms.read_name(wanted)
    if store.index.find(name) or store.index.key(name) in taken:
        raise invalid(f"a room named {name} already exists")
    return name


def update(store: Store, name: str, body: Mapping[str, object], now: float) -> Room:
    """Change a room; an expired one that is still there needs a new exp first."""
    room = find(store, name, now)
    rooms.read_body(body, ("privacy", "properties"))
    sent = rooms.read_properties(body.get("properties", {}), store.table, now)
    if room.expired(now) and sent.get("exp") is None:
        raise invalid(f"room {room.name} has expired: only a new exp can change it")
    had_pin = room.dialin_code is not None
    _set(store, room, sent, now)
    room.privacy = str(body.get("privacy") or room.privacy)
    if had_pin and room.dialin_code and store.settings.assume.pin == "renewed":
        store.index.codes.discard(room.dialin_code)
        room.dialin_code = store.new_pin()
    store.index.refresh(room)
    return room


def _set(store: Store, room: Room, sent: Mapping[str, object], now: float) -> None:
    """Apply properties that were checked one by one, then what follows from them."""
    nested = store.settings.assume.nested
    merged = rooms.merge(room.properties, sent, nested=nested)
    rooms.check_whole(merged, sent, store.table, now)
    if sent.get("dialin") is not None:
        _check_numbers(store, rooms.room_numbers(merged))
    room.properties = merged
    room.sip_uri = rooms.sip_addresses(room.name, store.settings.domain, merged)
    _provision_pin(store, room)


def _check_numbers(store: Store, wanted: list[str]) -> None:
    assigned = store.assigned(entries.PIN)
    for number in wanted:
        if number not in store.numbers or number not in assigned:
            raise invalid(
                f"room number {number.lstrip('+')} is not a purchased number "
                "that is assigned to pin_dialin"
            )


def _provision_pin(store: Store, room: Room) -> None:
    """Give a room with dialin its PIN and number, and take them from one without."""
    if "dialin" not in room.properties:
        store.index.codes.discard(room.dialin_code or "")
        room.dialin_code = room.dialin_number = None
        return
    room.dialin_number = store.number_to_dial(room.properties)
    if room.dialin_code is None:
        room.dialin_code = store.new_pin()


def delete(store: Store, name: str, now: float) -> dict[str, object]:
    """Remove a room. For one that has expired the answer is both, as documented."""
    room = find(store, name, now)
    store.index.remove(room)
    if room.expired(now):
        raise missing(f"room {name} not found", {"deleted": True})
    return {"deleted": True, "name": room.name}


def delete_batch(store: Store, body: Mapping[str, object], now: float) -> int:
    """Remove all rooms of a request, or none."""
    wanted = _read_batch(body, "room_names")
    store.index.sweep(now)
    doomed: dict[str, Room] = {}
    for name in wanted:
        if not isinstance(name, str):
            raise invalid("room_names should hold strings")
        room = store.index.find(name)
        if room is None or room.expired(now):
            raise invalid(f"room {name} not found")
        doomed[room.name] = room
    for room in doomed.values():
        store.index.remove(room)
    return len(doomed)
