"""The shape of a rescue file: what is wrong in a damaged one, and where.

A file that is read half is worse than none: what it does not show would count as
there. No value is quoted, since it may be a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

_LAST_TIME: Final = 253_402_300_799
"""The end of the year 9999, in Unix seconds."""

_Test = Callable[[object], bool]
_Row = tuple[str, bool, _Test, str]
"""A key, whether it must be there, its test, and what stands there rightly."""


def problems(body: Mapping[str, object]) -> Iterator[str]:
    """What is wrong in the content of a rescue file, with its place."""
    yield from _wrong(body, _TOP, "")
    entries = body.get("assignments")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        place = f"assignments[{index}]"
        if isinstance(entry, Mapping):
            yield from _wrong(entry, _ENTRY, f"{place}.")
        else:
            yield f"{place} should be an object"


def _wrong(held: Mapping[str, object], rows: list[_Row], place: str) -> Iterator[str]:
    for key, is_needed, test, wanted in rows:
        if key not in held:
            if is_needed:
                yield f"{place}{key} is missing"
        elif not test(held[key]):
            yield f"{place}{key} should be {wanted}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _may_be_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_time(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= _LAST_TIME  # type: ignore[operator]


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


_TOP: Final[list[_Row]] = [
    ("domain", True, _is_text, "a text"),
    ("managed", True, _are_texts, "a list of numbers as texts"),
    ("assignments", True, lambda v: isinstance(v, list), "a list"),
    ("saved", False, _is_time, "a time in Unix seconds"),
]
_ENTRY: Final[list[_Row]] = [
    (
        "store",
        True,
        lambda v: v in ("current", "legacy"),
        "'current' or 'legacy'",
    ),
    # One that is not known is no damage: see `sendable`.
    ("type", True, lambda _type: True, ""),
    ("phone_number", False, _may_be_text, "a text or null"),
    ("id", False, _may_be_text, "a text or null"),
    ("position", False, _is_count, "a whole number"),
    ("fields", True, lambda v: isinstance(v, Mapping), "an object"),
]
