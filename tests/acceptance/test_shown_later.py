"""A room begins to show, during an apply, a key that Daily kept hidden until then."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from kit import NUMBERS, Ran, World

from reconciler.sandbox.api import echo
from reconciler.sandbox.settings import Assume
from reconciler.sandbox.state.roomindex import Room

MakeWorld = Callable[..., World]
ROOM = """
  {name}:
    privacy: private
    expires: {{after: 180d, renew_before: 60d}}
    properties: {{dialin: {{display_name: {shown}{more}}}}}
"""
KEYS: Mapping[str, Any] = {
    "wait_for_meeting_start": (True, False),
    "room_numbers": (
        [{"phone_number": NUMBERS[0]}],
        [{"phone_number": NUMBERS[1]}],
    ),
}


def config(key: str, first: str, *, lang: str) -> str:
    """Two rooms with the key, and one without any dial-in."""
    value = "true" if key == "wait_for_meeting_start" else f"['{NUMBERS[0]}']"
    more = f", {key}: {value}"
    numbers = ", ".join(f'"{n}": {{pin_dialin: {{}}}}' for n in NUMBERS[:2])
    rooms = ROOM.format(name="a", shown=first, more=more)
    rooms += ROOM.format(name="b", shown="B", more=more)
    plain_room = f"\n  c: {{privacy: private, properties: {{lang: {lang}}}}}\n"
    return f"phone_numbers: {{{numbers}}}\nrooms:{rooms}{plain_room}"


@pytest.fixture
def hidden(make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> World:
    """A domain that hides both keys, until room `a` shows all after the next write."""
    world = make_world(assume=Assume(echo="lossy"))
    least = echo._only_display_name

    def shown(room: Room) -> dict[str, object]:
        if room.name == "a" and any(
            r.path[:7] == "/rooms/" for r in world.sent("POST")
        ):
            return dict(room.properties["dialin"])
        return least(room)

    monkeypatch.setattr(echo, "_only_display_name", shown)
    return world


def check(world: World, ran: Ran) -> None:
    """What the next plan would do is named, and the code says that it is left."""
    left = {change["key"] for change in world.plan_json()["changes"]}
    assert left
    assert ran.code == 3, ran.out
    for name in left:
        assert re.search(f"^(left|kept): room {name}:", ran.out, re.M), ran.out


def started(world: World, key: str, first_keeps: bool, second_keeps: bool) -> None:
    """Apply, and let a room hold another value than was sent where it keeps none."""
    world.write(config(key, "A", lang="en"))
    world.apply()
    for room, keeps in (("a", first_keeps), ("b", second_keeps)):
        dialin = world.sandbox.store.rooms[room].properties["dialin"]
        dialin[key] = KEYS[key][not keeps]
    world.forget()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("written", ["a", "c"])
@pytest.mark.parametrize(("first", "second"), [(True, True), (False, True)])
@pytest.mark.parametrize("with_plan", [True, False])
def test_what_shows_after_an_update_is_written_or_named(
    hidden: World, key: str, written: str, first: bool, second: bool, with_plan: bool
) -> None:
    """What the rooms show in the end is compared as the next plan compares it."""
    started(hidden, key, first, second)
    name, lang = ("A", "de") if written == "c" else ("New", "en")
    hidden.write(config(key, name, lang=lang))
    if with_plan:
        hidden.plan("--out", "plan.json")
    args = ("--plan", "plan.json") if with_plan else ()

    ran = hidden.run("apply", "config.yaml", "--yes", *args)

    check(hidden, ran)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("first", [True, False])
def test_what_shows_after_a_renewal_is_written_or_named(
    hidden: World, key: str, first: bool
) -> None:
    """A run that does nothing but renew ends no better."""
    started(hidden, key, first, True)
    hidden.travel(days=130)

    ran = hidden.run("apply", "config.yaml", "--yes", *hidden.options)

    check(hidden, ran)
