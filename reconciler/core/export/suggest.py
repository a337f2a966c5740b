"""What to write so that a file manages the numbers that it does not manage yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.core.compare.equality import Context
from reconciler.core.dialin.number_use import NumberUse, Use
from reconciler.core.export.model import Entry
from reconciler.core.export.values import Namer, property_value, references
from reconciler.core.kinds import NUMBER, SETTABLE
from reconciler.core.model import LiveAssignment, Store
from reconciler.core.phone import is_e164
from reconciler.core.secrecy import reveal

_FIELDS: Final = (
    *("name_prefix", "ivr_greeting", "room_creation_api", "hmac"),
    *("hold_music_url", "timeout_config"),
)
"""What an assignment can have, in the order in which people write it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to write so that the file manages a number.

    There is no `entry` where nothing can be written yet; `why` says why not.
    """

    number: str
    entry: Entry | None = None
    why: str = ""


def suggestions(uses: Iterable[NumberUse], store: Store) -> Iterator[Suggestion]:
    """One for each number that the file does not manage but could."""
    namer = Namer()
    for use in uses:
        if use.declared or not (use.owned or use.entries):
            continue
        if use.use is Use.ORPHANED:
            yield Suggestion(use.number, why="assigned, but no longer yours")
        elif not use.entries:
            yield Suggestion(use.number, why="does nothing yet")
        elif use.entries[0].store != store:
            other = use.entries[0].store
            why = f"assigned in the {other} store, which this file does not write"
            yield Suggestion(use.number, why=why)
        elif use.types[0] not in SETTABLE or not is_e164(use.number):
            why = "assigned in a way that a file cannot say"
            yield Suggestion(use.number, why=why)
        else:
            yield Suggestion(use.number, _entry(use.number, use.entries[0], namer))


def secret_values(entries: Iterable[LiveAssignment]) -> dict[str, str]:
    """The secrets of assignments by the variables that stand for them.

    Of two stores that show the same secret for a number, one is enough: the first.
    """
    namer, seen = Namer(), set[tuple[str, str]]()
    found: dict[str, str] = {}
    for entry in entries:
        prefix = entry.fields.get("name_prefix") or entry.id or entry.position
        owner = entry.number or f"sip {prefix}"
        for name in _FIELDS:
            value = entry.fields.get(name)
            key = owner, repr((name, reveal(value)))
            if value is None or key in seen:
                continue
            seen.add(key)
            referred = namer.without_secrets(NUMBER, owner, name, value)
            found |= {r.name: str(reveal(r.secret)) for r in references(referred)}
    return found


def _entry(number: str, assignment: LiveAssignment, namer: Namer) -> Entry:
    """The assignment as a file would have it: what is set, secrets as variables."""
    fields: dict[str, object] = {}
    for name in _FIELDS:
        if name not in SETTABLE.get(assignment.type, ()):
            continue
        nested = sorted(NUMBER.objects.get(name, ()))
        live = assignment.fields.get(name)
        value = property_value(name, live, nested, Context(NUMBER))
        if value is not None:
            fields[name] = namer.without_secrets(NUMBER, number, name, value)
    return Entry("number", number, {assignment.type: fields})
