"""PINs: one room goes first, and no more of them change than somebody allowed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from kit import World

from reconciler.sandbox.settings import Assume

MakeWorld = Callable[..., World]

NAMES = ("alpha", "beta", "gamma")
DAY = 86_400
DIALIN = {"display_name": "Caller"}


def phone_rooms(make_world: MakeWorld, pin: str) -> World:
    """Three rooms with a PIN and one without, all of them to be updated."""
    world = make_world(assume=Assume(pin=pin))
    exp = int(time.time()) + 100 * DAY
    for name in NAMES:
        world.sandbox.store.add_room(
            name, {"exp": exp, "dialin": DIALIN}, privacy="private"
        )
    world.sandbox.store.add_room("plain", privacy="private")
    rooms = {
        name: {"properties": {"max_participants": 9}} for name in (*NAMES, "plain")
    }
    world.write(f"rooms: {json.dumps(rooms)}\n")
    return world


def pins(world: World) -> dict[str, str | None]:
    """Every room's PIN."""
    return {name: world.sandbox.store.rooms[name].dialin_code for name in NAMES}


def renewed(world: World, before: dict[str, str | None]) -> int:
    """How many PINs are not what they were."""
    after = pins(world)
    return sum(after[name] != before[name] for name in NAMES)


def test_stable_pins_are_no_news(make_world: MakeWorld) -> None:
    """Rooms that keep their PIN are updated, and nothing is said of PINs."""
    world = phone_rooms(make_world, "stable")
    before = pins(world)

    ran = world.apply()

    assert renewed(world, before) == 0
    assert "PIN:" not in ran.out


def test_the_first_room_that_loses_its_pin_stops_the_others(
    make_world: MakeWorld,
) -> None:
    """One PIN room is written; it changed its PIN, so the other two are blocked."""
    world = phone_rooms(make_world, "renewed")
    before = pins(world)

    ran = world.apply(expect=3)

    assert renewed(world, before) == 1
    assert sorted(world.writes()) == ["POST /rooms/alpha", "POST /rooms/plain"]
    report = ran.out.partition("applying takes")[2].splitlines()
    assert report[2].startswith("PIN: room alpha HAS ANOTHER PIN NOW")
    assert ran.out.count("--allow new-pin=N") == 2
    assert not any(str(pin) in ran.out + ran.err for pin in before.values())


@pytest.mark.parametrize(("allowed", "code"), [(1, 3), (2, 3), (3, 0)])
def test_no_more_pins_change_than_allowed(
    make_world: MakeWorld, allowed: int, code: int
) -> None:
    """`--allow new-pin=N` lets N rooms change their PIN; all of them is a good end."""
    world = phone_rooms(make_world, "renewed")
    before = pins(world)

    world.apply("--allow", f"new-pin={allowed}", expect=code)

    assert renewed(world, before) == allowed


def test_a_renewal_that_changes_the_pin_stops_the_others(make_world: MakeWorld) -> None:
    """Renewals go through the same care: the first one tells."""
    world = phone_rooms(make_world, "renewed")
    before = pins(world)
    rolling = {"expires": {"after": "180d", "renew_before": "120d"}}
    world.write(f"rooms: {json.dumps(dict.fromkeys(NAMES, rolling))}\n")

    world.apply("--only-renewals", expect=3)

    assert renewed(world, before) == 1
    assert world.writes() == ["POST /rooms/alpha"]


def test_a_pin_room_without_a_pin_is_a_failure(make_world: MakeWorld) -> None:
    """Daily took the dialin of a room and gave it no PIN: callers cannot join."""
    world = make_world()
    world.monkeypatch.setattr(world.sandbox.store, "new_pin", lambda: None)
    body = {"expires": {"after": "9d", "renew_before": "3d"}}
    body |= {"privacy": "private", "properties": {"dialin": DIALIN}}
    world.write(f"rooms: {json.dumps({'alpha': body})}\n")

    ran = world.apply(expect=3)

    assert "room alpha got no PIN" in ran.out


def test_new_pins_come_first_in_the_report(make_world: MakeWorld) -> None:
    """A room that gets its first PIN is named before anything else, without it."""
    world = make_world()
    body = {"expires": {"after": "9d", "renew_before": "3d"}}
    body |= {"privacy": "private", "properties": {"dialin": DIALIN}}
    world.write(f"rooms: {json.dumps({'alpha': body, 'zeta': {}})}\n")

    plan = world.plan_json()
    ran = world.apply()

    report = ran.out.partition("applying takes")[2].splitlines()
    assert report[2].startswith("PIN: room alpha has a new PIN")
    assert str(world.sandbox.store.rooms["alpha"].dialin_code) not in ran.out
    risks = {c["key"]: [r["id"] for r in c["risks"]] for c in plan["changes"]}
    assert risks == {"alpha": ["new-pin"], "zeta": ["public"]}
