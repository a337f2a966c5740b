"""A ledger brought up to date, without silencing an alarm that was not named.

A room without a line is added, and so is the PIN to a line that had none: neither can
hide that something changed. A line that no longer holds is taken over, and one that
stands for nothing removed, only by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.core.ledger.compare import Alarm, compare
from reconciler.core.ledger.model import Ledger, Line, Seal
from reconciler.core.ledger.reach import Reach

Named = Callable[[str], bool]
"""Tells whether a room was chosen by its name."""


@dataclass(frozen=True, slots=True)
class Update:
    """A new ledger, and the rooms whose lines it has changed.

    `sealed`: a digest was added to the line as it was. `alarms` are left as they were.
    `more`: rooms with numbers that their callers were not told.
    """

    ledger: Ledger
    added: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """How to record: the ISO day of it, and what makes digests.

    `other`: the digests of the file are those of another key.
    """

    day: str
    seal: Seal | None = None
    other: bool = False

    def line(self, reach: Reach) -> Line:
        """The line of a room as callers find it now."""
        numbers = reach.numbers or ()
        digest = self.seal.digest(reach.room, numbers, reach.pin) if self.seal else ""
        return Line(reach.room, reach.id, numbers, self.day, digest)

    def sealed(self, line: Line, reach: Reach) -> Line:
        """The same line with a digest."""
        digest = self.line(replace(reach, numbers=line.numbers)).digest
        later = self.day if digest and self.day != line.day else ""
        return replace(line, digest=digest, digest_day=later)


@dataclass(slots=True)
class _Draft:
    lines: dict[str, Line]
    changed: dict[str, list[str]] = field(default_factory=dict)

    def note(self, what: str, room: str, line: Line | None) -> None:
        self.changed.setdefault(what, []).append(room)
        if line is None:
            del self.lines[room]
        else:
            self.lines[room] = line


def update(
    ledger: Ledger,
    found: Mapping[str, Reach],
    recording: Recording,
    *,
    named: Named,
    only: Named,
) -> Update:
    """Record what callers find.

    Args:
        ledger: one without problems.
        found: every declared room.
        recording: see there.
        named: the rooms whose callers have been told.
        only: the rooms to look at.
    """
    compared = compare(ledger, found, None if recording.other else recording.seal)
    alarms = {alarm.line.room: alarm for alarm in compared.alarms}
    draft = _Draft(dict(ledger.lines))
    for room in sorted(filter(only, {*ledger.lines, *found})):
        reach = found.get(room, Reach(room))
        if room not in ledger.lines:
            if reach.pin and reach.numbers is not None:
                draft.note("added", room, recording.line(reach))
        elif named(room):
            _take_over(ledger.lines[room], reach, room in alarms, recording, draft)
        elif room not in alarms:
            _complete(ledger.lines[room], reach, recording, draft)
    left = [a for room, a in alarms.items() if draft.lines.get(room) is a.line]
    lists = {what: tuple(rooms) for what, rooms in draft.changed.items()}
    return Update(replace(ledger, lines=draft.lines), alarms=tuple(left), **lists)


def _take_over(
    line: Line, reach: Reach, alarmed: bool, recording: Recording, draft: _Draft
) -> None:
    if not reach.pin:
        draft.note("removed", line.room, None)
    elif alarmed or _has_more(line, reach) or (recording.other and line.digest):
        draft.note("taken", line.room, recording.line(reach))
    else:
        _complete(line, reach, recording, draft)


def _complete(line: Line, reach: Reach, recording: Recording, draft: _Draft) -> None:
    """Add the digest to a line that holds and has none."""
    if not reach.pin:
        return
    if recording.seal and not line.digest:
        draft.note("sealed", line.room, recording.sealed(line, reach))
    if _has_more(line, reach):
        draft.changed.setdefault("more", []).append(line.room)


def _has_more(line: Line, reach: Reach) -> bool:
    return bool(set(reach.numbers or ()) - set(line.numbers))
