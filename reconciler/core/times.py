"""Durations and moments as people write them, to whole seconds."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

DAY: Final = 86_400
_UNITS: Final = {"w": 7 * DAY, "d": DAY, "h": 3600, "m": 60, "s": 1}
_PART: Final = re.compile(r"([0-9]{1,12})([wdhms])")
_DURATION: Final = re.compile(r"(?:[0-9]{1,12}[wdhms])+")


def duration(text: object) -> int | None:
    """Read `180d`, `2w3d` or `12h` as seconds; None for anything else."""
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        return None
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))


def moment(value: object) -> int | None:
    """Read Unix seconds or ISO 8601 with an offset; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
        return int(when.timestamp()) if when.tzinfo else None
    except (ValueError, OverflowError):
        return None


def shown(seconds: int) -> str:
    """Say a duration in its largest whole unit, for messages."""
    for unit, name in ((DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return f"{seconds} seconds"
