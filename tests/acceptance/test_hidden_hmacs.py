"""The `hmac` of a number beside the one that changes, where Daily does not show it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from kit import NUMBERS, World

from reconciler.sandbox.settings import Assume

MakeWorld = Callable[..., World]
OLD, NEW = (base64.b64encode(c * 32).decode() for c in (b"A", b"B"))


def config(other: str, prefix: str) -> str:
    """Two legacy numbers: the `hmac` of the first and the name of the second."""
    entry = f'room_creation_api: "https://h.example.com", hmac: "{OLD}"'
    first = entry.replace(OLD, other)
    return f"""dialin_store: legacy
phone_numbers:
  "{NUMBERS[0]}": {{pinless_dialin: {{name_prefix: a, {first}}}}}
  "{NUMBERS[1]}": {{pinless_dialin: {{name_prefix: {prefix}, {entry}}}}}
"""


@pytest.fixture(name="world")
def _world(make_world: MakeWorld) -> World:
    """Both numbers are assigned, and Daily hides their keys."""
    world = make_world(assume=Assume(hmac="hidden"))
    world.write(config(OLD, "b"))
    world.apply()
    world.forget()
    return world


def kept_hmacs(world: World) -> list[Any]:
    """What Daily holds, in the order of the list."""
    entries = world.sandbox.store.legacy["pinless_dialin"] or []
    return [entry["hmac"] for entry in entries]


@pytest.mark.parametrize("options", [(), ("--only", f"number:{NUMBERS[1]}")])
def test_the_plan_lists_the_hmac_of_another_number_that_it_sends(
    world: World, options: tuple[str, ...]
) -> None:
    """It may not be the live one, and would rotate that."""
    world.write(config(NEW, "c"))

    plan = world.plan_json(*options)
    world.apply(*options)

    [change] = plan["changes"]
    paths = [field["path"] for field in change["also_sent"]]
    assert [NUMBERS[0], "hmac"] in paths
    assert kept_hmacs(world) == [NEW, OLD]


def test_an_approval_covers_the_hmac_of_another_number(world: World) -> None:
    """Another one than the reviewed one is refused; the reviewed one is sent."""
    world.write(config(OLD, "c"))
    world.run("plan", "config.yaml", "--out", "plan.json")
    world.write(config(NEW, "c"))

    refused = world.run("apply", "config.yaml", "--yes", "--plan", "plan.json")
    writes = world.writes()
    world.write(config(OLD, "c"))
    world.apply("--plan", "plan.json")

    assert (refused.code, writes) == (4, [])
    assert f"{NUMBERS[0]}.hmac was to be sent with another value" in refused.err
    assert kept_hmacs(world) == [OLD, OLD]
