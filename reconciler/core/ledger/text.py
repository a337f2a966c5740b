"""A ledger as text: one line per room, sorted, so that git merges two people's lines.

    # comment
    ledger: 1
    domain: acme 8f1c...
    key: 3c6b7f0a9d1e4b52
    dr-miller 5f1e... +12095550100 2026-11-25 hmac:9f86d081884c7d659a2feaa0c55ad015

A room line has the room, Daily's id (`-`: not shown), the numbers with commas, the day,
and with a key the digest, with `@DAY` when it was added later. What follows a `#` is a
comment, which stays where it is: those above a line are above it after every writing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from reconciler.core.ledger.model import GLOBAL, Ledger, Line, Problem
from reconciler.core.text import quote

VERSION: Final = "1"
_MOST_ROWS: Final = 200_000
"""Far more than a domain has rooms; what comes from others must be read soon."""
_MOST_PROBLEMS: Final = 1_000
_LONGEST: Final = 4_096
"""Characters of a line."""
_ROWS: Final = re.compile(r"[^\n]*\n|[^\n]+")
HEAD: Final = re.compile(r"(ledger|domain|key):(.*)")
_BAD: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_MARKERS: Final = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_ROOM: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_DIGEST: Final = re.compile(r"hmac:([0-9a-f]{32})(?:@([0-9-]+))?")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]{1,63}")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{16}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NOT_SHOWN: Final = "-"
_FORM: Final = "a line is: room, Daily's id, numbers, day, and hmac: with a key"


@dataclass(slots=True)
class _Reading:
    head: dict[str, str] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def parse(text: str) -> Ledger:
    """Read a ledger. Lines that cannot be read are problems; the others are there."""
    if text.count("\n") > _MOST_ROWS:
        return Ledger(problems=(Problem(0, f"more than {_MOST_ROWS:,} lines"),))
    rows = tuple(_ROWS.findall(text))
    reading = _Reading()
    for number, row in enumerate(rows, 1):
        if problem := _read(row, number, reading):
            reading.problems.append(Problem(number, problem))
        if len(reading.problems) == _MOST_PROBLEMS:
            message = "too much cannot be read: what follows is not compared"
            reading.problems.append(Problem(number, message))
            break
    if rows and reading.head.get("ledger") != VERSION:
        return Ledger(problems=(_no_version(reading),), rows=rows)
    domain, _, domain_id = reading.head.get("domain", "").partition(" ")
    if not reading.head.get("key") and any(li.digest for li in reading.lines.values()):
        reading.problems.append(Problem(0, "lines have digests, and 'key:' is missing"))
    return Ledger(
        lines=reading.lines,
        domain=domain,
        domain_id=domain_id,
        fingerprint=reading.head.get("key", ""),
        problems=tuple(reading.problems),
        places=reading.places,
        rows=rows,
    )


def _no_version(reading: _Reading) -> Problem:
    version = reading.head.get("ledger")
    if version is None:
        return Problem(0, f"this is no ledger: the line 'ledger: {VERSION}' is missing")
    return Problem(0, f"format {quote(version)} is not known, only {VERSION}")


def _read(row: str, number: int, reading: _Reading) -> str:
    """Read one row; returns what is wrong with it."""
    text = without_mark(row, number).rstrip("\n").removesuffix("\r")
    if len(text) > _LONGEST:
        return f"a line of more than {_LONGEST:,} characters"
    if text.startswith(_MARKERS):
        return "a conflict that git left here: keep the lines that are right"
    if _BAD.search(text):
        return "a character that cannot be seen, and may not stand here"
    text = cut(text)[0].strip()
    if not text:
        return ""
    if found := HEAD.fullmatch(text):
        return _read_head(found[1], " ".join(found[2].split()), reading)
    line = _line(text.split())
    if isinstance(line, str):
        return line
    if line.room in reading.lines:
        first = reading.places[line.room]
        return f"room {quote(line.room)} stands in line {first} already: keep one"
    reading.lines[line.room] = line
    reading.places[line.room] = number
    return ""


def without_mark(row: str, number: int) -> str:
    """Editors of Windows put a byte order mark before the first line."""
    return row.removeprefix("\ufeff") if number == 1 else row


def cut(text: str) -> tuple[str, str]:
    """The part before a comment, and the comment."""
    found = re.search(r"(?:^|\s+)#", text)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")


def _read_head(key: str, value: str, reading: _Reading) -> str:
    if reading.lines:
        return f"'{key}:' stands below a room: move it to the top"
    if key in reading.head:
        return f"'{key}:' stands twice: keep one"
    reading.head[key] = value
    if key == "key" and not _FINGERPRINT.fullmatch(value):
        return "'key:' takes 16 hexadecimal digits"
    words = value.split()
    if key == "domain" and not (
        0 < len(words) <= 2
        and _DOMAIN.fullmatch(words[0])
        and all(map(ID.fullmatch, words))
    ):
        return "'domain:' takes the domain and Daily's id of it"
    return ""


def _line(words: list[str]) -> Line | str:
    """A room's line, or what is wrong with it."""
    if len(words) not in (4, 5):
        return _FORM
    room, id_, numbers, day = words[:4]
    if not _ROOM.fullmatch(room) or not ID.fullmatch(id_):
        return _FORM
    given = tuple(numbers.split(","))
    if given != (GLOBAL,) and not all(map(_NUMBER.fullmatch, given)):
        return f"numbers of room {quote(room)}: E.164, with commas, or '{GLOBAL}'"
    digest = _DIGEST.fullmatch(words[4]) if len(words) == 5 else None
    if len(words) == 5 and digest is None:
        return f"digest of room {quote(room)}: expected hmac: and 32 hexadecimal digits"
    later = (digest[2] or "") if digest else ""
    if not _is_day(day) or (later and not _is_day(later)):
        return f"day of room {quote(room)}: expected YYYY-MM-DD"
    shown = "" if id_ == NOT_SHOWN else id_
    return Line(room, shown, given, day, digest[1] if digest else "", later)


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
