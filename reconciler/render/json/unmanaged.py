"""What lives in Daily and in no file, in JSON."""

from __future__ import annotations

from reconciler.core.dialin.unmanaged import UnmanagedRoom
from reconciler.core.model import LiveAssignment
from reconciler.core.plan.model import Unmanaged
from reconciler.core.times import iso


def unmanaged_document(unmanaged: Unmanaged) -> dict[str, object]:
    """Counts are null where nothing was read; lists are filled when asked for."""
    listed = unmanaged if unmanaged.listed else Unmanaged()
    pins, endless = unmanaged.pin_rooms, unmanaged.endless
    return {
        "room_count": unmanaged.room_count,
        "rooms": sorted(room.name for room in listed.rooms or ()),
        "pin_room_count": None if pins is None else len(pins),
        "pin_rooms": [_pin_room(room) for room in listed.pin_rooms or ()],
        "nearest_pin_end": _date(unmanaged.nearest_end),
        "endless_room_count": None if endless is None else len(endless),
        "endless_rooms": [room.name for room in listed.endless or ()],
        "throw_away_room_count": unmanaged.thrown_away,
        "assignments": None
        if (entries := unmanaged.assignments) is None
        else [entry_document(entry) for entry in entries],
    }


def _pin_room(room: UnmanagedRoom) -> dict[str, object]:
    return {
        "name": room.name,
        "ends": _date(room.ends),
        "numbers": None
        if room.numbers is None
        else [{"number": n.number, "source": str(n.source)} for n in room.numbers],
    }


def _date(seconds: int | None) -> str | None:
    return None if seconds is None else iso(seconds)


def entry_document(entry: LiveAssignment) -> dict[str, object]:
    """One assignment, without what is secret in it."""
    return {"name": entry.label, "type": entry.type, "store": entry.store}
