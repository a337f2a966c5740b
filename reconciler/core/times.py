"""Durations and moments: as people and Daily write them, and in Unix seconds."""

from __future__ import annotations

import functools
import math
import re
from datetime import UTC, datetime
from typing import Final

DAY: Final = 86_400
_UNITS: Final = {"w": 7 * DAY, "d": DAY, "h": 3600, "m": 60, "s": 1}
_PART: Final = re.compile(r"([0-9]{1,12})([wdhms])")
_DATES: Final = ("%a, %d %b %Y %H:%M:%S %Z", "%a, %d %b %Y %H:%M:%S %z")
_SECONDS: Final = re.compile(r"[0-9]{1,15}")
_DURATION: Final = re.compile(r"(?:[0-9]{1,12}[wdhms])+")


def duration(text: object) -> int | None:
    """Read `180d`, `2w3d` or `12h` as seconds; None for anything else."""
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        return None
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))


def moment(value: object) -> int | None:
    """Read Unix seconds, as a text too, or ISO 8601 with an offset; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if not isinstance(value, str):
        return None
    if _SECONDS.fullmatch(value):
        return int(value)
    try:
        when = datetime.fromisoformat(value)
        return int(when.timestamp()) if when.tzinfo else None
    except (ValueError, OverflowError):
        return None


def is_date(value: object) -> bool:
    """Tell whether a moment is written as a date, and not as a count of seconds."""
    return isinstance(value, str) and not _SECONDS.fullmatch(value)


def signed_duration(text: str) -> int:
    """Read `120d`, `1w2d` or `-3h` as seconds. ValueError for anything else."""
    seconds = duration(text.removeprefix("-").removeprefix("+"))
    if seconds is None or text.startswith("-+"):
        raise ValueError(f"{text!r} is not a duration like 120d, 12h or -1w2d")
    return -seconds if text.startswith("-") else seconds


def seconds_of(value: object) -> int | None:
    """A number of Unix seconds as Daily shows it; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # A whole number may be too large for a float.
    return int(value) if isinstance(value, int) or math.isfinite(value) else None


def expired(exp: object, now: float) -> bool:
    """Tell whether an `exp` has passed. Daily: Unix seconds; absent is never."""
    number = isinstance(exp, int | float) and not isinstance(exp, bool)
    return number and exp <= now  # type: ignore[operator]


@functools.lru_cache(maxsize=1024)
def written_date(text: str) -> datetime | None:
    """A date as Daily writes it: ISO 8601 in one place, RFC 1123 in another."""
    made = None
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        for form in _DATES:
            try:
                made = datetime.strptime(text, form)
                break
            except ValueError:
                continue
    return made.replace(tzinfo=UTC) if made and made.tzinfo is None else made


def in_utc(seconds: float) -> datetime | None:
    """Unix seconds as a date in UTC; None when no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def iso(seconds: float) -> str:
    """Unix seconds as ISO 8601 in UTC, with a Z; a number when no calendar has them."""
    date = in_utc(seconds)
    return str(seconds) if date is None else f"{date:%Y-%m-%dT%H:%M:%SZ}"


def shown(seconds: int) -> str:
    """Say a duration in its largest whole unit, for messages."""
    for unit, name in ((DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return f"{seconds} seconds"
