"""What an export is: the request, and the entries that come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.model import KindName, Store

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
