"""Rules about phone numbers: their form, their role, and the rooms that name them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from reconciler.config import words
from reconciler.config.build import assignment
from reconciler.config.entries import Entry
from reconciler.config.rules import values as rules_values
from reconciler.config.rules import write_only
from reconciler.config.rules.written import Written
from reconciler.config.variables import Filled, is_unset
from reconciler.core.findings import Finding
from reconciler.core.kinds import SETTABLE
from reconciler.core.model import Path, Place
from reconciler.core.phone import is_e164
from reconciler.core.text import quote

_DECORATION: Final = re.compile(r"[\s().\-/]")

_NORTH_AMERICAN: Final = 11
"""Digits of a number that is written with its country code 1, and without a plus.

Of other digits nothing tells whether a country code is among them: with a plus, they
may be a number of another country.
"""


def check(entry: Entry, twice: Collection[str] = ()) -> Iterator[Finding]:
    """Everything about one assignment; `twice` are keys of numbers that stand twice."""
    if not is_e164(entry.key) and entry.key not in twice:
        message = f"{quote(entry.key)} is not a phone number in E.164 form"
        place = entry.key_place()
        yield Finding("number-not-e164", message, place, _better(entry.key), entry.root)
    roles = [type_ for type_ in SETTABLE if type_ in entry.body]
    if len(roles) == 2 or (not roles and _needs_role(entry)):
        yield _role(entry, both=bool(roles))
    if entry.absent:
        return
    type_, fields = assignment(entry.body)
    written = Written(entry.body, entry.root, entry.place, entry.key_place)
    for name in ("room_creation_api", "hold_music_url"):
        yield from rules_values.address(written, (type_, name), fields.get(name))
    yield from rules_values.secret(written, (type_, "hmac"), fields.get("hmac"))
    yield from write_only.of_entry(entry, fields)


def _needs_role(entry: Entry) -> bool:
    """A broken or misspelt part, which has an error of its own, may be the role."""
    misspelt = any(entry.misspells(type_) for type_ in SETTABLE)
    return entry.is_clear and not entry.absent and not misspelt


def twice(numbers: Iterable[Entry]) -> dict[str, Finding]:
    """Keys that mean the number of an earlier key, each with its finding."""
    found: dict[str, Finding] = {}
    seen: dict[str, Entry] = {}
    for entry in numbers:
        first = seen.setdefault(_plain(entry.key), entry)
        if first is not entry:
            message = _same(quote(entry.key), first.key_place())
            place, hint = entry.key_place(), "keep one of the two"
            found[entry.key] = Finding(
                "defined-twice", message, place, hint, entry.root
            )
    return found


def _listed_twice(entry: Entry) -> Iterator[Finding]:
    """Items of `room_numbers` that are one number in two forms."""
    seen: dict[str, tuple[Path, str]] = {}
    for path, number in _room_numbers(entry):
        if is_unset(number):
            continue
        plain = _plain(number.reveal() if isinstance(number, Filled) else number)
        at, first = seen.setdefault(plain, (path, number))
        # The schema has equal items; it cannot see that two forms mean one number.
        if at != path and (len(at) != len(path) or repr(first) != repr(number)):
            secret = isinstance(number, Filled)
            said = words.value(number) if secret else quote(number)
            message = _same(said, entry.place(at))
            yield entry.at("defined-twice", message, path, "keep one of the two")


def _same(said: str, first: Place) -> str:
    where = f"{first.file}:{first.line}:{first.column}"
    return f"{said} is one number with the one at {where}"


def _role(entry: Entry, *, both: bool) -> Finding:
    message = f"{entry.name} is both pin_dialin and pinless_dialin"
    hint = "a number does one of the two: remove the other"
    if not both:
        message = f"{entry.name} has no role"
        hint = "add 'pin_dialin: {}' or 'pinless_dialin:', or 'state: absent'"
    return Finding("number-role", message, entry.key_place(), hint, entry.root)


def roles(entry: Entry, numbers: Mapping[str, Entry]) -> Iterator[Finding]:
    """Each of a room's numbers must be E.164, and not have another role here."""
    yield from _listed_twice(entry)
    for path, number in _room_numbers(entry):
        if is_unset(number):
            continue
        secret = isinstance(number, Filled)
        said = words.value(number) if secret else quote(number)
        if not is_e164(number):
            message = f"{said} is not a phone number in E.164 form"
            hint = "" if secret else _better(number)
            yield entry.at("number-not-e164", message, path, hint)
            continue
        other = numbers.get(number)
        if other is None:
            continue
        if other.absent or "pinless_dialin" in other.body:
            is_now = "to be removed" if other.absent else "assigned to pinless_dialin"
            message = f"{said} is {is_now}, and callers of a room need pin_dialin"
            at = other.key_place()
            hint = f"see {at.file}:{at.line}:{at.column}, or take another number"
            yield entry.at("room-number-role", message, path, hint)


def _room_numbers(entry: Entry) -> Iterator[tuple[Path, str]]:
    here: Any = entry.merged
    path: Path = ("properties", "dialin", "room_numbers")
    for step in path:
        here = here.get(step) if isinstance(here, dict) else None
    for index, item in enumerate(here if isinstance(here, list) else ()):
        at = (*path, str(index))
        if isinstance(item, dict):
            item, at = item.get("phone_number"), (*at, "phone_number")
        if isinstance(item, str):
            yield at, item


def _plain(text: str) -> str:
    """A number without what people put between its digits."""
    plain = _DECORATION.sub("", text)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    return "+" + plain if plain[:1] in "123456789" and is_e164("+" + plain) else plain


def _better(text: str) -> str:
    """How the number would be written, as far as that can be told."""
    plain = _DECORATION.sub("", text)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if is_e164(plain):
        return f'did you mean "{plain}"?'
    if len(plain) == _NORTH_AMERICAN and plain[:1] == "1" and is_e164("+" + plain):
        return f'write the country code with a plus, as in "+{plain}"'
    return 'write it as in "+12095550100": a plus, the country code, digits only'
