"""Daily's rate limits are used and never met: no answer is a 429."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from kit import World

from reconciler.environment import real

MakeWorld = Callable[..., World]
Node = dict[str, Any]


def domain_of(make_world: MakeWorld, rooms: int) -> World:
    """A domain at Daily's real limits with so many rooms, and real waiting."""
    world = make_world(rate_limit_scale=1)
    world.environment = real
    for number in range(rooms):
        world.sandbox.store.add_room(f"room-{number:03}", privacy="private")
    return world


def declare(world: World, rooms: int, body: Node) -> None:
    """Write a config with these rooms, all alike, and no limits in the way."""
    head = 'limits: {update: "100%", delete: 100}\n'
    declared = {f"room-{number:03}": body for number in range(rooms)}
    world.write(f"{head}rooms: {json.dumps(declared)}\n")


def throttled(world: World) -> int:
    """How many answers were 429."""
    return sum(request.status == 429 for request in world.sent())


@pytest.mark.slow
def test_many_updates_take_what_the_limits_allow(make_world: MakeWorld) -> None:
    """At `--rate 1` no answer is a 429, and at most a tenth of the time is lost.

    120 fill both windows of the limits: 20 in a second, and 100 in five.
    """
    world = domain_of(make_world, 120)
    declare(world, 120, {"properties": {"enable_chat": True}})

    ran = world.run("apply", "config.yaml", "--yes", "--rate", "1", "--format", "json")

    assert ran.code == 0, ran.out + ran.err
    assert ran.json["requests"]["throttled"] == throttled(world) == 0
    writes = [request.at for request in world.sent("POST")]
    assert len(writes) == 120
    assert writes[-1] - writes[0] <= 1.1 * 120 / 20


@pytest.mark.slow
def test_deletions_keep_to_their_own_limit(make_world: MakeWorld) -> None:
    """Deleting rooms has a slow class of its own, which is kept as well."""
    world = domain_of(make_world, 5)
    declare(world, 5, {"state": "absent"})

    ran = world.run("apply", "config.yaml", "--yes", "--rate", "1")

    assert ran.code == 0, ran.out + ran.err
    assert throttled(world) == 0
    assert world.sandbox.store.rooms == {}


@pytest.mark.slow
def test_half_of_the_limits_is_the_default(make_world: MakeWorld) -> None:
    """Without `--rate` every other request that Daily allows is left to others."""
    world = domain_of(make_world, 10)
    world.monkeypatch.delenv("DAILY_RATE")
    declare(world, 10, {"properties": {"enable_chat": True}})

    ran = world.run("apply", "config.yaml", "--yes")

    assert ran.code == 0, ran.out + ran.err
    arrivals = [request.at for request in world.sent("POST")]
    assert arrivals[-1] - arrivals[0] >= 9 / 10 * 0.95


def test_the_estimate_follows_the_rate(make_world: MakeWorld) -> None:
    """The time that a plan announces is that of its requests at the chosen rate."""
    world = make_world()
    for number in range(30):
        world.sandbox.store.add_room(f"room-{number:03}", privacy="private")
    declare(world, 30, {"properties": {"enable_chat": True}})

    full, half = (
        world.plan_json("--rate", rate)["requests"]["seconds_to_apply"]
        for rate in ("1", "0.5")
    )

    assert half == pytest.approx(2 * full, rel=0.1)
    assert full == pytest.approx(32 / 20, rel=0.2)
