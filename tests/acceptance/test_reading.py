"""Reading a domain costs little, and a run is about what it is told to be about."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from kit import World

from reconciler.sandbox.settings import Assume

MakeWorld = Callable[..., World]
Node = dict[str, Any]


def domain_of(make_world: MakeWorld, rooms: int) -> World:
    """A domain with so many rooms, `room-0000` the newest."""
    world = make_world()
    for number in range(rooms):
        age = 1_700_000_000 - number
        world.sandbox.store.add_room(
            f"room-{number:04}", privacy="private", created_at=age
        )
    return world


def declare(world: World, names: list[str], numbers: str = "") -> None:
    """Write a config with these rooms, all of them private."""
    rooms: Node = {name: {"privacy": "private"} for name in names}
    world.write(f"{numbers}\nrooms: {json.dumps(rooms)}\n")


def spread(live: int, declared: int) -> list[str]:
    """Names from the newest room to the oldest, the last few of them not there."""
    step = max(1, live // max(1, declared))
    return [f"room-{number * step:04}" for number in range(declared)]


NUMBERS = 'phone_numbers: {"+12095550100": {pin_dialin: {}}}'


@pytest.mark.parametrize("numbers", ["", NUMBERS], ids=["rooms-only", "numbers-too"])
@pytest.mark.parametrize("declared", [1, 2, 7, 20, 150])
@pytest.mark.parametrize("live", [0, 1, 99, 100, 101, 450, 2_100])
def test_a_plan_reads_pages_or_rooms_whichever_is_less(
    make_world: MakeWorld, live: int, declared: int, numbers: str
) -> None:
    """No plan needs more requests than pages or declared rooms, and five more."""
    world = domain_of(make_world, live)
    declare(world, spread(live, declared), numbers)

    plan = world.plan_json()

    asked = len(world.sent())
    assert asked <= min(math.ceil(live / 100), declared) + 5
    assert plan["requests"]["used"] == asked
    assert {request.method for request in world.sent()} == {"GET"}


def test_20_rooms_among_5000_take_at_most_25_requests(make_world: MakeWorld) -> None:
    """A small config in a large domain is planned without reading the domain."""
    world = domain_of(make_world, 5_000)
    declare(world, spread(5_000, 20), NUMBERS)

    plan = world.plan_json()

    assert len(world.sent()) <= 25
    assert plan["summary"] == {
        **dict.fromkeys(("update", "renew", "replace", "delete"), 0),
        "create": 1,
        "in_sync": 20,
    }
    assert plan["unmanaged"]["room_count"] == 4_980


@pytest.mark.parametrize("store", ["current", "legacy"])
def test_every_page_of_numbers_and_assignments_is_read(
    make_world: MakeWorld, store: str
) -> None:
    """Purchased numbers and assignments that fill several pages are all seen."""
    numbers = tuple(f"+120955501{last:02}" for last in range(100))
    world = make_world(numbers=numbers)
    hook = {"room_creation_api": "https://example.com/daily"}
    for number in (numbers[0], *(None,) * 110, *numbers[1:-1]):
        entry = {"phone_number": number, **hook} if number else dict(hook)
        if store == "current":
            world.sandbox.store.add_dialin_config("pinless_dialin", entry)
        else:
            world.sandbox.store.add_legacy("pinless_dialin", entry)
    declared = {number: {"pinless_dialin": hook} for number in numbers}
    head = f"dialin_store: {store}\n"
    world.write(f"{head}phone_numbers: {json.dumps(declared)}\n")

    plan = world.plan_json()
    world.apply()

    assert [change["key"] for change in plan["changes"]] == [numbers[-1]]
    assert plan["summary"]["in_sync"] == 99
    assert len(plan["unmanaged"]["assignments"]) == 110


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_key_of_another_domain_is_refused_at_once(
    make_world: MakeWorld, command: str
) -> None:
    """`domain:` is compared first, and nothing more is read, let alone written."""
    world = make_world(domain="other")
    declare(world, ["lobby"], NUMBERS)
    yes = ["--yes"] if command == "apply" else []

    ran = world.run(command, "config.yaml", *yes)

    assert ran.code == 4
    assert [f"{r.method} {r.path}" for r in world.sent()] == ["GET /"]
    assert "'acme'" in ran.err
    assert "'other'" in ran.err


def test_the_estimate_is_what_an_apply_asks(make_world: MakeWorld) -> None:
    """The requests that a plan announces are those that the apply makes."""
    world = domain_of(make_world, 30)
    rooms: Node = {f"room-{n:04}": {"privacy": "public"} for n in range(5)}
    rooms |= {f"room-{n:04}": {"state": "absent"} for n in range(5, 8)}
    rooms |= {f"new-{n}": {"privacy": "private"} for n in range(15)}
    world.write(f"rooms: {json.dumps(rooms)}\n")
    plan = world.plan_json()
    world.forget()

    world.run("apply", "config.yaml", "--yes")

    asked = len(world.sent()) - plan["requests"]["used"]
    assert asked == sum(plan["requests"]["to_apply"].values())


# What a run is about.


def mixed(make_world: MakeWorld) -> World:
    """Rooms and numbers that all have something to do."""
    world = make_world()
    world.write(
        """
phone_numbers:
  "+12095550100": {pin_dialin: {name_prefix: a}}
  "+12095550101": {pin_dialin: {name_prefix: b}}
rooms:
  team-red: {privacy: private}
  team-blue: {privacy: private}
  lobby: {privacy: private}
"""
    )
    return world


@pytest.mark.parametrize(
    ("only", "wanted"),
    [
        pytest.param(["room:team-*"], {"team-red", "team-blue"}, id="rooms"),
        pytest.param(["room:lobby"], {"lobby"}, id="one-room"),
        pytest.param(["room:[a-t]*-red"], {"team-red"}, id="a-set"),
        pytest.param(["number:*01"], {"+12095550101"}, id="a-number"),
        pytest.param(
            ["number:*00", "room:*blue"], {"+12095550100", "team-blue"}, id="both"
        ),
    ],
)
def test_only_narrows_plan_and_apply(
    make_world: MakeWorld, only: list[str], wanted: set[str]
) -> None:
    """What `--only` does not name is neither planned nor touched."""
    world = mixed(make_world)
    options = [part for pattern in only for part in ("--only", pattern)]

    planned = {change["key"] for change in world.plan_json(*options)["changes"]}
    world.apply(*options)

    store = world.sandbox.store
    numbers = {c.fields["phone_number"] for c in store.dialin_configs.values()}
    assert planned == wanted
    assert set(store.rooms) | numbers == wanted
    assert world.plan(*options).code == 0


@pytest.mark.parametrize("pattern", ["lobby", "rooms:lobby", "room:", ":x"])
def test_only_says_how_it_is_written(make_world: MakeWorld, pattern: str) -> None:
    """A pattern without a kind is wrong usage, and nothing is asked."""
    world = mixed(make_world)

    ran = world.plan("--only", pattern)

    assert ran.code == 64
    assert "room:GLOB" in ran.err
    assert world.sent() == []


SELECTING = [
    pytest.param(["plan", "config.yaml", "--only"], id="plan"),
    pytest.param(["apply", "config.yaml", "--yes", "--only"], id="apply"),
    pytest.param(["apply", "config.yaml", "--yes", "--resend"], id="resend"),
    pytest.param(["dialin", "config.yaml", "--only"], id="dialin"),
]


@pytest.mark.parametrize("command", SELECTING)
@pytest.mark.parametrize("pattern", ["room:loby", "number:12095550101"])
def test_a_selector_that_matches_nothing_is_wrong_usage(
    make_world: MakeWorld, command: list[str], pattern: str
) -> None:
    """A name that is spelled wrong does not end a run as if all were well."""
    world = mixed(make_world)

    ran = world.run(*command, pattern)

    assert (ran.code, ran.out) == (64, "")
    assert f"'{pattern}' matches nothing" in ran.err
    assert world.writes() == []


def test_rooms_to_import_must_exist(make_world: MakeWorld) -> None:
    """--rooms is held against the rooms of the domain, and nothing is written."""
    world = mixed(make_world)
    world.apply()

    ran = world.run("import", "--rooms", "team-*", "--rooms", "loby", "--out", "new")

    assert ran.code == 64
    assert "--rooms 'loby' matches nothing; did you mean 'lobby'?" in ran.err
    assert not (world.folder / "new").exists()


def test_only_may_name_what_the_base_has(make_world: MakeWorld) -> None:
    """What this revision drops is still something to look at."""
    world = mixed(make_world)
    (world.folder / "base.yaml").write_text(
        "version: 1\ndomain: acme\nrooms: {gone: {privacy: private}}\n"
    )

    ran = world.plan("--base", "base.yaml", "--only", "room:gone")

    assert ran.code == 0


def test_only_does_not_count_on_numbers_that_it_leaves_out(
    make_world: MakeWorld,
) -> None:
    """A room is refused while its number waits for a run that `--only` lets pass."""
    world = make_world()
    dialin = {"room_numbers": ["+12095550100"]}
    room: Node = {
        "privacy": "private",
        "expires": {"after": "9d", "renew_before": "3d"},
        "properties": {"dialin": dialin},
    }
    world.write(f"{NUMBERS}\nrooms: {json.dumps({'phone': room})}\n")

    ran = world.apply("--only", "room:phone", expect=1)

    assert "[room-number-unassigned]" in ran.out
    assert world.writes() == []
    world.apply("--only", "number:*")
    world.apply("--only", "room:phone")


def test_unmanaged_things_are_counted_and_named_on_request(
    make_world: MakeWorld,
) -> None:
    """`--show-unmanaged` lists every room and assignment that no file mentions."""
    world = domain_of(make_world, 250)
    world.sandbox.store.add_dialin_config(
        "pin_dialin", {"phone_number": "+12095550103", "name_prefix": "theirs"}
    )
    declare(world, ["room-0007"], NUMBERS)

    text = world.plan("--show-unmanaged").out
    listed = world.plan_json("--show-unmanaged")["unmanaged"]
    counted = world.plan_json()["unmanaged"]

    others = [f"room-{number:04}" for number in range(250) if number != 7]
    assert listed["rooms"] == others
    assert all(f"    {name}\n" in text for name in others)
    assert "    +12095550103 (pin_dialin, current store)" in text
    assert "249 rooms and 1 assignment left alone" in text
    assert (counted["rooms"], counted["room_count"]) == ([], 249)


def test_unmanaged_pin_rooms_come_first(make_world: MakeWorld) -> None:
    """With their end and numbers in every format; throw-away rooms are only counted."""
    world = make_world()
    now, day = int(world.sandbox.now()), 86_400
    add = world.sandbox.store.add_room
    made = now - 90 * day
    late = {"exp": now + 40 * day, "dialin": {"display_name": "Late"}}
    soon = {"exp": now + 9 * day, "dialin": {"display_name": "Soon"}}
    brief = {"exp": now + 3_600, "dialin": {"display_name": "Bot"}}
    pins = [add("z-late", late, created_at=made).dialin_code]
    pins += [add("z-soon", soon, created_at=made).dialin_code]
    pins += [add("a-bot", brief, created_at=now - 60).dialin_code]
    add("a-demo", {"exp": now + 300 * day}, created_at=made)
    add("b-hall", created_at=made)
    declare(world, ["lobby"])

    text = world.plan("--show-unmanaged").out
    listed = world.plan_json("--show-unmanaged")["unmanaged"]
    counted = world.plan_json()["unmanaged"]
    markdown = world.plan("--show-unmanaged", "--format", "markdown").out
    html = world.plan("--show-unmanaged", "--format", "html").out

    for shown in (text, markdown, html):
        places = [shown.index(name) for name in ("z-soon", "z-late", "b-hall")]
        assert places == sorted(places)
        assert "2 rooms in no file that end" in shown
        assert not re.search("a-bot|a-demo", shown)
        assert not any(pin in shown for pin in pins)
        assert "+12095550100" in shown
    assert [r["name"] for r in listed["pin_rooms"]] == ["z-soon", "z-late"]
    (number,) = listed["pin_rooms"][0]["numbers"]
    assert number == {"number": "+12095550100", "source": "daily"}
    assert listed["endless_rooms"] == ["b-hall"]
    assert listed["nearest_pin_end"] == listed["pin_rooms"][0]["ends"]
    counts = ("pin_room_count", "endless_room_count", "throw_away_room_count")
    assert [listed[name] for name in counts] == [2, 1, 2]
    assert [counted[name] for name in counts] == [None, None, None]
    assert (counted["nearest_pin_end"], counted["pin_rooms"]) == (None, [])


def test_unmanaged_assignments_are_listed_without_rooms(make_world: MakeWorld) -> None:
    """Assignments are named also where the file speaks of rooms only."""
    world = make_world()
    world.sandbox.store.add_legacy("pin_dialin", {"phone_number": "+12095550103"})
    world.sandbox.store.add_dialin_config(
        "pin_dialin", {"phone_number": "+12095550102"}
    )
    declare(world, ["lobby"])

    text = world.plan("--show-unmanaged").out

    assert "    +12095550103 (pin_dialin, legacy store)" in text
    assert "    +12095550102 (pin_dialin, current store)" in text


@pytest.mark.parametrize("store", ["current", "legacy"])
def test_a_number_in_both_stores_counts_once(make_world: MakeWorld, store: str) -> None:
    """Where Daily mirrors its stores, an assignment is counted as one."""
    world = make_world(assume=Assume(stores="mirrored"))
    world.sandbox.store.add_dialin_config(
        "pin_dialin", {"phone_number": "+12095550103"}
    )
    world.write(f"dialin_store: {store}\n{NUMBERS}\n")

    (entry,) = world.plan_json()["unmanaged"]["assignments"]

    assert entry == {"name": "+12095550103", "type": "pin_dialin", "store": store}


def test_assignments_that_were_not_read_are_not_counted(
    make_world: MakeWorld,
) -> None:
    """A config of rooms does not look at the stores, and says so in every format."""
    world = make_world()
    world.sandbox.store.add_dialin_config(
        "pin_dialin", {"phone_number": "+12095550102"}
    )
    declare(world, ["lobby"])

    text = world.plan().out
    document = world.plan_json()
    asked = world.plan_json("--show-unmanaged")

    assert "0 rooms left alone; assignments not read" in text
    assert "assignments not read" in world.plan("--format", "markdown").out
    assert document["unmanaged"]["assignments"] is None
    assert len(asked["unmanaged"]["assignments"]) == 1
    renewing = world.run("apply", "config.yaml", "--yes", "--only-renewals")
    assert "0 assignments" not in renewing.out
