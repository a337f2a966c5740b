"""Renewals in a world in which each write may change the PIN of a room."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from kit import World

from reconciler.sandbox.settings import Assume

MakeWorld = Callable[..., World]

DAY = 86_400
DIALIN = {"display_name": "Patient"}


def phone_rooms(
    make_world: MakeWorld, pin: str, days: float, count: int = 60
) -> tuple[World, dict[str, str | None]]:
    """PIN rooms made long ago that end in so many days, each a minute later."""
    world = make_world(assume=Assume(pin=pin))
    room = {"expires": {"after": "180d", "renew_before": "60d"}, "privacy": "private"}
    names = [f"room-{number:02}" for number in range(count)]
    for place, name in enumerate(names):
        end = int(world.clock() + days * DAY) + 60 * place
        world.sandbox.store.add_room(
            name, {"exp": end, "dialin": DIALIN}, privacy="private"
        )
    world.write(f"rooms: {json.dumps(dict.fromkeys(names, room))}\n")
    return world, pins(world)


def pins(world: World) -> dict[str, str | None]:
    """Every room's PIN."""
    return {name: room.dialin_code for name, room in world.sandbox.store.rooms.items()}


def changed(world: World, before: dict[str, str | None]) -> set[str]:
    """The rooms whose PIN is not what it was."""
    after = pins(world)
    return {name for name in before if after[name] != before[name]}


def run(world: World, minutes: float, *args: str) -> tuple[int, str]:
    """Apply so many minutes after the start; the code and all that it printed."""
    world.clock.ahead = minutes * 60
    offset = ("--clock-offset", f"{int(minutes)}m")
    ran = world.run("apply", "config.yaml", "--yes", *offset, *args)
    return ran.code, ran.out + ran.err


def test_a_schedule_changes_one_pin_a_day(make_world: MakeWorld) -> None:
    """Every ten minutes for a day, 60 rooms due with 30 days left: one PIN changes."""
    world, before = phone_rooms(make_world, "renewed", 30)

    codes = [run(world, m, "--quiet")[0] for m in range(0, 24 * 60, 10)]

    assert changed(world, before) == {"room-00"}
    assert codes == [3] + [0] * 143


def test_the_rooms_that_wait_are_named(make_world: MakeWorld) -> None:
    """The run after the one that changed a PIN names them in a note, also in plans."""
    world, _ = phone_rooms(make_world, "renewed", 30, count=4)
    run(world, 0)

    code, said = run(world, 10)
    plan = world.run("plan", "config.yaml", "--clock-offset", "10m")
    quiet = run(world, 20, "--quiet")

    assert code == 0
    for name in ("room-01", "room-02", "room-03"):
        assert name in said
        assert name in plan.out
    assert "[renewal-waits]" in said
    assert quiet == (0, "")


def test_a_room_that_waits_with_14_days_left_is_a_warning(
    make_world: MakeWorld,
) -> None:
    """It is printed under --quiet as well."""
    world, _ = phone_rooms(make_world, "renewed", 13, count=4)
    run(world, 0)

    _, said = run(world, 10, "--quiet")

    assert "[renewal-waits-long]" in said
    assert "room-03" in said


def test_rooms_that_are_about_to_end_are_renewed_all_the_same(
    make_world: MakeWorld,
) -> None:
    """With 5 days left all 60 are renewed in one run, one at a time, each named."""
    world, before = phone_rooms(make_world, "renewed", 5)

    code, said = run(world, 0)

    assert code == 3
    assert changed(world, before) == before.keys()
    assert all(f"PIN: room {name} HAS ANOTHER PIN" in said for name in before)
    assert len(world.writes()) == 60


def test_an_urgent_room_does_not_drag_the_others_along(make_world: MakeWorld) -> None:
    """One room with 6 days is renewed; those with 30 days stay as they are."""
    world, before = phone_rooms(make_world, "renewed", 30, count=5)
    room = world.sandbox.store.rooms["room-03"]
    room.properties["exp"] = int(world.clock() + 6 * DAY)

    codes = [run(world, minutes)[0] for minutes in (0, 10, 20)]

    assert changed(world, before) == {"room-03"}
    assert codes == [3, 0, 0]


def test_stable_pins_are_all_renewed_in_the_first_run(make_world: MakeWorld) -> None:
    """Where a write keeps the PIN, nothing waits."""
    world, before = phone_rooms(make_world, "stable", 30)

    code, _ = run(world, 0)

    assert code == 0
    assert changed(world, before) == set()
    assert len(world.writes()) == 60
    assert world.writes()[0] == "POST /rooms/room-00"


@pytest.mark.parametrize(("hours", "expected"), [(23, 1), (25, 2)])
def test_a_day_later_the_next_one_is_renewed(
    make_world: MakeWorld, hours: int, expected: int
) -> None:
    """What a renewal holds back goes on 24 hours later, again with one room."""
    world, before = phone_rooms(make_world, "renewed", 30, count=5)

    run(world, 0)
    run(world, hours * 60)

    assert len(changed(world, before)) == expected


def test_rooms_that_were_created_are_no_evidence(make_world: MakeWorld) -> None:
    """A room made today has the `exp` of its creation: nothing waits for it."""
    world, before = phone_rooms(make_world, "stable", 30, count=3)
    text = world.config.read_text()
    extra = '"fresh": {"privacy": "private", "expires": {"after": "180d", '
    extra += '"renew_before": "60d"}, "properties": {"dialin": {}}}, "room-00"'
    world.write(text.split("acme\n")[1].replace('"room-00"', extra))
    for room in world.sandbox.store.rooms.values():
        room.properties["exp"] = int(world.clock() + 100 * DAY)
    run(world, 0)
    for name in before:
        world.sandbox.store.rooms[name].properties["exp"] = int(
            world.clock() + 30 * DAY
        )
    world.forget()

    code, _ = run(world, 10)

    assert code == 0
    assert len(world.writes()) == 3
