"""Who dials what, as a table for a terminal: one line per room and number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from reconciler.core.dialin.sheet import DialIn, Number, Source, dial_string
from reconciler.core.text import clean, short
from reconciler.core.times import in_utc, iso
from reconciler.render.text.table import columns

NOTHING: Final = "no room of this file has PIN dial-in"
HIDDEN: Final = "*" * 11
"""Stands for a PIN that is left out, as long as a PIN is."""

_NOTES: Final = {
    Source.DECLARED: "not confirmed: the file names this number, and Daily does not\n"
    "show whether the room has it. Call it once before you give it away.",
    Source.ASSUMED: "assumed: Daily names no number for the room, so callers are\n"
    "taken to use the one that was bought first.",
    Source.GLOBAL: "Daily's: one of Daily's own numbers, since the domain has none\n"
    "that asks for a PIN.",
}


def dialin_text(entries: Sequence[DialIn]) -> str:
    """The table, and what its notes mean."""
    if not entries:
        return NOTHING
    linked = any(entry.url for entry in entries)
    head = ("ROOM", "PIN", "DIAL STRING", "UNTIL", *["LINK"] * linked, "NOTE")
    rows = [head, *(row for entry in entries for row in _rows(entry, linked))]
    parts = ["\n".join(columns(rows))]
    seen = {number.source for entry in entries for number in entry.numbers}
    parts += (text for source, text in _NOTES.items() if source in seen)
    return "\n\n".join(parts)


def day_text(seconds: float | None) -> str:
    """The day of a time, in UTC: `2027-05-22`."""
    return "" if seconds is None else iso(seconds).partition("T")[0]


def people_day(seconds: float) -> str:
    """The day of a time, in UTC, as people say it: `22 May 2027`."""
    day = in_utc(seconds)
    return str(seconds) if day is None else f"{day.day} {day:%B} {day.year}"


def problem_text(entry: DialIn) -> str:
    """Why there is no PIN, with the day where there is one to tell."""
    day = f" on {day_text(entry.expires)}" if entry.expires is not None else ""
    return clean(entry.problem) + day


def _rows(entry: DialIn, linked: bool) -> Iterable[tuple[str, ...]]:
    room = short(entry.room)
    if entry.problem:
        yield room, problem_text(entry)
        return
    pin = HIDDEN if entry.masked else clean(entry.pin)
    for number in entry.numbers:
        dial = clean(dial_string(number.number, entry.pin))
        link = [short(entry.url)] * linked
        yield room, pin, dial, day_text(entry.expires), *link, _note(number)


def _note(number: Number) -> str:
    if number.source is Source.DECLARED:
        return "not confirmed"
    if number.source is Source.ASSUMED:
        return "assumed"
    return f"Daily's, {number.country}" if number.source is Source.GLOBAL else ""
