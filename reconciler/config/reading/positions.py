"""One file as plain data, with the place of every key and value.

Places are packed into one array of numbers, two for each entry of a container:
a Place object per key would cost more memory than the data itself. They unfold
when a message needs them.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from reconciler.core.model import Place

Step: TypeAlias = str | int
Spot: TypeAlias = int

_COLUMN_BITS: Final = 16
TO_END: Final = (1 << _COLUMN_BITS) - 1
"""The width of what runs on beyond its first line."""
_BREAK: Final = re.compile(r"\r\n|[\n\r]")


def split_lines(text: str) -> list[str]:
    """Split where YAML and editors see the end of a line: LF, CRLF or CR."""
    return _BREAK.split(text)


def pack(line: int, column: int, width: int) -> Spot:
    """Fold a place, counted from 0, into one number of at most 64 bits."""
    if column | width > TO_END:
        column, width = min(column, TO_END), min(width, TO_END)
    return line << 32 | column << _COLUMN_BITS | width


def unpack(spot: Spot, file: str) -> Place:
    """Unfold a place, counting from 1 now."""
    column = spot >> _COLUMN_BITS & TO_END
    return Place(file, (spot >> 32) + 1, column + 1, spot & TO_END or 1)


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its data, and where each part of it is written.

    `spots` holds two numbers for each entry of each container (key and value; for
    a list twice the value), and `starts` where a container's run begins, by id().
    The ids stay valid because `data` keeps every container alive.
    """

    file: str
    text: str
    data: dict[str, Any]
    spots: array[int] = field(default_factory=lambda: array("Q"))
    starts: dict[int, int] = field(default_factory=dict)
    _orders: dict[int, dict[str, int]] = field(default_factory=dict)
    _lines: list[str] = field(default_factory=list)

    def place(self, path: Sequence[Step]) -> Place:
        """Where the value at this path stands, or else its nearest parent."""
        return self._place_of(path, 1)

    def key_place(self, path: Sequence[Step]) -> Place:
        """Where the key (or list item) at this path stands, or its parent's."""
        return self._place_of(path, 0)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1; empty beyond the end."""
        if not self._lines:
            self._lines.extend(split_lines(self.text))
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def entry_place(self, container: object, step: Step, side: int) -> Place | None:
        """Place of an entry of a container of this document (side 0 is the key)."""
        start = self.starts.get(id(container))
        index = self._index(container, step)
        if start is None or index is None:
            return None
        return self._unpack(self.spots[start + 2 * index + side])

    def _place_of(self, path: Sequence[Step], side: int) -> Place:
        here: Any = self.data
        found = Place(self.file, 1, 1)
        for count, step in enumerate(path, 1):
            # Of a parent that stands in for a missing child, the key is shown.
            last = side if count == len(path) else 0
            place = self.entry_place(here, step, last)
            if place is None:
                return found
            found = place
            here = here[step] if isinstance(here, dict) else here[int(step)]
        return found

    def _index(self, container: object, step: Step) -> int | None:
        if isinstance(container, dict):
            if step not in container:
                return None
            order = self._orders.get(id(container))
            if order is None:
                order = {key: index for index, key in enumerate(container)}
                self._orders[id(container)] = order
            return order.get(str(step))
        if isinstance(container, list) and str(step).isdecimal():
            return int(step) if int(step) < len(container) else None
        return None

    def _unpack(self, spot: Spot) -> Place:
        place = unpack(spot, self.file)
        if place.width < TO_END:
            return place
        rest = len(self.line(place.line)) - place.column + 1
        return replace(place, width=max(1, rest))
