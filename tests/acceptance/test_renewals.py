"""`expires`: a sync pushes the end of a room forward, and its PIN lives on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from kit import World

MakeWorld = Callable[..., World]
Node = dict[str, Any]

DAY = 86_400
ROLLING = {"after": "180d", "renew_before": "60d"}
DIALIN = {"display_name": "Caller"}
PHONE: Node = {
    "privacy": "private",
    "expires": ROLLING,
    "properties": {"dialin": DIALIN},
}


def declare(world: World, **rooms: Node) -> None:
    """Write a config with these rooms."""
    world.write(f"rooms: {json.dumps(rooms)}\n")


def exp(world: World, name: str = "standup") -> Any:
    """The `exp` that the sandbox holds."""
    return world.sandbox.store.rooms[name].properties.get("exp")


def days_left(world: World, name: str = "standup") -> int:
    """Whole days until a room ends."""
    return round((exp(world, name) - world.clock()) / DAY)


def test_a_room_is_untouched_on_day_100_and_renewed_on_day_130(
    make_world: MakeWorld,
) -> None:
    """Once less than `renew_before` is left, only `exp` moves, and the PIN stays."""
    world = make_world()
    declare(world, standup=PHONE)
    world.apply()
    pin, first = world.sandbox.store.rooms["standup"].dialin_code, exp(world)

    world.travel(100)
    early = world.plan()
    world.travel(130)
    late = world.plan_json()
    world.apply()

    assert early.code == 0, early.out
    (change,) = late["changes"]
    assert (change["action"], change["reason"]) == ("renew", "renewal")
    assert [field["path"] for field in change["fields"]] == [["exp"]]
    assert change["risks"] == []
    assert exp(world) > first
    assert days_left(world) == 180
    assert world.sandbox.store.rooms["standup"].dialin_code == pin


def test_the_same_with_a_sandbox_per_command(make_world: MakeWorld) -> None:
    """`--sandbox --clock-offset` tells the story of a year with no account at all."""
    world = make_world()
    declare(world, standup=PHONE)

    def run(command: str, day: int, *more: str) -> Any:
        options = ("--sandbox", "--clock-offset", f"{day}d", "--format", "json")
        return world.run(command, "config.yaml", *options, *more)

    def pin(day: int) -> str:
        return str(run("dialin", day).json["rooms"][0]["pin"])

    assert run("apply", 0, "--yes").code == 0
    first = pin(0)
    for day in (100, 130, 260, 390):
        ran = run("apply", day, "--yes", "--detailed-exitcode")
        assert ran.code == (0 if day == 100 else 2), ran.out
        assert pin(day) == first


def test_a_renewal_counts_against_no_limit(make_world: MakeWorld) -> None:
    """Any number of rooms is renewed without being allowed to."""
    world = make_world()
    rooms = {f"room-{number:02}": {"expires": ROLLING} for number in range(15)}
    declare(world, **rooms)
    world.apply()
    text = f"limits: {{update: 0}}\nrooms: {json.dumps(rooms)}\n"
    world.write(text)
    world.travel(130)

    plan = world.plan_json()
    world.apply()

    assert plan["gates"] == []
    assert plan["summary"]["renew"] == 15


def test_a_room_is_renewed_beside_its_update(make_world: MakeWorld) -> None:
    """A renewal stays a change of its own when the same room changes otherwise."""
    world = make_world()
    declare(world, standup=PHONE)
    world.apply()
    pin = world.sandbox.store.rooms["standup"].dialin_code
    dialin = {"display_name": "Other", "wait_for_meeting_start": True}
    declare(world, standup={**PHONE, "properties": {"dialin": dialin}})
    world.travel(130)

    changes = world.plan_json()["changes"]
    world.apply()

    assert [change["action"] for change in changes] == ["renew", "update"]
    assert days_left(world) == 180
    room = world.sandbox.store.rooms["standup"]
    assert (room.dialin_code, room.properties["dialin"]) == (pin, dialin)


def test_a_first_end_is_a_risk(make_world: MakeWorld) -> None:
    """A permanent room that gets `expires` or `exp` says that it will end now."""
    world = make_world()
    for name in ("rolling", "fixed"):
        world.sandbox.store.add_room(name)
    later = int(time.time()) + 9 * DAY
    declare(world, rolling={"expires": ROLLING}, fixed={"properties": {"exp": later}})

    plan = world.plan_json()
    world.apply()

    for change in plan["changes"]:
        assert change["action"] == "update"
        assert [risk["id"] for risk in change["risks"]] == ["will-expire"]


@pytest.mark.parametrize("days", [60, 61, 180, 300, 900])
def test_an_end_that_is_far_enough_is_left_alone(
    make_world: MakeWorld, days: int
) -> None:
    """A live `exp` beyond `renew_before`, even beyond `after`, is not touched."""
    world = make_world()
    end = int(time.time()) + days * DAY + 3_600
    world.sandbox.store.add_room("standup", {"exp": end})
    declare(world, standup={"expires": ROLLING})

    ran = world.apply()

    assert "nothing to do" in ran.out
    assert exp(world) == end


def test_an_end_that_has_passed_is_a_warning(make_world: MakeWorld) -> None:
    """A room whose declared `exp` has passed is left out; the others are done."""
    world = make_world()
    past = int(time.time()) - DAY
    world.sandbox.store.add_room("old")
    declare(
        world,
        old={"privacy": "private", "properties": {"exp": past}},
        never={"privacy": "private", "properties": {"exp": past}},
        fresh={"privacy": "private"},
    )

    ran = world.apply()

    assert ran.out.count("[expired]") == 2
    assert world.writes() == ["POST /rooms"]
    assert world.sandbox.store.rooms.keys() == {"old", "fresh"}


def test_an_expired_room_with_a_passed_end_can_still_be_deleted(
    make_world: MakeWorld,
) -> None:
    """`state: absent` is obeyed whatever else the room says."""
    world = make_world()
    world.sandbox.store.add_room("old")
    past = int(time.time()) - DAY
    declare(world, old={"state": "absent", "properties": {"exp": past}})

    world.apply()

    assert world.sandbox.store.rooms == {}
