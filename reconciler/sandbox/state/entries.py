"""What the two stores of phone-number assignments have in common.

An entry is a plain dict of the documented fields. Its number decides whether
it may exist; without one it is reachable over SIP only.

Documented: the fields of each kind, `sip_uri` is made by the server, a number
must belong to the domain, and the text of that refusal. Assumed: `hmac` must
be base64, `room_creation_api` is required, pin entries need a number.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.sandbox.api.refusal import invalid
from reconciler.sandbox.rules.shapes import (
    TEXT,
    Shape,
    complaint,
    is_phone_number,
    is_url,
    record,
)

PIN, PINLESS = "pin_dialin", "pinless_dialin"
KINDS = (PIN, PINLESS)

Entry = dict[str, object]
Lists = dict[str, list[Entry] | None]


@dataclass(slots=True)
class DialinConfig:
    """One assignment of the current store."""

    id: str
    type: str
    fields: Entry


def _base64(value: str) -> str | None:
    try:
        return None if base64.b64decode(value, validate=True) else "should not be empty"
    except (binascii.Error, ValueError):
        return "should be base64"


_URL = Shape("string", rule=is_url)
_COMMON = {"phone_number": Shape("string", rule=is_phone_number), "name_prefix": TEXT}
FIELDS: Mapping[str, Mapping[str, Shape]] = {
    PIN: {**_COMMON, "ivr_greeting": record({"message": TEXT})},
    PINLESS: {
        **_COMMON,
        "room_creation_api": _URL,
        "hmac": Shape("string", rule=_base64),
        "hold_music_url": _URL,
        "timeout_config": record({"message": TEXT}),
    },
}
_REQUIRED = {PIN: "phone_number", PINLESS: "room_creation_api"}


def check_fields(kind: str, sent: Mapping[str, object]) -> None:
    """Refuse fields that the kind does not have, and values of a wrong form."""
    for name, value in sent.items():
        if name == "sip_uri":
            raise invalid("sip_uri is made by the server and cannot be set")
        if name not in FIELDS[kind]:
            raise invalid(f"unknown parameter '{name}' for {kind}")
        wrong = value is not None and complaint(name, FIELDS[kind][name], value)
        if wrong:
            raise invalid(wrong)


def check_complete(kind: str, entry: Mapping[str, object]) -> None:
    """Refuse an entry that lacks what its kind cannot do without."""
    if _REQUIRED[kind] not in entry:
        raise invalid(f"missing required field: {_REQUIRED[kind]}")


def with_hmac(kind: str, entry: Entry) -> Entry:
    """Give a pinless entry that was sent without an hmac a new random one."""
    if kind == PINLESS and "hmac" not in entry:
        return {**entry, "hmac": base64.b64encode(secrets.token_bytes(32)).decode()}
    return entry


def given(sent: Mapping[str, object]) -> Entry:
    """Leave out what is null."""
    return {name: value for name, value in sent.items() if value is not None}


def number_of(entry: Mapping[str, object]) -> str | None:
    """Give the phone number of an entry, or None when it is SIP only."""
    number = entry.get("phone_number")
    return number if isinstance(number, str) else None


def identity(entry: Mapping[str, object]) -> str:
    """Tell which entry of a kind this is: its number, else its prefix."""
    return number_of(entry) or f"sip:{entry.get('name_prefix', '')}"


def refuse_number(kind: str, number: str, reason: str) -> Exception:
    """Build the refusal of a number; it is written without the plus sign."""
    words = kind.replace("_", " ")
    return invalid(f"Failed to configure {words}: {number.lstrip('+')} {reason}")


def sip_uri(domain: str, entry: Mapping[str, object], place: object) -> str:
    """Make the SIP address of a pinless entry; its form is the sandbox's own."""
    prefix = entry.get("name_prefix") or "static-address"
    return f"{prefix}--{place}@{domain}.sip.example"


def show_fields(entry: Mapping[str, object], *, hmac: str) -> Entry:
    """Copy the fields that an answer may carry."""
    hidden = {"hmac"} if hmac == "hidden" else set()
    return {name: value for name, value in entry.items() if name not in hidden}
