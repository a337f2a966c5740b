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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.core.compare.diff import same
from reconciler.core.export.values import Namer
from reconciler.core.kinds import ROOM
from reconciler.core.model import KindName, Live, Store

Keys = Mapping[str, Sequence[str]]
"""The properties that the format knows, each with its nested keys, in order."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one import was asked for.

    `known` holds the keys of a room's properties and of both types of assignment.
    `declared` are rooms and numbers that a file has already, `taken` its variables.
    """

    known: Keys
    rooms: Callable[[str], bool] = lambda _name: True
    include_expiring: bool = False
    rolling: bool = False
    store: Store | None = None
    declared: frozenset[tuple[KindName, str]] = frozenset()
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One room or number as a file has it: plain JSON, `Reference`s for secrets.

    `remarks` are for a reader of the file. They hold names and times, never values.
    """

    kind: KindName
    key: str
    body: Mapping[str, object]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """Everything to be written, numbers before rooms, each in order of their keys.

    `defaults`: what stands under all rooms. `notes`: what was left out, for people.
    """

    domain: str
    store: Store
    entries: tuple[Entry, ...]
    defaults: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of_kind(self, kind: KindName) -> tuple[Entry, ...]:
        """The entries of one kind."""
        return tuple(entry for entry in self.entries if entry.kind == kind)


def export(live: Live, now: float, wish: Wish) -> Export:
    """Everything of a complete reading that the wish asks for. `now`: Unix seconds."""
    from reconciler.core.export import numbers as export_numbers
    from reconciler.core.export import rooms as export_rooms

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
