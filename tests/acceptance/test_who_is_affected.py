"""A change to a number names the rooms whose callers use it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from kit import NUMBERS, World

MakeWorld = Callable[..., World]

DAY = 86_400
HOOK = {"room_creation_api": "https://example.com/incoming"}


def domain(make_world: MakeWorld, number: str) -> World:
    """Four rooms that name the number, one that names none, and one without a PIN."""
    world = make_world()
    store = world.sandbox.store
    exp = int(world.clock() + 100 * DAY)
    for name in ("one", "two", "three", "four"):
        dialin = {"display_name": "x", "room_numbers": [number]}
        store.add_room(name, {"exp": exp, "dialin": dialin}, privacy="private")
    store.add_room(
        "unnamed", {"exp": exp, "dialin": {"display_name": "x"}}, privacy="private"
    )
    store.add_room("plain", {"exp": exp}, privacy="private")
    world.write(f"phone_numbers: {json.dumps({number: {'pin_dialin': {}}})}\n")
    world.apply()
    return world


@pytest.mark.parametrize("gone", [{"state": "absent"}, {"pinless_dialin": HOOK}])
def test_rooms_that_no_file_manages_are_named(
    make_world: MakeWorld, gone: dict[str, object]
) -> None:
    """Deleting the number, or making it pinless, lists all four in every format."""
    world = domain(make_world, NUMBERS[1])
    world.write(f"phone_numbers: {json.dumps({NUMBERS[1]: gone})}\n")

    plan = world.plan("--markdown", "p.md", "--html", "p.html", "--out", "p.json")

    texts = [plan.out]
    texts += [(world.folder / f"p.{end}").read_text() for end in ("md", "html", "json")]
    for text in texts:
        assert "four, one, three, two" in text
    (change,) = json.loads(texts[-1])["changes"]
    assert "affects-rooms" in [risk["id"] for risk in change["risks"]]


def test_a_change_that_asks_for_the_pin_still_names_them_too(
    make_world: MakeWorld,
) -> None:
    """Another greeting is heard by the callers of these rooms."""
    world = domain(make_world, NUMBERS[1])
    greeting = {"pin_dialin": {"ivr_greeting": {"message": "Hello"}}}
    world.write(f"phone_numbers: {json.dumps({NUMBERS[1]: greeting})}\n")

    (change,) = world.plan_json()["changes"]

    (risk,) = (r for r in change["risks"] if r["id"] == "affects-rooms")
    assert "call it" in risk["text"]


def test_rooms_without_a_number_of_their_own_use_the_default(
    make_world: MakeWorld,
) -> None:
    """The number they get becomes pinless: named before, and not printed after."""
    world = make_world()
    exp = int(world.clock() + 100 * DAY)
    properties = {"exp": exp, "dialin": {"display_name": "x"}}
    world.sandbox.store.add_room("unnamed", properties, privacy="private")
    pin = str(world.sandbox.store.rooms["unnamed"].dialin_code)
    rolling = {"after": "180d", "renew_before": "60d"}
    room = {"expires": rolling, "properties": {"dialin": {"display_name": "x"}}}
    rooms = json.dumps({"unnamed": {"privacy": "private", **room}})
    world.write(f"rooms: {rooms}\n")
    before = world.run("dialin", "config.yaml", "--format", "json").json
    number = before["rooms"][0]["numbers"][0]["number"]
    numbers = json.dumps({number: {"pinless_dialin": HOOK}})
    world.write(f"phone_numbers: {numbers}\nrooms: {rooms}\n")

    (change,) = world.plan_json()["changes"]
    world.run("apply", "config.yaml", "--yes")
    after = world.run("dialin", "config.yaml")

    assert "unnamed" in " ".join(risk["text"] for risk in change["risks"])
    assert all(not (number in line and pin in line) for line in after.out.splitlines())
