"""Phone numbers as people write them, where the `report` extra is installed.

The sole importer of phonenumbers; without it, numbers stay in E.164.
"""

from __future__ import annotations

import re

from reconciler.core.phone import is_e164


def for_people(number: str) -> str:
    """`+1 209-555-0100`; anything but E.164 comes back as it is."""
    if not is_e164(number):
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
