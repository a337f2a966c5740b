"""Where rooms are kept: by name, by age, by id, and by the moment they expire.

The list of a domain is ordered newest first by whole seconds of creation, ties
broken by id (documented). It is kept sorted, so that a page of a domain of
50,000 rooms costs what a page of ten does.

Under `expired=zombie` a room whose exp has passed leaves the list but keeps
its name; under `gone` it vanishes.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(slots=True)
class Room:
    """One room as stored: what was set, and what the server made for it."""

    id: str
    name: str
    created_at: float
    privacy: str = "public"
    api_created: bool = True
    properties: dict[str, object] = field(default_factory=dict)
    dialin_code: str | None = None
    dialin_number: str | None = None
    sip_uri: dict[str, object] | None = None

    @property
    def exp(self) -> float | None:
        """Unix seconds, or None for a room without an end."""
        exp = self.properties.get("exp")
        return exp if isinstance(exp, int | float) else None

    @property
    def order(self) -> tuple[int, str]:
        """The place in the list of rooms, oldest first."""
        return int(self.created_at), self.id

    def expired(self, now: float) -> bool:
        """Tell whether exp has passed; it counts as passed at that very second."""
        return self.exp is not None and self.exp <= now


def iso(seconds: float) -> str:
    """Write a moment as the API does: UTC, milliseconds, Z."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


class RoomIndex:
    """The rooms of one domain. Callers hold the store's lock."""

    def __init__(self, *, folded: bool, zombies: bool) -> None:
        self.by_name: dict[str, Room] = {}
        self.codes: set[str] = set()
        self._folded = folded
        self._zombies = zombies
        self._by_key: dict[str, Room] = {}
        self._by_id: dict[str, Room] = {}
        self._listed: list[tuple[int, str]] = []
        self._ends: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._listed)

    def key(self, name: str) -> str:
        """Give the form of a name that decides whether two names collide."""
        return name.lower() if self._folded else name

    def find(self, name: str) -> Room | None:
        """Find a room by name, expired zombies included; `sweep` first."""
        return self._by_key.get(self.key(name))

    def add(self, room: Room) -> None:
        """Keep a new room, whose name must be free."""
        self.by_name[room.name] = room
        self._by_key[self.key(room.name)] = room
        self._by_id[room.id] = room
        insort(self._listed, room.order)
        self.refresh(room)

    def refresh(self, room: Room) -> None:
        """Note what changed about a room: its end, its PIN, its place in the list."""
        if room.exp is not None:
            heapq.heappush(self._ends, (room.exp, room.id))
        if room.dialin_code is not None:
            self.codes.add(room.dialin_code)
        at = bisect_left(self._listed, room.order)
        if self._listed[at : at + 1] != [room.order]:
            self._listed.insert(at, room.order)

    def remove(self, room: Room) -> None:
        """Forget a room; its name is free from now on."""
        self._unlist(room)
        del self.by_name[room.name]
        del self._by_key[self.key(room.name)]
        del self._by_id[room.id]
        if room.dialin_code is not None:
            self.codes.discard(room.dialin_code)

    def sweep(self, now: float) -> None:
        """Let the rooms expire whose exp has passed."""
        while self._ends and self._ends[0][0] <= now:
            _, room_id = heapq.heappop(self._ends)
            room = self._by_id.get(room_id)
            # The entry may be stale: exp was moved, and a later one is queued.
            if room is None or not room.expired(now):
                continue
            if self._zombies:
                self._unlist(room)
            else:
                self.remove(room)

    def position(self, room_id: str) -> int | None:
        """Give the place of a listed room, the newest being 0."""
        room = self._by_id.get(room_id)
        if room is None:
            return None
        at = bisect_left(self._listed, room.order)
        if self._listed[at : at + 1] != [room.order]:
            return None
        return len(self._listed) - 1 - at

    def slice(self, start: int, stop: int) -> list[Room]:
        """List the rooms from one place to another, newest first."""
        last = len(self._listed)
        wanted = self._listed[max(0, last - stop) : last - start]
        return [self._by_id[room_id] for _, room_id in reversed(wanted)]

    def _unlist(self, room: Room) -> None:
        at = bisect_left(self._listed, room.order)
        if self._listed[at : at + 1] == [room.order]:
            del self._listed[at]
