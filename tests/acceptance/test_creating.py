"""Many new rooms at once: few requests, and one bad room spoils no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from kit import World

MakeWorld = Callable[..., World]
Node = dict[str, Any]

BATCH, ROOM = "POST /batch/rooms", "POST /rooms"
# The schema takes more people than the sandbox does: Daily has to be asked first.
BAD: Node = {"privacy": "private", "properties": {"max_participants": 500}}
PLAIN: Node = {"privacy": "private"}


def rooms(count: int, **others: Node) -> Node:
    """So many plain rooms, and others as given."""
    return {f"room-{n:04}": PLAIN for n in range(count)} | others


def declare(world: World, declared: Node, head: str = "") -> None:
    """Write a config with these rooms."""
    world.write(f"{head}rooms: {json.dumps(declared)}\n")


@pytest.mark.parametrize(
    ("count", "writes"),
    [
        pytest.param(10, [ROOM] * 10, id="10-rooms"),
        pytest.param(11, [BATCH], id="11-rooms"),
        pytest.param(1_000, [BATCH], id="1000-rooms"),
        pytest.param(1_001, [BATCH] * 2, id="1001-rooms"),
    ],
)
def test_more_than_10_plain_rooms_go_as_a_batch(
    make_world: MakeWorld, count: int, writes: list[str]
) -> None:
    """Up to 1,000 rooms are one request; up to 10 are made one by one."""
    world = make_world()
    declare(world, rooms(count))

    world.apply()

    assert world.writes() == writes
    assert len(world.sandbox.store.rooms) == count


@pytest.mark.parametrize(
    "careful",
    [
        pytest.param({"dialin": {"display_name": "Caller"}}, id="dialin"),
        pytest.param({"sip": {"display_name": "S", "sip_mode": "dial-in"}}, id="sip"),
        pytest.param(None, id="extra-property"),
    ],
)
def test_rooms_that_may_be_refused_stay_out_of_a_batch(
    make_world: MakeWorld, careful: Node | None
) -> None:
    """Rooms with dialin, sip or an unknown property are made on their own."""
    world = make_world(accept_properties=("brand_new_flag",))
    special: Node = {"privacy": "private"}
    if careful is None:
        special["extra_properties"] = {"brand_new_flag": True}
    else:
        special["properties"] = careful
        special["expires"] = {"after": "9d", "renew_before": "3d"}
    declare(world, rooms(11, special=special))

    world.apply()

    assert world.writes() == [BATCH, ROOM]


def test_a_bad_room_of_a_batch_is_found_and_the_rest_are_made(
    make_world: MakeWorld,
) -> None:
    """A refused batch is halved until the bad room is alone; all others exist."""
    world = make_world()
    declare(world, rooms(100, **{"room-0050-bad": BAD}))

    ran = world.apply(expect=3)

    made = world.sandbox.store.rooms
    assert len(made) == 100
    assert "room-0050-bad" not in made
    assert "failed  create room room-0050-bad" in ran.out
    assert "max_participants" in ran.out
    assert "100 done, 1 failed" in ran.out
    assert len(world.writes()) <= 20


def test_a_property_that_daily_does_not_know_fails_alone(
    make_world: MakeWorld,
) -> None:
    """An extra property that Daily refuses costs its own room only."""
    world = make_world()
    bad: Node = {**PLAIN, "extra_properties": {"brand_new_flag": True}}
    declare(world, rooms(20, bad=bad))

    ran = world.apply(expect=3)

    assert world.writes() == [BATCH, ROOM]
    assert "invalid property name 'brand_new_flag'" in ran.out
    assert len(world.sandbox.store.rooms) == 20


def _bad(count: int, bad: set[int]) -> Node:
    return {f"room-{n:04}": BAD if n in bad else PLAIN for n in range(count)}


@pytest.mark.parametrize(
    ("count", "bad", "most"),
    [
        pytest.param(200, {0, 199}, 45, id="first-and-last"),
        pytest.param(200, {0, 100, 199}, 55, id="one-more-in-the-middle"),
        pytest.param(200, {99, 100}, 45, id="beside-the-middle"),
        pytest.param(200, set(range(0, 200, 40)), 75, id="every-40th"),
        pytest.param(60, set(range(0, 60, 2)), 130, id="every-second"),
        pytest.param(120, set(range(120)) - {7}, 200, id="all-but-one"),
        pytest.param(11, {0, 5, 10}, 20, id="the-smallest-batch"),
    ],
)
def test_every_bad_room_of_a_batch_is_found(
    make_world: MakeWorld, count: int, bad: set[int], most: int
) -> None:
    """However many are bad, and wherever: all others are made, in bounded requests."""
    world = make_world()
    declare(world, _bad(count, bad))

    ran = world.apply(expect=3)

    assert world.sandbox.store.rooms.keys() == {
        f"room-{n:04}" for n in set(range(count)) - bad
    }
    for n in bad:
        assert f"failed  create room room-{n:04}" in ran.out
    assert f"{count - len(bad)} done, {len(bad)} failed" in ran.out
    assert len(world.writes()) <= most


def test_each_room_of_a_hopeless_batch_is_tried_alone(make_world: MakeWorld) -> None:
    """Where all of up to 100 rooms are bad, each is refused for itself."""
    world = make_world()
    declare(world, _bad(64, set(range(64))))

    ran = world.apply(expect=1)

    assert sorted(world.writes()) == sorted([ROOM] * 64 + [BATCH] * 3)
    assert ran.out.count("failed  create room") == 64
    assert world.sandbox.store.rooms == {}


@pytest.mark.parametrize("status", [402, 403, 404, 422])
def test_what_an_account_may_not_do_ends_soon(
    make_world: MakeWorld, status: int
) -> None:
    """When nothing can be made, 100 rooms are tried alone and the others given up."""
    world = make_world()
    declare(world, rooms(300))
    world.plan()
    for path in ("/rooms", "/batch/rooms"):
        world.sandbox.faults.add(f"plan-gate={status}:POST:{path}*all")
    world.forget()

    ran = world.apply(expect=1)

    assert world.writes().count(BATCH) == 3
    assert world.writes().count(ROOM) == 100
    assert ran.out.count("rooms of it that were tried alone was refused too") == 200
    assert "300 failed" in ran.out


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_account_without_batches_gets_its_rooms_one_by_one(
    make_world: MakeWorld, status: int
) -> None:
    """A refusal of the batch call itself costs no room."""
    world = make_world()
    declare(world, rooms(40))
    world.plan()
    world.sandbox.faults.add(f"plan-gate={status}:POST:/batch/rooms*all")

    world.apply()

    assert len(world.sandbox.store.rooms) == 40


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 6])
@pytest.mark.parametrize(
    "fault", ["429", "503", "500", "reset", "lost-answer", "empty", "html-502-after"]
)
def test_a_fault_while_bad_rooms_are_looked_for_costs_no_room(
    make_world: MakeWorld, fault: str, nth: int
) -> None:
    """Each good room is made once, whichever batch meets a fault."""
    world = make_world()
    declare(world, _bad(40, {0, 39}))
    world.sandbox.faults.add(f"{fault}:POST:/batch/rooms@{nth}")

    ran = world.apply(expect=3)

    assert len(world.sandbox.store.rooms) == 38
    assert "38 done, 2 failed" in ran.out


def test_a_key_that_is_withdrawn_ends_the_search(make_world: MakeWorld) -> None:
    """401 while bad rooms are looked for: what was made is made, the rest not tried."""
    world = make_world()
    declare(world, _bad(40, {0, 39}))
    respond = world.sandbox.respond
    writes = iter(range(1000))

    def withdrawn(request: Any, at: float) -> Any:
        if request.method == "POST" and next(writes) > 3:
            world.sandbox.faults.add("plan-gate=401*all")
        return respond(request, at)

    world.monkeypatch.setattr(world.sandbox, "respond", withdrawn)

    ran = world.run("apply", "config.yaml", "--yes", "--format", "json")

    outcomes = [r["outcome"] for r in ran.json["results"]]
    made = len(world.sandbox.store.rooms)
    assert outcomes.count("done") == made
    assert "not tried" in outcomes
    assert ran.code == (3 if made else 1)


def test_rooms_with_many_buckets_are_split(make_world: MakeWorld) -> None:
    """A batch names 10 recording buckets at most, so 25 of them take three."""
    world = make_world()
    declared: Node = {
        f"room-{n:04}": {
            **PLAIN,
            "properties": {"recordings_bucket": {"bucket_name": f"bucket-{n % 25}"}},
        }
        for n in range(100)
    }
    declare(world, declared)

    world.apply()

    assert world.writes() == [BATCH] * 3


def test_rooms_made_meanwhile_are_taken_over(make_world: MakeWorld) -> None:
    """A room that somebody else makes between plan and batch is updated instead."""
    world = make_world()
    declare(world, rooms(30))
    store = world.sandbox.store
    send = world.sandbox.respond

    def meanwhile(request: Any, at: float) -> Any:
        if request.method == "POST" and "room-0017" not in store.rooms:
            store.add_room("room-0017", {"enable_chat": True}, privacy="public")
        return send(request, at)

    world.monkeypatch.setattr(world.sandbox, "respond", meanwhile)

    world.apply()

    assert len(store.rooms) == 30
    assert store.rooms["room-0017"].privacy == "private"
    assert store.rooms["room-0017"].properties == {"enable_chat": True}


def test_a_room_without_privacy_says_that_it_is_public(make_world: MakeWorld) -> None:
    """A new room without a written `privacy` carries that risk."""
    world = make_world()
    declare(world, {"open": {}, "said": {"privacy": "public"}, "closed": PLAIN})

    changes = world.plan_json()["changes"]

    risks = {c["key"]: [risk["id"] for risk in c["risks"]] for c in changes}
    assert risks == {"open": ["public"], "said": ["public"], "closed": []}


def test_numbers_come_before_the_rooms_that_use_them(make_world: MakeWorld) -> None:
    """A room is written after its number, and removed before it."""
    world = make_world()
    number = 'phone_numbers: {"+12095550100": {pin_dialin: {}}}\n'
    dialin = {"display_name": "Caller", "room_numbers": ["+12095550100"]}
    phone: Node = {
        "privacy": "private",
        "expires": {"after": "9d", "renew_before": "3d"},
        "properties": {"dialin": dialin},
    }
    declare(world, {"phone": phone}, number)
    world.apply()
    made = world.writes()
    world.forget()
    gone = 'phone_numbers: {"+12095550100": {state: absent}}\n'
    declare(world, {"phone": {"state": "absent"}}, gone)

    world.apply()

    assert made == ["POST /domain-dialin-config", ROOM]
    assert [line.split("/")[1] for line in world.writes()] == [
        "rooms",
        "domain-dialin-config",
    ]


@pytest.mark.parametrize("store", ["current", "legacy"])
def test_a_failed_number_blocks_its_rooms_and_nothing_else(
    make_world: MakeWorld, store: str
) -> None:
    """Rooms wait for their numbers; what does not depend on one goes on."""
    world = make_world()
    head = (
        f"dialin_store: {store}\n"
        'phone_numbers: {"+12095550100": {pin_dialin: {}}, '
        '"+12095550101": {pin_dialin: {}}}\n'
    )
    phones: Node = {
        f"phone-{last}": {
            "privacy": "private",
            "expires": {"after": "9d", "renew_before": "3d"},
            "properties": {"dialin": {"room_numbers": [f"+1209555010{last}"]}},
        }
        for last in (0, 1)
    }
    declare(world, rooms(1, **phones), head)
    owned = world.sandbox.store.numbers
    send = world.sandbox.respond

    def released(request: Any, at: float) -> Any:
        if request.method == "POST":
            owned.pop("+12095550100", None)
        return send(request, at)

    world.monkeypatch.setattr(world.sandbox, "respond", released)

    ran = world.apply(expect=3)

    assert world.sandbox.store.rooms.keys() == {"room-0000", "phone-1"}
    assert "blocked  create room phone-0: it waits for number +12095550100" in ran.out
    assert "failed  create number +12095550100" in ran.out
