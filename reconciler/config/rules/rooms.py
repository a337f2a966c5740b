"""Rules about a room as a whole: its name, its lifetime, what it writes.

They look at the room with its defaults, and mark the place where the value that
decides is written. A room to be deleted is judged by its name only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.config.build import rolling
from reconciler.config.entries import Entry, room_properties
from reconciler.config.rules import values as rules_values
from reconciler.config.rules import write_only
from reconciler.core.findings import Finding
from reconciler.core.kinds import MAX_PIN_AHEAD
from reconciler.core.model import Path, Rolling
from reconciler.core.pin_life import MEANT, ROLL, ends_soon
from reconciler.core.text import quote
from reconciler.core.times import DAY, expired, iso, shown

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LONGEST: Final = 128
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]+")
_EXP: Final = ("properties", "exp")
_NBF: Final = ("properties", "nbf")
_PROMISE: Final = "add 'expires: {after: 180d, renew_before: 60d}' beside 'properties'"


@dataclass(frozen=True, slots=True)
class _Life:
    """When a room opens and ends. `written` says that there is any `exp` at all."""

    pin: bool
    written: bool
    exp: int | None
    nbf: int | None
    rolling: Rolling | None
    expires: bool
    ends: bool


def check(entry: Entry, now: float) -> Iterator[Finding]:
    """Everything about one room; `now` in Unix seconds."""
    yield from _name(entry)
    if entry.absent:
        return
    yield from rules_values.of_room(entry)
    life = _life(entry)
    yield from _pin(entry, life, now)
    yield from _expiry(entry, life, now)
    yield from _buckets(entry)
    yield from write_only.of_entry(entry, room_properties(entry.merged))
    if "privacy" not in entry.merged and _may_lack(entry, "privacy"):
        yield entry.at_key(
            "no-privacy",
            f"{entry.name} says nothing about privacy, and a new room is public",
            (),
            "add 'privacy: private' or 'privacy: public'",
        )


def is_room_name(name: str) -> bool:
    """Tell whether Daily takes a text as the name of a room."""
    return bool(_NAME.fullmatch(name))


def _may_lack(entry: Entry, name: str) -> bool:
    """A broken or misspelt part, which has an error of its own, may be the missing."""
    return entry.is_clear and not entry.misspells(name)


def _may_lack_end(entry: Entry) -> bool:
    misspelt = entry.misspells("exp", ("properties",))
    return _may_lack(entry, "expires") and not misspelt


def _name(entry: Entry) -> Iterator[Finding]:
    if is_room_name(entry.key):
        return
    message = f"{quote(entry.key)} cannot be the name of a room"
    hint = "names have letters, digits, '-' and '_'"
    if len(entry.key) > _LONGEST:
        message = f"a room name has at most {_LONGEST} characters, not {len(entry.key)}"
        hint = "shorten it"
    elif better := _UNFIT.sub("-", entry.key).strip("-"):
        hint += f": '{better}'"
    yield entry.at_key("room-name", message, (), hint)


def _life(entry: Entry) -> _Life:
    properties = room_properties(entry.merged)
    exp = properties.get("exp")
    return _Life(
        pin=isinstance(properties.get("dialin"), dict),
        written=exp is not None,
        exp=rules_values.seconds_of(exp),
        nbf=rules_values.seconds_of(properties.get("nbf")),
        rolling=rolling(entry.merged.get("expires")),
        expires=entry.merged.get("expires") is not None,
        ends=entry.merged.get("ends") is True,
    )


def _pin(entry: Entry, life: _Life, now: float) -> Iterator[Finding]:
    if not life.pin:
        return
    most = (
        f"a room with PIN dial-in may expire {MAX_PIN_AHEAD // DAY} days ahead at most"
    )
    if not life.written and not life.expires and _may_lack_end(entry):
        path = ("properties", "dialin")
        name = entry.named(path)
        message = f"{name} has PIN dial-in and needs 'expires' or 'exp'"
        yield entry.at_key("pin-without-expiry", message, path, _PROMISE)
    if life.exp is not None and life.exp > now + MAX_PIN_AHEAD:
        message = f"{most}, not {shown(int(life.exp - now))}"
        hint = "choose an earlier moment, or write 'expires' to have it pushed forward"
        yield entry.at("expiry-too-far", message, _EXP, hint)
    if life.rolling and life.rolling.after > MAX_PIN_AHEAD:
        message = f"{most}, not {shown(life.rolling.after)}"
        hint = "write 364d or less"
        yield entry.at("expiry-too-far", message, ("expires", "after"), hint)


def _expiry(entry: Entry, life: _Life, now: float) -> Iterator[Finding]:
    if life.written and life.expires:
        message = f"{entry.named(('expires',))} has both 'exp' and 'expires'"
        hint = "keep 'expires' to have it pushed forward, 'exp' for a fixed end"
        yield entry.at_key("expiry-twice", message, ("expires",), hint)
    if life.ends and life.expires:
        message = f"{entry.name} is meant to end, and has 'expires', which renews it"
        hint = "keep 'expires' to have it renewed, 'ends' for a room with an end"
        yield entry.at_key("expiry-twice", message, ("ends",), hint)
    if not life.ends:
        yield from _end(entry, life, now)
    if expired(life.exp, now) and not life.ends:
        message = f"exp of {entry.named(_EXP)} has passed, so that the room is left out"
        hint = "write a later exp, or 'state: absent'"
        yield entry.at("expired", message, _EXP, hint)
    ends = life.exp
    if life.rolling:
        ends = int(now) + life.rolling.after if ends is None else ends
        if life.rolling.renew_before >= life.rolling.after:
            message = "renew_before must be shorter than after"
            hint = f"'after' is {shown(life.rolling.after)}"
            path = ("expires", "renew_before")
            yield entry.at("renew-before-after", message, path, hint)
    if life.nbf is not None and ends is not None and life.nbf >= ends:
        message = f"{entry.named(_NBF)} would open (nbf) when it has expired already"
        hint = "choose an earlier nbf or a later end"
        yield entry.at("nbf-not-before-exp", message, _NBF, hint)


def _end(entry: Entry, life: _Life, now: float) -> Iterator[Finding]:
    """When callers lose a PIN that nothing renews, or that may be renewed too late."""
    if not life.pin:
        return
    if life.exp is not None and not life.expires and ends_soon(life.exp, now):
        name = entry.named(_EXP)
        message = f"the PIN of {name} ends on {iso(life.exp)}, and nothing renews it"
        yield entry.at("pin-ends", message, _EXP, f"{ROLL}; {MEANT}")
    if life.rolling and life.rolling.renew_before < 2 * DAY:
        path = ("expires", "renew_before")
        message = "renew_before is under 2 days: one daily run that fails is too late"
        yield entry.at("renew-window-short", message, path, "renew_before: 60d")


def _buckets(entry: Entry) -> Iterator[Finding]:
    """Daily's rules on a bucket of Oracle Cloud."""
    properties = entry.merged.get("properties")
    for name in ("recordings_bucket", "transcription_bucket"):
        bucket = properties.get(name) if isinstance(properties, dict) else None
        if not isinstance(bucket, dict) or bucket.get("storage_provider") != "oci":
            continue
        path: Path = ("properties", name, "storage_provider")
        if bucket.get("namespace") is None:
            message = f"{name} is in Oracle Cloud and has no namespace"
            yield entry.at("oci-bucket", message, path, "add 'namespace'")
        if bucket.get("assume_role_arn") is not None:
            message = f"{name} is in Oracle Cloud, which has no AWS roles"
            path = ("properties", name, "assume_role_arn")
            yield entry.at_key("oci-bucket", message, path, "remove assume_role_arn")
