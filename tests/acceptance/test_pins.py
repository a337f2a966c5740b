"""PINs: one room goes first, and no more of them change than somebody allowed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from kit import World

from reconciler.sandbox.settings import Assume

MakeWorld = Callable[..., World]
Node = dict[str, Any]

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


def many_phone_rooms(world: World, count: int, properties: Node | None = None) -> None:
    """So many rooms with a PIN, each of which the file changes."""
    exp = int(time.time()) + 100 * DAY
    names = [f"phone-{n:02}" for n in range(count)]
    for name in names:
        world.sandbox.store.add_room(
            name, {"exp": exp, "dialin": DIALIN}, privacy="private"
        )
    body: Node = {"properties": properties or {"max_participants": 9}}
    if "dialin" in body["properties"]:
        body["expires"] = {"after": "180d", "renew_before": "60d"}
    rooms = json.dumps(dict.fromkeys(names, body))
    world.write(f"limits: {{update: 99}}\nrooms: {rooms}\n")


def meanwhile(world: World, act: Callable[[str], object]) -> None:
    """Let something happen before each write of a room; `act` gets its path."""
    respond = world.sandbox.respond

    def first(request: Any, at: float) -> Any:
        if request.method == "POST" and "/rooms/" in request.path:
            act(request.path)
        return respond(request, at)

    world.monkeypatch.setattr(world.sandbox, "respond", first)


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
    assert ran.out.count("--allow new-pin=2 ") == 2
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


@pytest.mark.parametrize(
    ("kept", "changed"),
    [
        pytest.param(0, 1, id="none-keeps"),
        pytest.param(1, 2, id="first-keeps"),
        pytest.param(3, 4, id="three-keep"),
        pytest.param(7, 8, id="seven-keep"),
        pytest.param(20, 0, id="all-keep"),
    ],
)
@pytest.mark.parametrize(
    "properties",
    [{"max_participants": 9}, {"dialin": {"display_name": "Another"}}],
    ids=["without-dialin", "with-dialin"],
)
def test_no_more_pins_change_than_were_kept_before(
    make_world: MakeWorld, kept: int, changed: int, properties: Node
) -> None:
    """Waves of 1, 2, 4, 8: what the first rooms kept proves as much for the next."""
    world = make_world()
    many_phone_rooms(world, 20, properties)
    store, fresh = world.sandbox.store, iter(range(10_000_000_000, 10_000_000_100))

    def renew(path: str) -> None:
        name = path.rpartition("/")[2]
        if name >= f"phone-{kept:02}":
            store.rooms[name].dialin_code = str(next(fresh))

    meanwhile(world, renew)

    ran = world.apply(expect=3 if changed else 0)

    # A wave is written in parallel, and what it finds blocks what it has not begun.
    news = ran.out.count("HAS ANOTHER PIN NOW")
    assert min(1, changed) <= news <= changed
    blocked = 20 - kept - news if news else 0
    assert ran.out.count("blocked  update") == blocked
    assert len(world.writes()) == 20 - blocked


def test_pins_that_a_list_hides_are_protected_too(make_world: MakeWorld) -> None:
    """Where lists leave the PIN out, one of eight changes, and the others wait."""
    world = make_world(assume=Assume(pin="renewed", room_lists="brief"))
    many_phone_rooms(world, 8)
    before = {
        name: room.dialin_code for name, room in world.sandbox.store.rooms.items()
    }

    ran = world.apply(expect=3)

    after = {name: room.dialin_code for name, room in world.sandbox.store.rooms.items()}
    assert sum(after[name] != pin for name, pin in before.items()) == 1
    assert ran.out.count("HAS ANOTHER PIN NOW") == 1


@pytest.mark.parametrize("lists", ["full", "brief"])
@pytest.mark.parametrize("is_written", [True, False], ids=["written", "in-sync"])
def test_a_pin_room_that_vanishes_meanwhile_is_named(
    make_world: MakeWorld, is_written: bool, lists: str
) -> None:
    """A declared PIN room that is deleted during the run is news, and no success."""
    world = make_world(assume=Assume(room_lists=lists))
    many_phone_rooms(world, 3)
    store = world.sandbox.store
    if not is_written:
        store.rooms["phone-02"].properties["max_participants"] = 9

    def delete(_path: str) -> None:
        if room := store.rooms.get("phone-02"):
            store.index.remove(room)

    meanwhile(world, delete)

    ran = world.apply(expect=3)

    assert "PIN: room phone-02 IS GONE, AND ITS PIN WITH IT" in ran.out


def test_a_room_that_needs_no_write_any_more_proves_nothing(
    make_world: MakeWorld,
) -> None:
    """Somebody else has done the first three: the next wave is still one room."""
    world = make_world(assume=Assume(pin="renewed"))
    many_phone_rooms(world, 8, {"dialin": {"display_name": "Another"}})
    store, done = world.sandbox.store, [f"phone-{n:02}" for n in range(3)]
    before = {name: room.dialin_code for name, room in store.rooms.items()}
    respond = world.sandbox.respond

    def others(request: Any, at: float) -> Any:
        if request.path.endswith(f"/rooms/{done[0]}"):
            for name in done:
                store.rooms[name].properties["dialin"] = {"display_name": "Another"}
        return respond(request, at)

    world.monkeypatch.setattr(world.sandbox, "respond", others)

    world.apply(expect=3)

    after = {name: room.dialin_code for name, room in store.rooms.items()}
    assert sum(after[name] != pin for name, pin in before.items()) == 1
