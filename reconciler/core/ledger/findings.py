"""What is to be said about a ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.core.findings import Finding
from reconciler.core.ledger.compare import Alarm, Compared
from reconciler.core.ledger.model import Ledger
from reconciler.core.model import Place
from reconciler.core.text import brief, quote

UPDATE: Final = ("dialin", "--update-ledger")
_MOST_PROBLEMS: Final = 10
_MOST_NAMED: Final = 5


def alarm(found: Alarm, ledger: Ledger, file: str) -> Finding:
    """One room that is not as its callers were told."""
    line = found.line
    whose = "its callers" if found.reachable else "its callers, who cannot join now"
    return Finding(
        "pin-not-as-told",
        f"room '{line.room}' is not as callers were told on {line.day}: "
        f"{'; '.join(found.reasons)}",
        Place(file, ledger.places.get(line.room, 0), 1, len(line.room)),
        f"tell {whose}; to record that they know",
        ("rooms", line.room),
        command=(*UPDATE, "--told", f"room:{line.room}"),
    )


def unusable(ledger: Ledger, file: str) -> Iterator[Finding]:
    """What keeps the file, or lines of it, from being compared."""
    for problem in ledger.problems[:_MOST_PROBLEMS]:
        place = Place(file, problem.line, 1)
        rest = "this line is not compared" if problem.line else "nothing is compared"
        yield Finding("ledger-unusable", problem.message, place, rest)
    if (more := len(ledger.problems) - _MOST_PROBLEMS) > 0:
        message = f"{more:,} more lines cannot be read"
        yield Finding("ledger-unusable", message, Place(file))


def other_domain(ledger: Ledger, file: str, domain: str) -> Finding:
    """The file belongs to another domain."""
    name = ledger.domain if ledger.domain != domain else f"{domain} with another id"
    return Finding(
        "ledger-unusable",
        f"the ledger is of domain {quote(name)}, not of this one: nothing is compared",
        Place(file),
        "name this domain's own file in ledger:; one with another id may have been "
        "written for a sandbox",
    )


def notes(compared: Compared, file: str, *, exists: bool) -> Iterator[Finding]:
    """What is not watched, and what need not be."""
    if compared.missing:
        rooms = _counted(compared.missing, "room with a PIN", "rooms with a PIN")
        verb = "is" if len(compared.missing) == 1 else "are"
        message = f"{rooms} {verb} not in the ledger: {_named(compared.missing)}"
        if not exists:
            message = (
                f"there is no ledger {quote(file)} yet: {rooms} {verb} not recorded"
            )
        hint = "when callers have been told, to record that"
        place = Place(file) if exists else None
        yield Finding("ledger-incomplete", message, place, hint, command=UPDATE)
    if compared.left:
        rooms = _counted(compared.left, "room that", "rooms that")
        message = f"the ledger has {rooms} no file declares: {_named(compared.left)}"
        told = [w for room in compared.left[:20] for w in ("--told", f"room:{room}")]
        hint = "when nobody needs them any more, to remove their lines"
        command = (*UPDATE, *told)
        yield Finding("ledger-leftover", message, Place(file), hint, command=command)


def other_key(file: str) -> Finding:
    """The one finding about a key that is not the one of the file."""
    return Finding(
        "ledger-key",
        "the ledger was written with another DAILY_LEDGER_KEY: ids and numbers are "
        "compared, PINs are not",
        Place(file),
        "set the key that the file was written with",
    )


def short_key(file: str, least: int) -> Finding:
    """A key that no ledger can have been written with."""
    return Finding(
        "ledger-key",
        f"DAILY_LEDGER_KEY has fewer than {least} characters: PINs are not compared",
        Place(file),
        "set the key that the file was written with",
    )


def no_key(file: str) -> Finding:
    """PINs cannot be compared on this machine."""
    return Finding(
        "ledger-no-key",
        "DAILY_LEDGER_KEY is not set: ids and numbers are compared, PINs are not",
        Place(file),
    )


def _counted(rooms: Sequence[str], one: str, many: str) -> str:
    return f"{len(rooms):,} {one if len(rooms) == 1 else many}"


def _named(rooms: Sequence[str]) -> str:
    more = f" and {len(rooms) - _MOST_NAMED:,} more"
    names = ", ".join(map(brief, rooms[:_MOST_NAMED]))
    return names + more * (len(rooms) > _MOST_NAMED)
