"""Rules that a schema cannot say, all of them checked, none hiding another.

A rule looks at one entry, or at one value; it copes with values of the wrong type,
because the schema's findings are collected beside it and not before it. A value of
the defaults is judged once, where it is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.config.entries import Entry, Gathered
from reconciler.config.rules import numbers as rules_numbers
from reconciler.config.rules import rooms as rules_rooms
from reconciler.config.rules import values as rules_values
from reconciler.config.rules import write_only
from reconciler.core.findings import Finding
from reconciler.core.text import quote


def check_rules(gathered: Gathered, now: float) -> Iterator[Finding]:
    """Everything the rules have to say about a config at one moment."""
    yield from rules_values.of_defaults(gathered.defaults)
    numbers = {entry.key: entry for entry in gathered.of_kind("number")}
    twice = rules_numbers.twice(numbers.values())
    yield from twice.values()
    for entry in numbers.values():
        yield from rules_numbers.check(entry, twice)
    rooms = gathered.of_kind("room")
    yield from _similar_names(rooms)
    yield from write_only.of_defaults(gathered.defaults, rooms)
    for entry in rooms:
        yield from rules_rooms.check(entry, now)
        if not entry.absent:
            yield from rules_numbers.roles(entry, numbers)


def _similar_names(rooms: tuple[Entry, ...]) -> Iterator[Finding]:
    seen: dict[str, Entry] = {}
    for entry in rooms:
        first = seen.setdefault(entry.key.casefold(), entry)
        if first is not entry:
            yield Finding(
                "similar-room-names",
                f"{entry.name} differs only in case from {quote(first.key)}, "
                "and Daily may take both for one room",
                entry.key_place(),
                hint="give one of the two another name",
                path=entry.root,
            )
