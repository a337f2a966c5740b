"""`limits`: a plan beyond them is shown, and refused with nothing sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from kit import World

MakeWorld = Callable[..., World]
Node = dict[str, Any]

HOOK = "https://example.com/daily/incoming"


def domain_of(make_world: MakeWorld, rooms: int) -> World:
    """A domain with so many rooms, `room-00` and on."""
    world = make_world()
    for number in range(rooms):
        world.sandbox.store.add_room(f"room-{number:02}")
    return world


def declare(world: World, rooms: Node, limits: Node | None = None) -> None:
    """Write a config with these rooms, and limits if there are any."""
    head = f"limits: {json.dumps(limits)}\n" if limits is not None else ""
    world.write(f"{head}rooms: {json.dumps(rooms)}\n")


def updating(changed: int, managed: int) -> Node:
    """So many managed rooms, of which some differ from what is live."""
    return {
        f"room-{n:02}": {"properties": {"enable_chat": n < changed}}
        for n in range(managed)
    }


def deleting(count: int, managed: int = 0) -> Node:
    """So many rooms to delete, and so many that stay, after them."""
    gone: Node = {f"room-{n:02}": {"state": "absent"} for n in range(count)}
    return gone | {f"room-{n:02}": {} for n in range(count, count + managed)}


@pytest.mark.parametrize(
    ("limits", "rooms", "refused"),
    [
        pytest.param(None, deleting(5), False, id="5-deletes"),
        pytest.param(None, deleting(6), True, id="6-deletes"),
        pytest.param({"delete": 6}, deleting(6), False, id="limit-of-6-deletes"),
        pytest.param({"delete": 0}, deleting(1), True, id="no-deletes-at-all"),
        pytest.param({"delete": "50%"}, deleting(4, 4), False, id="half-deleted"),
        pytest.param({"delete": "50%"}, deleting(5, 4), True, id="over-half-deleted"),
        pytest.param(None, updating(10, 10), False, id="10-of-10-updates"),
        pytest.param(None, updating(11, 11), True, id="11-of-11-updates"),
        pytest.param(None, updating(11, 22), False, id="11-of-22-updates"),
        pytest.param(None, updating(12, 22), True, id="12-of-22-updates"),
        pytest.param(None, updating(12, 24), False, id="12-of-24-updates"),
        pytest.param({"update": "100%"}, updating(11, 11), False, id="every-update"),
        pytest.param({"update": "0%"}, updating(1, 10), True, id="no-update"),
        pytest.param(None, updating(10, 10), False, id="never-below-10"),
        pytest.param({"update": 3}, updating(3, 9), False, id="3-updates"),
        pytest.param({"update": 3}, updating(4, 9), True, id="4-updates"),
        pytest.param({"update": 0}, updating(0, 9), False, id="nothing-to-update"),
    ],
)
def test_a_plan_beyond_its_limits_is_refused(
    make_world: MakeWorld, limits: Node | None, rooms: Node, refused: bool
) -> None:
    """Counts and shares hold; the default share of updates is never below 10."""
    world = domain_of(make_world, 30)
    declare(world, rooms, limits)

    world.apply(expect=4 if refused else 0)

    assert not (refused and world.writes())


def test_a_refusal_says_what_and_how_to_go_on(make_world: MakeWorld) -> None:
    """`plan` keeps its 0 and 2, names each closed gate, and what would open it."""
    world = domain_of(make_world, 30)
    declare(world, {**deleting(6), **dict(list(updating(18, 18).items())[6:])})

    text = world.plan()
    plain = world.run("plan", "config.yaml")
    document = world.plan_json()
    refused = world.apply(expect=4)

    assert (text.code, plain.code) == (2, 0)
    assert "closed: delete: 6 to delete of 18 managed; at most 5" in text.out
    assert "closed: update: 12 to update of 18 managed; at most 10" in text.out
    gates = {gate["name"]: gate for gate in document["gates"]}
    assert {name: gate["open"] for name, gate in gates.items()} == {
        "delete": False,
        "update": False,
    }
    assert gates["delete"]["to_open"] == "--allow delete=6"
    assert "--allow delete=6 --allow update=12" in refused.err
    assert "nothing was changed" in refused.err
    assert world.writes() == []


@pytest.mark.parametrize(
    ("allow", "code"),
    [
        pytest.param((), 4, id="not-allowed"),
        pytest.param(("--allow", "delete=5"), 4, id="too-few"),
        pytest.param(("--allow", "update=6"), 4, id="another-gate"),
        pytest.param(("--allow", "delete=6"), 0, id="that-many"),
        pytest.param(("--allow", "delete=60"), 0, id="more"),
        pytest.param(("--allow", "delete"), 64, id="no-count"),
        pytest.param(("--allow", "deletes=6"), 64, id="no-such-gate"),
    ],
)
def test_a_gate_opens_by_name_and_count(
    make_world: MakeWorld, allow: tuple[str, ...], code: int
) -> None:
    """`--allow NAME=N` allows N, and only by that name."""
    world = domain_of(make_world, 6)
    declare(world, deleting(6))

    world.apply(*allow, expect=code)

    assert len(world.sandbox.store.rooms) == (0 if code == 0 else 6)


@pytest.mark.parametrize("store", ["current", "legacy"])
def test_numbers_change_sides_one_at_a_time(make_world: MakeWorld, store: str) -> None:
    """Two numbers that swap roles need to be allowed; one does not."""
    world = make_world()
    pin, pinless = {"pin_dialin": {}}, {"pinless_dialin": {"room_creation_api": HOOK}}

    def swap(**roles: Node) -> None:
        numbers = {f"+1209555010{key[1]}": role for key, role in roles.items()}
        head = f"dialin_store: {store}\n"
        world.write(f"{head}phone_numbers: {json.dumps(numbers)}\n")

    swap(n0=pin, n1=pinless)
    world.apply()
    swap(n0=pinless, n1=pin)
    world.forget()

    plan = world.plan_json()
    world.apply(expect=4)

    assert plan["summary"]["replace"] == 2
    assert world.writes() == []
    assert all("interrupts-calls" in str(change["risks"]) for change in plan["changes"])
    swap(n0=pinless, n1=pinless)
    world.apply()
    swap(n0=pin, n1=pin)
    world.apply("--allow", "replace=2")


def test_creating_is_not_limited(make_world: MakeWorld) -> None:
    """Any number of new rooms passes, whatever the limits are."""
    world = make_world()
    limits = {"delete": 0, "replace": 0, "update": 0}
    declare(world, {f"room-{number:02}": {} for number in range(30)}, limits)

    world.apply()

    assert len(world.sandbox.store.rooms) == 30


def test_only_narrows_what_the_limits_count(make_world: MakeWorld) -> None:
    """What `--only` leaves out is neither counted nor done."""
    world = domain_of(make_world, 6)
    declare(world, deleting(6))

    world.apply("--only", "room:room-0[0-4]")

    assert world.sandbox.store.rooms.keys() == {"room-05"}
