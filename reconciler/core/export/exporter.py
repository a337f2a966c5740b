"""What Daily has, as what a file would say: the planner's questions the other way.

Decided here, always so that the file plans to nothing:

* what equals the effective default is left out (`normalize` decides what equals);
* what Daily makes itself, and what the format does not know, stays out; the latter
  is named, because somebody meant something by it;
* expired rooms stay out, and so do rooms that expire and have no PIN, because
  applications make such rooms by the thousand;
* a secret becomes a variable. Its value never stands in an entry's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.core.compare.diff import same
from reconciler.core.export import numbers as export_numbers
from reconciler.core.export import rooms as export_rooms
from reconciler.core.export.model import Entry, Export, Wish
from reconciler.core.export.values import Namer
from reconciler.core.kinds import ROOM
from reconciler.core.model import Live


def export(live: Live, now: float, wish: Wish) -> Export:
    """Everything of a complete reading that the wish asks for. `now`: Unix seconds."""
    notes: list[str] = []
    namer = Namer(set(wish.taken))
    store = wish.store or export_numbers.store_in_use(live)
    numbers = tuple(export_numbers.numbers(live, store, wish, namer, notes))
    rooms = tuple(export_rooms.rooms(live, now, wish, namer, notes))
    return Export(live.domain.name, store, (*numbers, *rooms), notes=tuple(notes))


def with_defaults(made: Export) -> Export:
    """The same with what all rooms share moved under `defaults.rooms`.

    Times of a room are its own. With one room there is nothing to share.
    """
    rooms = made.of_kind("room")
    if len(rooms) < 2:
        return made
    first = rooms[0].body
    shared: dict[str, object] = {}
    for part in ("privacy", "expires"):
        if part in first and all(same(r.body.get(part), first[part]) for r in rooms):
            shared[part] = first[part]
    properties = {
        name: value
        for name, value in _properties(rooms[0]).items()
        if name not in ROOM.times
        and all(
            name in _properties(r) and same(_properties(r)[name], value) for r in rooms
        )
    }
    if properties:
        shared["properties"] = properties
    lean = tuple(_lean(e, shared, properties) for e in made.entries)
    return replace(made, entries=lean, defaults=shared)


def _properties(entry: Entry) -> Mapping[str, object]:
    found = entry.body.get("properties")
    return found if isinstance(found, Mapping) else {}


def _lean(
    entry: Entry, shared: Mapping[str, object], properties: Mapping[str, object]
) -> Entry:
    if entry.kind != "room":
        return entry
    own = {k: v for k, v in _properties(entry).items() if k not in properties}
    body = {
        k: v for k, v in entry.body.items() if k not in shared and k != "properties"
    }
    return replace(entry, body={**body, "properties": own} if own else body)
