"""Who dials what, as CSV after RFC 4180: a header, CRLF, UTF-8.

A spreadsheet takes a cell that starts with `=`, `+`, `-` or `@` for a formula. Such a
cell gets an apostrophe in front, unless it is nothing but digits, a plus before them
and the commas of a dial string: these stay exact, since programs read them, and the
worst that a spreadsheet can make of them is a number. The `tel` column starts with a
letter, so that it survives any spreadsheet with plus, pauses and leading zeros.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.core.dialin.sheet import DialIn, dial_string, tel_link
from reconciler.core.text import clean
from reconciler.core.times import iso

HEADER: Final = (
    *("room", "number", "pin", "dial", "tel", "expires", "source", "problem"),
    *("title", "url"),
)
_EXACT: Final = re.compile(r"\+?[0-9]+(,,[0-9]+)?")
_FORMULA: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def dialin_csv(entries: Sequence[DialIn]) -> str:
    """One row per room and number; a room without a PIN has one that says why."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(HEADER)
    for entry in entries:
        writer.writerows(tuple(map(cell, row)) for row in _rows(entry))
    return made.getvalue()


def cell(text: str) -> str:
    """A text that no spreadsheet runs."""
    if _EXACT.fullmatch(text):
        return text
    shown = clean(text)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def _rows(entry: DialIn) -> Iterator[tuple[str, ...]]:
    expires = "" if entry.expires is None else iso(entry.expires)
    if entry.problem:
        row = ("", "", "", "", expires, "", entry.problem)
        yield entry.room, *row, entry.title, entry.url
    for number in entry.numbers:
        yield (
            entry.room,
            number.number,
            entry.pin,
            dial_string(number.number, entry.pin),
            tel_link(number.number, entry.pin),
            expires,
            str(number.source),
            "",
            entry.title,
            entry.url,
        )
