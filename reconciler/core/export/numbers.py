"""Phone-number assignments on their way into a file: those of one dial-in store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.core.compare.equality import Context
from reconciler.core.export.model import Entry, Keys, Wish
from reconciler.core.export.values import Namer, property_value, writable
from reconciler.core.kinds import NUMBER, SETTABLE
from reconciler.core.model import Live, LiveAssignment, Store

_OTHER: Final[Mapping[Store, Store]] = {"current": "legacy", "legacy": "current"}


def store_in_use(live: Live) -> Store:
    """The store that holds the assignments; the current one where both do."""
    held = {a.store for a in live.assignments if a.number}
    return "legacy" if held == {"legacy"} else "current"


def numbers(
    live: Live, store: Store, wish: Wish, namer: Namer, notes: list[str]
) -> Iterator[Entry]:
    """Each number of a store, in order; `notes` takes what stays out."""
    mine = {a.number: a for a in live.assignments if a.store == store and a.number}
    mine = {number: a for number, a in mine.items() if writable(number)}
    owned = {number.number for number in live.purchased or ()}
    for number, assignment in sorted(mine.items()):
        if ("number", number) in wish.declared:
            continue
        if number not in owned:
            notes.append(f"left out: {number}, assigned but no longer purchased")
        elif assignment.type not in SETTABLE:
            notes.append(f"left out: {number}, which is {assignment.type}")
        else:
            notes.extend(_dropped(number, assignment))
            yield _number(number, assignment, wish.known, namer)
    notes.extend(_elsewhere(live, store, wish))


def _number(
    number: str, assignment: LiveAssignment, known: Keys, namer: Namer
) -> Entry:
    ctx = Context(NUMBER)
    fields: dict[str, object] = {}
    for name in known[assignment.type]:
        nested = tuple(sorted(NUMBER.objects.get(name, ())))
        value = property_value(name, assignment.fields.get(name), nested, ctx)
        if value is not None:
            fields[name] = namer.without_secrets(NUMBER, number, name, value)
    return Entry("number", number, {assignment.type: fields})


def _dropped(number: str, assignment: LiveAssignment) -> Iterator[str]:
    passed = SETTABLE[assignment.type] | NUMBER.server_made | {"type"}
    for name, value in sorted(assignment.fields.items()):
        if name not in passed and value not in (None, ""):
            yield f"left out: '{name}', unknown here, of {number}"
    if assignment.type == "pinless_dialin" and not assignment.fields.get("hmac"):
        yield f"left out: hmac of {number}, which Daily does not show"


def _elsewhere(live: Live, store: Store, wish: Wish) -> Iterator[str]:
    """What stays out because a file cannot say it, or not of this store."""
    mine = {a.number for a in live.assignments if a.store == store}
    other = _OTHER[store]
    lost = {a.number for a in live.assignments if a.number} - mine
    for number in sorted(n for n in lost if n and ("number", n) not in wish.declared):
        yield (
            f"left out: {number}, assigned in Daily's {other} dial-in store only "
            f"(--store {other} takes that one instead)"
        )
    sip = {
        (a.type, str(a.fields.get("name_prefix") or ""))
        for a in live.assignments
        if a.number is None
    }
    for kind, prefix in sorted(sip):
        name = f" '{prefix}'" if prefix else ""
        yield f"left out: the {kind} entry{name} that is reached by SIP only"
