"""What one sandbox is told to be: its domain, its numbers, its assumptions.

Values only; nothing here reads or changes state. `Assume` holds one switch per
open question about Daily. The first value of each is the default, and a
default is a choice made here, not knowledge: what the documentation says and
what it leaves open is listed in the sandbox page of the docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

MOST_PRESENT = 1000
"""Participants in one room."""

ASSUMPTIONS: dict[str, tuple[str, ...]] = {
    # What `config` of a room shows.
    "echo": ("recorded", "sparse", "explicit", "full", "lossy"),
    # How the legacy lists and /domain-dialin-config relate.
    "stores": ("separate", "mirrored", "erasing"),
    # What an update does to an object that the room already has.
    "nested": ("merge", "replace"),
    # What PUT does to a field that it leaves out.
    "put": ("keep", "reset"),
    # Whether an update of a room leaves its PIN alone.
    "pin": ("stable", "renewed"),
    # What becomes of a room whose exp has passed.
    "expired": ("gone", "zombie"),
    # Whether answers carry the hmac of a pinless entry.
    "hmac": ("shown", "hidden"),
    # Whether room names that differ in case are the same room.
    "case": ("exact", "folded"),
    # Whether GET / carries the two legacy lists at all.
    "lists": ("shown", "absent"),
    # What `dialin_number` of a room shows.
    "number": ("follows", "earliest", "empty"),
    # Whether a list of rooms carries the PINs.
    "room_lists": ("full", "brief"),
    # What PUT on a dial-in config does with a null.
    "null": ("accepted", "refused"),
}


@dataclass(frozen=True, slots=True)
class Assume:
    """One answer to each open question; see `ASSUMPTIONS` for the others."""

    echo: str = "recorded"
    stores: str = "separate"
    nested: str = "merge"
    put: str = "keep"
    pin: str = "stable"
    expired: str = "gone"
    hmac: str = "shown"
    case: str = "exact"
    lists: str = "shown"
    number: str = "follows"
    room_lists: str = "full"
    null: str = "accepted"

    def __post_init__(self) -> None:
        for field in fields(self):
            allowed = ASSUMPTIONS[field.name]
            if getattr(self, field.name) not in allowed:
                raise ValueError(
                    f"{_option(field.name)} must be one of {', '.join(allowed)}, "
                    f"not {getattr(self, field.name)!r}"
                )


def parse_assume(pairs: Iterable[str]) -> Assume:
    """Read `KEY=VALUE` pairs; ValueError names the bad one and what exists."""
    fields_by_key = {_option(name): name for name in ASSUMPTIONS}
    chosen: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in fields_by_key:
            raise ValueError(
                f"{pair!r} is not KEY=VALUE with KEY one of {', '.join(fields_by_key)}"
            )
        if fields_by_key[key] in chosen:
            raise ValueError(f"{key} is given twice")
        chosen[fields_by_key[key]] = value
    return Assume(**chosen)


def _option(name: str) -> str:
    """Write the name of a field as `--assume` takes it."""
    return name.replace("_", "-")


def parse_present(text: str) -> tuple[str, int]:
    """Read `ROOM=N`; ValueError for anything else."""
    room, _, count = text.rpartition("=")
    if not room or not re.fullmatch(r"[0-9]{1,9}", count):
        raise ValueError(f"{text!r} is not ROOM=N, such as lobby=2")
    return room, int(count)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything about a sandbox that does not change while it runs.

    `clock_offset` is in seconds. `rate_limit_scale` multiplies Daily's
    published limits; 0 and infinity both switch them off. `present` has rooms and
    how many participants are in them from the start.
    """

    domain: str = "acme"
    numbers: tuple[str, ...] = ("+12095550100", "+12095550101", "+12095550102")
    assume: Assume = Assume()
    key: str = "sandbox"
    latency_ms: float = 0
    rate_limit_scale: float = 1.0
    retry_after: bool = False
    clock_offset: float = 0
    accept_properties: tuple[str, ...] = ()
    domain_settings: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    present: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?", self.domain):
            raise ValueError(f"{self.domain!r} is not a domain name such as 'acme'")
        for number in self.numbers:
            if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
                raise ValueError(f"{number!r} is not a number such as +12095550100")
        if self.latency_ms < 0:
            raise ValueError("the latency must not be negative")
        if not self.rate_limit_scale >= 0:
            raise ValueError("the rate limit scale must not be negative")
        for room, count in self.present:
            if not 0 <= count <= MOST_PRESENT:
                raise ValueError(f"0 to {MOST_PRESENT} can be in {room}, not {count}")
