"""Phone numbers: their one form, and the ones that a room names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from reconciler.core.secrecy import Secret, reveal

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def is_e164(number: str) -> bool:
    """Tell whether a number has the form `+12095550100`."""
    return _E164.fullmatch(number) is not None


def e164(number: str) -> str:
    """A phone number with its plus; Daily has shown numbers without it."""
    digits = number.strip()
    return f"+{digits}" if digits.isascii() and digits.isdigit() else digits


def listed_numbers(dialin: object) -> Iterator[str | Secret]:
    """The `room_numbers` of a `dialin`, secret ones as such; odd items are left out.

    An item is a text, or a mapping with a `phone_number`, as Daily writes and shows it.
    """
    listed = dialin.get("room_numbers") if isinstance(dialin, Mapping) else None
    for item in listed if isinstance(listed, list | tuple) else ():
        number = plain_number(item)
        if isinstance(number, str | Secret) and reveal(number):
            yield number


def plain_number(item: object) -> object:
    """The number that an item of `room_numbers` holds; any other item as it is."""
    if isinstance(item, Mapping) and "phone_number" in item:
        item = item["phone_number"]
    whole = isinstance(item, int) and not isinstance(item, bool)
    return str(item) if whole else item


def shown_number(item: object) -> object:
    """The same, as Daily shows it: a text becomes E.164."""
    number = plain_number(item)
    return e164(number) if isinstance(number, str) else number


def with_numbers(
    dialin: Mapping[str, object], form: Callable[[object], object]
) -> dict[str, object]:
    """A `dialin` with every item of its `room_numbers` in another form."""
    listed = dialin.get("room_numbers")
    if not isinstance(listed, list):
        return dict(dialin)
    return {**dialin, "room_numbers": [form(item) for item in listed]}


def room_numbers(fields: Mapping[str, object]) -> list[str]:
    """The numbers that a room names, in E.164, from its declared or shown fields."""
    return [e164(str(reveal(n))) for n in listed_numbers(fields.get("dialin"))]
