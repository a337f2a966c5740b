"""Every property of the schema converges: set, changed, and set back to default."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from every_property import one_key_each, properties
from kit import World

from reconciler.sandbox.settings import ASSUMPTIONS, Assume

MakeWorld = Callable[..., World]
Node = dict[str, Any]

PIN_NUMBERS = """
phone_numbers:
  "+12095550100": {pin_dialin: {name_prefix: pin}}
  "+12095550102": {pin_dialin: {name_prefix: pin}}
"""
# What rooms show and how they take an update: every combination.
ROOM_WORLDS = [
    pytest.param(Assume(echo=echo, nested=nested), id=f"echo-{echo}-nested-{nested}")
    for echo, nested in itertools.product(ASSUMPTIONS["echo"], ASSUMPTIONS["nested"])
]
# What only numbers depend on: alone.
OTHER_WORLDS = [
    pytest.param(Assume(**{name: value}), id=f"{name}-{value}")
    for name in ("stores", "put")
    for value in ASSUMPTIONS[name][1:]
]


def rooms_of(whole: Node) -> dict[str, Node]:
    """One room with everything, and small ones with one key per object."""
    small = {f"small-{i:02}": room for i, room in enumerate(one_key_each(whole))}
    return {"whole": whole, **small}


def declare(world: World, rooms: dict[str, Node], privacy: str = "private") -> None:
    """Write a config with these rooms, and the numbers that they name."""
    body = {
        name: {"privacy": privacy, "properties": room} for name, room in rooms.items()
    }
    world.write(f"{PIN_NUMBERS}\nrooms: {json.dumps(body)}\n")


def converge(world: World) -> None:
    """Differences, applied, in sync: `World.apply` looks at the last."""
    assert world.plan("--allow", "update=99").code == 2
    world.apply("--allow", "update=99")


@pytest.mark.parametrize("assume", [*ROOM_WORLDS, *OTHER_WORLDS])
def test_every_property_converges(make_world: MakeWorld, assume: Assume) -> None:
    """Each property and nested key is set, changed, and reset to its default."""
    world = make_world(assume=assume)
    first, second = (rooms_of(one) for one in properties(time.time()))
    for rooms in (first, second, first):
        declare(world, rooms)

        converge(world)

        stored = world.sandbox.store.rooms
        assert {n: set(r.properties) for n, r in stored.items()} == {
            name: set(room) for name, room in rooms.items()
        }
    declare(world, {name: dict.fromkeys(room) for name, room in first.items()})

    converge(world)

    assert {n: r.properties for n, r in stored.items() if r.properties} == {}


def test_values_are_compared_with_what_the_domain_says_today(
    make_world: MakeWorld,
) -> None:
    """A room that asks for what its domain does anyway is in sync, and only then."""
    world = make_world()
    first, second = properties(time.time())
    domain = world.sandbox.store.domain_properties
    inherited = [name for name, row in world.sandbox.store.table.items() if row.domain]
    domain.update({name: first[name] for name in inherited})
    world.sandbox.store.add_room("hall", privacy="private")
    declare(world, {"hall": {name: first[name] for name in inherited}})
    world.apply("--only", "number:*")

    same = world.plan("--only", "room:*")
    domain.update({name: second[name] for name in inherited})
    other = world.plan_json("--only", "room:*")

    assert same.code == 0, same.out
    changed = {field["path"][0] for field in other["changes"][0]["fields"]}
    assert changed == set(inherited)


@pytest.mark.parametrize("echo", ASSUMPTIONS["echo"])
@pytest.mark.parametrize("nested", ASSUMPTIONS["nested"])
def test_keys_that_the_file_leaves_out_survive(
    make_world: MakeWorld, echo: str, nested: str
) -> None:
    """Changing one key of an object leaves its other keys as they are, if shown."""
    world = make_world(assume=Assume(echo=echo, nested=nested))
    whole, _ = properties(time.time())
    objects = ("recordings_bucket", "transcription_bucket", "dialout_config", "sip")
    live = {name: dict(whole[name]) for name in objects}
    world.sandbox.store.add_room("hall", live, privacy="private")
    key = {
        "recordings_bucket": {"bucket_name": "other"},
        "transcription_bucket": {"bucket_name": "other"},
        "dialout_config": {"dialout_geo": "us-east-1"},
        "sip": {"display_name": "Other", "sip_mode": "dial-in"},
    }
    world.write(f"rooms: {json.dumps({'hall': {'properties': key}})}\n")

    world.apply()

    stored = world.sandbox.store.rooms["hall"].properties
    assert stored == {name: {**live[name], **key[name]} for name in objects}
