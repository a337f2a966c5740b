"""A live domain becomes files that are valid and plan to nothing."""

from __future__ import annotations

import itertools
import random
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from every_property import one_key_each, properties
from kit import NUMBERS, Ran, World

from reconciler.sandbox.settings import ASSUMPTIONS, Assume

MakeWorld = Callable[..., World]
Node = dict[str, Any]

DAY = 86_400
PIN, PINLESS = "pin_dialin", "pinless_dialin"
HOOK = "https://example.com/daily/incoming"
PINLESS_ENTRY = {
    "name_prefix": "support",
    "room_creation_api": HOOK,
    "hmac": "b25lIHNlY3JldA==",
    "hold_music_url": "https://user:pass@example.com/hold.mp3?key=abc",
    "timeout_config": {"message": "It's late: call again # tomorrow"},
}
PIN_ENTRY = {"name_prefix": "010", "ivr_greeting": {"message": "Ihre PIN, bitte $1?"}}

WORLDS = [
    *(Assume(echo=echo) for echo in ASSUMPTIONS["echo"]),
    *(
        Assume(echo=echo, stores=stores)
        for echo, stores in itertools.product(
            ("sparse", "full"), ASSUMPTIONS["stores"][1:]
        )
    ),
    Assume(hmac="hidden", case="folded", expired="zombie", lists="absent"),
]


def name_of(assume: Assume) -> str:
    """What differs from the usual, as a test id."""
    usual = Assume()
    names = [n for n in ASSUMPTIONS if getattr(assume, n) != getattr(usual, n)]
    return "-".join(f"{n}={getattr(assume, n)}" for n in names) or "usual"


def varied(now: float) -> Iterator[tuple[str, Node, str]]:
    """500 rooms: every property alone and together, and lifetimes of all kinds."""
    chance = random.Random(4)
    first, second = properties(now)
    names = [n for n in first if n not in ("exp", "dialin")]
    yield "every-property", first, "private"
    yield "every-property-2", second, "public"
    for n, room in enumerate(one_key_each(first)):
        yield f"one-key-{n}", room, "private"
    for name in names:
        yield f"only-{name.replace('_', '-')}", {name: first[name]}, "public"
    yield "hook", {"meeting_join_hook": "https://me:x@example.com/h?t=1"}, "public"
    yield "no", {"lang": "no"}, "private"
    yield "0123", {"nbf": int(now) + DAY}, "private"
    yield "far", {"exp": 4_000_000_000}, "public"
    yield "milliseconds", {"exp": int(now) * 1000}, "public"
    yield "pin-ms", {"exp": int(now) * 1000, "dialin": {}}, "public"
    yield "pin-without-end", {"dialin": {"display_name": "x"}}, "public"
    yield "older", {"autojoin": True, "signaling_impl": "ws"}, "public"
    yield "unknown", {"switchover_impl": "sfu", "brand_new": {"a": [1]}}, "public"
    for n in range(40):
        yield f"gone-{n:02}", {"exp": int(now) - n - 1}, "public"
    for n in range(500 - 40 - 9 - 2 - len(names) - len(one_key_each(first))):
        some = {k: chance.choice((first, second))[k] for k in chance.sample(names, 4)}
        if n % 3:
            some["exp"] = int(now) + chance.randrange(2 * 3600, 360 * DAY)
        if n % 3 == 1:
            some["dialin"] = chance.choice((first, second))["dialin"]
            some["exp"] = min(some["exp"], int(now) + 363 * DAY)
        some.pop("nbf", None)
        yield f"room-{n:03}", some, chance.choice(("public", "private"))


def fill(world: World) -> None:
    """500 rooms, both stores, SIP-only, orphaned and foreign entries, own defaults."""
    store = world.sandbox.store
    for name, room, privacy in varied(time.time()):
        store.add_room(name, room, privacy=privacy)
    assert len(store.rooms) == 500
    store.domain_properties.update({"lang": "de", "enable_prejoin_ui": False})
    store.add_dialin_config(PIN, {"phone_number": NUMBERS[0], **PIN_ENTRY})
    store.add_dialin_config(PIN, {"phone_number": NUMBERS[2]})
    store.add_dialin_config(PINLESS, {"phone_number": NUMBERS[1], **PINLESS_ENTRY})
    store.add_dialin_config(PINLESS, {"name_prefix": "sip", "room_creation_api": HOOK})
    store.add_dialin_config(PIN, {"phone_number": "+12095550177"})
    store.add_legacy(PIN, {"phone_number": NUMBERS[3], "name_prefix": "old"})


def export_variables(world: World, file: Path) -> None:
    """What `. FILE` does in a shell."""
    for line in file.read_text(encoding="utf-8").splitlines():
        _, assignment = shlex.split(line)
        name, _, value = assignment.partition("=")
        world.monkeypatch.setenv(name, value)


def in_sync(world: World) -> Ran:
    """The file is valid, and its plan is empty."""
    valid = world.run("validate", "config.yaml")
    assert valid.code == 0, valid.out
    plan = world.plan()
    assert plan.code == 0, plan.out + plan.err
    return plan


@pytest.mark.slow
@pytest.mark.parametrize("assume", WORLDS, ids=name_of)
def test_five_hundred_rooms_plan_to_nothing(
    make_world: MakeWorld, assume: Assume
) -> None:
    """All that a domain can hold is imported, valid, in sync, and the same twice."""
    world = make_world(assume=assume, accept_properties=("brand_new",))
    fill(world)

    one = world.run(
        *("import", "--include-expiring", "--out", "config.yaml"),
        *("--secrets-out", "secrets"),
    )
    two = world.run("import", "--include-expiring")

    assert one.code == 0, one.err
    assert one.out == ""
    assert two.out == world.config.read_text(encoding="utf-8")
    assert world.writes() == []
    export_variables(world, world.folder / "secrets")
    in_sync(world)
    imported = yaml.safe_load(two.out)
    assert len(imported["rooms"]) == 460
    assert list(imported["rooms"]) == sorted(imported["rooms"])
