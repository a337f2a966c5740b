"""The state of one simulated domain.

What the calls do to it is next door (`roomcalls`, `domain`, `legacy`,
`dialin`); here is what they share, and what tests and the seed use to put
things in without asking the rules. Nothing here reads a clock.

Callers hold `lock` while they read or change anything.
"""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.sandbox.api.numbers import PurchasedNumber
from reconciler.sandbox.api.presence import Meeting, meet
from reconciler.sandbox.rules.account import read_settings
from reconciler.sandbox.rules.properties import room_properties
from reconciler.sandbox.rules.room import room_numbers
from reconciler.sandbox.settings import Settings
from reconciler.sandbox.state import entries, mirror
from reconciler.sandbox.state.calls import CallLog
from reconciler.sandbox.state.roomindex import Room, RoomIndex

# Things put in by the helpers are older than anything a request makes.
_LONG_AGO = 1_600_000_000.0


@dataclass(frozen=True, slots=True)
class WebhookTest:
    """A call that Daily would make to check a room_creation_api."""

    at: float
    url: str
    number: str | None


class Store:
    """Rooms, domain properties, both stores of assignments, purchased numbers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.table = room_properties(settings.accept_properties)
        self.domain_id = str(uuid.uuid4())
        self.domain_properties: dict[str, object] = {}
        self.domain_settings = read_settings(settings.domain_settings)
        self.legacy: entries.Lists = dict.fromkeys(entries.KINDS)
        self.dialin_configs: dict[str, entries.DialinConfig] = {}
        self.numbers: dict[str, PurchasedNumber] = {}
        self.webhook_tests: list[WebhookTest] = []
        self.calls = CallLog()
        self.meetings: dict[str, Meeting] = {}
        assume = settings.assume
        self.index = RoomIndex(
            folded=assume.case == "folded", zombies=assume.expired == "zombie"
        )
        for number in settings.numbers:
            self.add_number(number)

    @property
    def rooms(self) -> dict[str, Room]:
        """Rooms by name, as stored. Read only: `add_room` puts one in."""
        return self.index.by_name

    def defaults(self) -> dict[str, object]:
        """Give what an unset room property behaves as, today."""
        inherited = self.domain_properties
        return {
            name: inherited.get(name, row.default) if row.domain else row.default
            for name, row in self.table.items()
        }

    def check_owned(self, kind: str, number: str) -> None:
        """Refuse a number that the domain has not purchased, in Daily's words."""
        if number not in self.numbers:
            reason = f"not associated with domain: {self.settings.domain}"
            raise entries.refuse_number(kind, number, reason)

    def assigned(self, kind: str) -> set[str]:
        """Collect the numbers that either store assigns to a kind."""
        every = list(self.legacy[kind] or ())
        every += [c.fields for c in self.dialin_configs.values() if c.type == kind]
        return {number for entry in every if (number := entries.number_of(entry))}

    def default_number(self) -> str | None:
        """Give the earliest purchased number that is not pinless."""
        pinless = self.assigned(entries.PINLESS)
        owned = sorted(self.numbers.values(), key=lambda one: one.pagination_id)
        return next((one.number for one in owned if one.number not in pinless), None)

    def number_to_dial(self, properties: Mapping[str, object]) -> str | None:
        """Give what `dialin_number` shows for a room with `dialin`."""
        specified = room_numbers(properties)
        if specified and self.settings.assume.number == "follows":
            return specified[0]
        if specified and self.settings.assume.number == "empty":
            return ""
        return self.default_number()

    def new_pin(self) -> str:
        """Make an 11-digit PIN that no room has; leading zeros may occur."""
        while (code := f"{secrets.randbelow(10**11):011d}") in self.index.codes:
            pass
        self.index.codes.add(code)
        return code

    def test_webhook(self, kind: str, entry: entries.Entry, now: float) -> None:
        """Record the call Daily makes when a pinless entry is written."""
        url = entry.get("room_creation_api")
        if kind == entries.PINLESS and isinstance(url, str):
            number = entries.number_of(entry)
            self.webhook_tests.append(WebhookTest(now, url, number))

    def follow_lists(self) -> None:
        """Make the configs equal to the lists, if the stores are mirrored."""
        if self.settings.assume.stores == "mirrored":
            mirror.follow_lists(self.legacy, self.dialin_configs)

    def follow_configs(self) -> None:
        """Make the lists equal to the configs, if the stores are mirrored."""
        if self.settings.assume.stores == "mirrored":
            mirror.follow_configs(self.legacy, self.dialin_configs)

    def add_number(self, number: str, name: str | None = None) -> PurchasedNumber:
        """Put in a purchased number, the latest purchase so far."""
        place = len(self.numbers)
        owned = PurchasedNumber(
            id=str(uuid.uuid4()),
            pagination_id=3001 + place,
            number=number,
            created_at=_LONG_AGO + place,
            name=name,
        )
        return self.numbers.setdefault(number, owned)

    def add_room(
        self,
        name: str,
        properties: Mapping[str, object] | None = None,
        *,
        privacy: str = "public",
        created_at: float | None = None,
        api_created: bool = True,
        dialin_code: str | None = None,
        dialin_number: str | None = None,
    ) -> Room:
        """Put in a room as it stands, expired or not; `dialin` gets it a PIN."""
        held = dict(properties or {})
        if "dialin" in held and dialin_code is None:
            dialin_code, dialin_number = self.new_pin(), self.number_to_dial(held)
        age = created_at if created_at is not None else _LONG_AGO + len(self.rooms)
        room = Room(
            id=str(uuid.uuid4()),
            name=name,
            created_at=age,
            privacy=privacy,
            api_created=api_created,
            properties=held,
            dialin_code=dialin_code,
            dialin_number=dialin_number,
        )
        self.index.add(room)
        return room

    def set_present(self, room: str, count: int, now: float) -> None:
        """Have so many participants in a room from `now` on; 0 empties it."""
        with self.lock:
            self.meetings[room] = meet(count, now)

    def add_legacy(self, kind: str, entry: Mapping[str, object]) -> entries.Entry:
        """Put an entry last in a legacy list; a pinless one gets an hmac."""
        kept = entries.with_hmac(kind, dict(entry))
        self.legacy[kind] = [*(self.legacy[kind] or ()), kept]
        self.follow_lists()
        return kept

    def add_dialin_config(
        self, kind: str, fields: Mapping[str, object]
    ) -> entries.DialinConfig:
        """Put in a config of the current store; a pinless one gets an hmac."""
        kept = entries.with_hmac(kind, dict(fields))
        config = entries.DialinConfig(str(uuid.uuid4()), kind, kept)
        self.dialin_configs[config.id] = config
        self.follow_configs()
        return config
