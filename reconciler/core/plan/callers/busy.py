"""People in a meeting that a change would end or interrupt: the gate `busy`.

Daily tells who is in which room. Callers of a pinless number are in rooms that a
webhook chose, so nothing tells which people a change of such a number concerns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from reconciler.core.model import Presence
from reconciler.core.plan.model import Change

NAME: Final = "busy"

_INTERRUPTING: Final = frozenset({"ejects", "interrupts-calls"})
"""The risks that people who are in a room now have to bear."""
_MOST: Final = 20
"""Rooms that a message names."""


def affected(change: Change) -> tuple[str, ...]:
    """The rooms whose people a change may eject or cut off, managed or not."""
    if not any(risk.id in _INTERRUPTING for risk in change.risks):
        return ()
    if change.kind == "room":
        names = [change.key, *([change.live_room.name] if change.live_room else [])]
    else:
        names = [name for risk in change.risks for name in risk.rooms]
    return tuple(dict.fromkeys(names))


def people_in(rooms: Iterable[str], presence: Presence) -> dict[str, int]:
    """How many people are in each of these rooms. Where that is unknown, one is.

    Whether names that differ in case are one room is unknown, so they count as one.
    """
    names: dict[str, str] = {}
    for name in rooms:
        names.setdefault(name.casefold(), name)
    if presence.problem:
        return dict.fromkeys(names.values(), 1)
    people = dict.fromkeys(names.values(), 0)
    for room, count in presence.people.items():
        if room.casefold() in names:
            people[names[room.casefold()]] += count
    return people


def people_affected(changes: Iterable[Change], presence: Presence) -> dict[str, int]:
    """How many people are in each room that these changes affect."""
    return people_in((name for c in changes for name in affected(c)), presence)


def busy_text(people: dict[str, int], presence: Presence) -> str:
    """Why people keep a change from being done."""
    there = {name: count for name, count in people.items() if count}
    if presence.problem:
        rooms = _listed(list(there))
        return f"whether people are in {rooms} is not known: {presence.problem}"
    total = sum(there.values())
    who = "1 person is" if total == 1 else f"{total:,} people are"
    named = [f"{name} ({count:,})" for name, count in there.items()]
    return f"{who} in rooms whose calls this ends or interrupts: {_listed(named)}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST:,} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
