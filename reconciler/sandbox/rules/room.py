"""The rules of a room: names, what may be set, and what the server makes of it.

Pure: time and everything random comes from the caller. A function here either
gives the new state or refuses; it never leaves a room half changed.

Documented: names, `null` clears, a PIN room needs an exp less than 365 days
ahead, only purchased numbers with a PIN assignment can be room numbers.
Recorded: the texts on names, unknown keys and exp. Everything else that is
refused is refused in the sandbox's own words.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from reconciler.sandbox.api.refusal import invalid
from reconciler.sandbox.rules.properties import Property, as_kept
from reconciler.sandbox.rules.shapes import complaint, incomplete

YEAR = 365 * 24 * 3600
PRIVACY = ("public", "private")


def read_body(body: Mapping[str, object], allowed: tuple[str, ...]) -> None:
    """Refuse keys beside `allowed` and a privacy that does not exist."""
    for key in body:
        if key not in allowed:
            raise invalid(f"unknown parameter '{key}'")
    privacy = body.get("privacy")
    if privacy is not None and privacy not in PRIVACY:
        raise invalid(f"privacy should be one of {', '.join(PRIVACY)}")


def read_name(name: object) -> str:
    """Refuse a name that no room may have.

    128 characters is the current documented length; older pages say 41 and 35.
    """
    if not isinstance(name, str) or not name:
        raise invalid("name should be a string of at least one character")
    if re.search(r"[^A-Za-z0-9_-]", name):
        raise invalid(
            f"{name} contains invalid characters "
            "(room names can contain A-Z, a-z, 0-9, '-', and '_')"
        )
    if len(name) > 128:
        raise invalid(f"{name} is longer than 128 characters")
    return name


def read_properties(
    sent: object, table: Mapping[str, Property], now: float
) -> Mapping[str, object]:
    """Check the properties of a request one by one; null is always fine."""
    if not isinstance(sent, dict):
        raise invalid("properties should be an object")
    for name, value in sent.items():
        if name not in table:
            raise invalid(f"invalid property name '{name}'")
        if value is None:
            continue
        if name in ("exp", "nbf"):
            _check_time(name, value)
        wrong = complaint(name, table[name].shape, value)
        if wrong:
            raise invalid(wrong)
    _check_future(sent.get("exp"), now)
    return {name: as_kept(name, value) for name, value in sent.items()}


def _check_time(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(
            f"{name} was '{_as_text(value)}' but should be a number of seconds "
            "since the unix epoch"
        )


def _check_future(exp: object, now: float) -> None:
    """Refuse an exp of now or before, as recorded: one second ahead passes."""
    if isinstance(exp, int | float) and exp <= now:
        raise invalid(
            f"exp was '{_as_text(exp)}', which is in the past rather than in the future"
        )


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def merge(
    stored: Mapping[str, object],
    sent: Mapping[str, object],
    *,
    nested: str,
) -> dict[str, object]:
    """Apply an update: what is not sent stays, null goes back to the default.

    Whether an object is merged into the stored one (key by key, one level
    deep) or replaces it is the `nested` assumption.
    """
    merged = dict(stored)
    for name, value in sent.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            before = merged.get(name) if nested == "merge" else None
            base = before if isinstance(before, dict) else {}
            merged[name] = _without_null({**base, **value})
        else:
            merged[name] = value
    return merged


def _without_null(value: Mapping[str, object]) -> dict[str, object]:
    return {
        key: _without_null(item) if isinstance(item, Mapping) else item
        for key, item in value.items()
        if item is not None
    }


def check_whole(
    properties: Mapping[str, object],
    sent: Mapping[str, object],
    table: Mapping[str, Property],
    now: float,
) -> None:
    """Check what only the resulting room can tell, as far as it was `sent`."""
    for name in sent:
        value = properties.get(name)
        if isinstance(value, dict):
            lacking = incomplete(name, table[name].shape, value)
            if lacking:
                raise invalid(lacking)
    sip = properties.get("sip")
    digits = isinstance(sip, dict) and sip.get("force_digit_only_username")
    if isinstance(sip, dict) and digits and sip.get("num_endpoints", 1) != 1:
        raise invalid("force_digit_only_username allows one endpoint only")
    if "dialin" in properties and sent.keys() & {"dialin", "exp"}:
        _check_pin_room(properties.get("exp"), now)


def _check_pin_room(exp: object, now: float) -> None:
    if not isinstance(exp, int | float):
        raise invalid("a room with dialin should have an exp")
    if exp >= now + YEAR:
        raise invalid("exp of a room with dialin should be less than 365 days ahead")


def room_numbers(properties: Mapping[str, object]) -> list[str]:
    """List the numbers that `dialin` names, in order; a room put in may have texts."""
    dialin = properties.get("dialin")
    listed = dialin.get("room_numbers") if isinstance(dialin, dict) else None
    every = listed if isinstance(listed, list) else ()
    return [str(i["phone_number"] if isinstance(i, dict) else i) for i in every]


def sip_addresses(
    name: str, domain: str, properties: Mapping[str, object]
) -> dict[str, object] | None:
    """Make the addresses of a room with `sip`; their form is the sandbox's own."""
    sip = properties.get("sip")
    if not isinstance(sip, dict):
        return None
    host = f"daily-{domain}.sip.example"
    if sip.get("force_digit_only_username"):
        # Digits that follow from the name, so that they last as long as it does.
        digits = str(int.from_bytes(name.encode()) % 10**10).zfill(10)
        return {"endpoint": f"{digits}@{host}", "extra_endpoints": []}
    count = math.floor(sip.get("num_endpoints", 1))
    every = [f"{name}.{index}@{host}" for index in range(count)]
    return {"endpoint": every[0], "extra_endpoints": every[1:]}
