"""Phone numbers as people write them, where the `report` extra is installed.

The sole importer of phonenumbers; without it, numbers stay in E.164.
"""

from __future__ import annotations

import re
from typing import Final

_E164: Final = re.compile(r"\+[0-9]{6,15}")


def for_people(number: str) -> str:
    """`+1 209-555-0100`; anything but E.164 comes back as it is."""
    if not _E164.fullmatch(number):
        return number
    try:
        import phonenumbers
    except ImportError:
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    made = phonenumbers.format_number(parsed, form)
    # A form that drops or adds a digit would be another number.
    return made if re.sub(r"[^0-9]", "", made) == number[1:] else number
