"""One domain and one file: every kind of change, with strangers all around.

The file asks for each action that a plan knows, in one of the two dial-in stores.
Around it live rooms and assignments that no file mentions. `Scene.problems` says
what is wrong with the domain, judged from the sandbox's state and from nothing that
the program computed.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reconciler.sandbox.server import Sandbox, serve
from reconciler.sandbox.settings import Assume, Settings

NUMBERS: Final = tuple(f"+120955501{n:02}" for n in range(8))
CREATED, UPDATED, REPLACED, THEIRS, DELETED, THEIR_PIN, ELSEWHERE, _ = NUMBERS
OURS: Final = (CREATED, UPDATED, REPLACED, DELETED)
HOOK: Final = "https://example.com/daily/incoming"
FILLERS: Final = 110
"""Rooms of others, so that the list of rooms has two pages."""
EXP: Final = int(time.time()) + 90 * 86_400
SOON: Final = int(time.time()) + 20 * 86_400
PIN, PINLESS = "pin_dialin", "pinless_dialin"
PLAIN: Final = {"one": 1, "batch": 12}
STORES: Final = ("current", "legacy")

Node = dict[str, Any]


def numbers_declared() -> Node:
    """What the file says about numbers."""
    return {
        CREATED: {PIN: {"name_prefix": "pin", "ivr_greeting": {"message": "Hello."}}},
        UPDATED: {
            PINLESS: {
                "name_prefix": "support",
                "room_creation_api": HOOK,
                "hmac": "b3VyIHNlY3JldA==",
            }
        },
        REPLACED: {
            PINLESS: {
                "name_prefix": "turned",
                "room_creation_api": HOOK,
                "hmac": "dHVybmVkIG92ZXI=",
            }
        },
        DELETED: {"state": "absent"},
    }


def _private(**properties: Any) -> Node:
    return {"privacy": "private", "properties": properties}


def rooms_declared(plain: int) -> Node:
    """What the file says about rooms."""
    phone = {"display_name": "Phone", "room_numbers": [CREATED]}
    return {
        **{f"plain-{n:02}": _private(enable_chat=True) for n in range(plain)},
        "phone": _private(exp=EXP, dialin=phone),
        "sip": _private(sip={"display_name": "Sip", "sip_mode": "dial-in"}),
        "lobby": _private(enable_chat=True),
        "desk": _private(exp=EXP, dialin={"display_name": "New desk"}),
        "weekly": {
            **_private(dialin={"display_name": "Weekly"}),
            "expires": {"after": "300d", "renew_before": "60d"},
        },
        "hall": _private(lang="de"),
        "old-room": {"state": "absent"},
    }


@dataclass
class Scene:
    """A sandbox as it was set, the file in front of it, and what must stay.

    `extra`: what others added to what the file declares, by name and number.
    """

    sandbox: Sandbox
    folder: Path
    store: str
    plain: int
    foreign: str = ""
    pins: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Node] = field(default_factory=dict)

    def declare(self, *, numbers: Node | None = None, rooms: Node | None = None) -> str:
        """Write a file; returns its name. Without arguments: everything."""
        text = json.dumps(
            {
                "version": 1,
                "domain": "acme",
                "dialin_store": self.store,
                "phone_numbers": numbers_declared() if numbers is None else numbers,
                "rooms": rooms_declared(self.plain) if rooms is None else rooms,
            }
        )
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")
        return "config.yaml"

    def remember(self) -> None:
        """Take what is foreign, and the PINs, as they are now."""
        self.foreign = self.strangers()
        self.pins = self.codes()

    def strangers(self) -> str:
        """Everything that no file mentions, in its order, as text."""
        held = self.sandbox.store
        declared = rooms_declared(self.plain)
        lists = {
            kind: [e for e in entries or () if e.get("phone_number") not in OURS]
            for kind, entries in held.legacy.items()
        }
        configs = [
            [c.id, c.type, c.fields]
            for c in held.dialin_configs.values()
            if c.fields.get("phone_number") not in OURS
        ]
        rooms = [
            [r.id, r.name, r.privacy, r.properties, r.dialin_code]
            for r in held.rooms.values()
            if r.name not in declared
        ]
        return json.dumps([lists, configs, rooms], sort_keys=True)

    def codes(self) -> dict[str, str]:
        """The PIN of every room that has one."""
        rooms = self.sandbox.store.rooms.values()
        return {r.name: r.dialin_code for r in rooms if r.dialin_code}

    def assigned(self) -> dict[str, tuple[str, Node]]:
        """Our numbers as the chosen store holds them."""
        pairs = list(_entries(self.sandbox, self.store))
        return {
            str(e["phone_number"]): (kind, e)
            for kind, e in pairs
            if e.get("phone_number") in OURS
        }

    def only_current(self) -> int:
        """How many entries of the current store no legacy list shows."""
        listed, current = (
            [(kind, e.get("phone_number"), e.get("name_prefix")) for kind, e in entries]
            for entries in (_entries(self.sandbox, s) for s in ("legacy", "current"))
        )
        return sum(entry not in listed for entry in current)

    def hurt(self) -> list[str]:
        """What must never happen, at whatever moment one looks."""
        found = []
        if self.strangers() != self.foreign:
            found.append("something foreign was lost or changed")
        now = self.codes()
        gone = {name for name, pin in self.pins.items() if now.get(name) != pin}
        found += [f"the PIN of {name} changed" for name in sorted(gone - {"old-room"})]
        self.pins |= now
        for store in STORES:
            entries = _entries(self.sandbox, store)
            used = Counter(e.get("phone_number") for _, e in entries)
            found += [
                f"{n} is assigned {k} times" for n, k in used.items() if n and k > 1
            ]
        return found

    def unlike(self) -> list[str]:
        """Where the domain is not what the file says."""
        return [*self._rooms_unlike(), *self._numbers_unlike()]

    def _rooms_unlike(self) -> Iterator[str]:
        rooms = self.sandbox.store.rooms
        for name, wanted in rooms_declared(self.plain).items():
            room = rooms.get(name)
            if wanted.get("state") == "absent" or room is None:
                if (room is None) != (wanted.get("state") == "absent"):
                    yield f"room {name} is {'missing' if room is None else 'there'}"
                continue
            if room.privacy != wanted["privacy"]:
                yield f"room {name} is {room.privacy}"
            for key, value in wanted["properties"].items():
                if isinstance(value, dict):
                    value = {**value, **self.extra.get(name, {})}
                if _plain(room.properties.get(key)) != _plain(value):
                    yield f"room {name} has {key}={room.properties.get(key)!r}"
            if "dialin" in wanted["properties"] and not room.dialin_code:
                yield f"room {name} has no PIN"
            if "expires" in wanted and (room.exp or 0) < EXP:
                yield f"room {name} was not renewed"

    def _numbers_unlike(self) -> Iterator[str]:
        held = self.assigned()
        for number, wanted in numbers_declared().items():
            if "state" in wanted:
                if number in held:
                    yield f"number {number} is still there"
                continue
            [(kind, fields)] = wanted.items()
            fields = {**fields, **self.extra.get(number, {})}
            if held.get(number) != (kind, {"phone_number": number, **fields}):
                yield f"number {number} is {held.get(number)}"


def _plain(value: Any) -> Any:
    """Room numbers in one form; everything else as it is."""
    if isinstance(value, dict) and "room_numbers" in value:
        numbers = [
            n["phone_number"] if isinstance(n, dict) else n
            for n in value["room_numbers"]
        ]
        return {**value, "room_numbers": numbers}
    return value


def _entries(sandbox: Sandbox, store: str) -> Iterable[tuple[str, Node]]:
    held = sandbox.store
    if store == "current":
        return [(c.type, c.fields) for c in held.dialin_configs.values()]
    return [(kind, e) for kind, list_ in held.legacy.items() for e in list_ or ()]


@contextlib.contextmanager
def scene(
    folder: Path, store: str, plain: str = "batch", assume: Assume | None = None
) -> Iterator[Scene]:
    """A scene with its sandbox running."""
    settings = Settings(numbers=NUMBERS, rate_limit_scale=0, assume=assume or Assume())
    with serve(settings) as sandbox:
        made = Scene(sandbox, folder, store, PLAIN[plain])
        _fill(sandbox, store)
        made.declare()
        made.remember()
        yield made


def _fill(sandbox: Sandbox, store: str) -> None:
    held = sandbox.store
    for n in range(FILLERS):
        held.add_room(f"filler-{n:03}", {"enable_chat": True})
    dialin = {"dialin": {"display_name": "Theirs"}, "exp": EXP}
    held.add_room("theirs", dialin, privacy="private")
    held.add_room("lobby", {"lang": "fr"}, privacy="private")
    held.add_room("hall", {"lang": "de"}, privacy="private")
    held.add_room("desk", {**dialin, "enable_chat": True}, privacy="private")
    weekly = {"dialin": {"display_name": "Weekly"}, "exp": SOON}
    held.add_room("weekly", weekly, privacy="private")
    held.add_room("old-room", dict(dialin), privacy="private")
    other = "legacy" if store == "current" else "current"
    ours = {"room_creation_api": HOOK, "hmac": "b3VyIHNlY3JldA=="}
    put(sandbox, store, PINLESS, {"name_prefix": "sip-only", "room_creation_api": HOOK})
    put(sandbox, store, PINLESS, {"phone_number": UPDATED, "name_prefix": "x", **ours})
    put(
        sandbox,
        store,
        PINLESS,
        {
            "phone_number": THEIRS,
            "room_creation_api": HOOK,
            "hmac": "dGhlaXJz",
            "timeout_config": {"message": "Nobody is here."},
        },
    )
    put(sandbox, store, PINLESS, {"phone_number": DELETED, "name_prefix": "y", **ours})
    put(sandbox, store, PIN, {"phone_number": REPLACED, "name_prefix": "z"})
    put(sandbox, store, PIN, {"phone_number": THEIR_PIN, "name_prefix": "their-pin"})
    elsewhere = {"phone_number": ELSEWHERE, "room_creation_api": HOOK}
    put(sandbox, other, PINLESS, elsewhere)
    put(sandbox, other, PINLESS, {"name_prefix": "sip-else", "room_creation_api": HOOK})


def put(sandbox: Sandbox, store: str, kind: str, fields: Node) -> None:
    """Put an assignment into one store, as somebody else would."""
    if store == "legacy":
        sandbox.store.add_legacy(kind, fields)
    else:
        sandbox.store.add_dialin_config(kind, fields)
