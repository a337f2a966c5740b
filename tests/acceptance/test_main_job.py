"""The main job: plan says 2, apply 0, plan 0, in every world that Daily may be."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from kit import World

from reconciler.sandbox.settings import ASSUMPTIONS, Assume

GUIDE_ROOM = """
rooms:
  your-room-name:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties:
      dialin:
        display_name: Phone Caller
        wait_for_meeting_start: true
"""

WORLDS = [
    pytest.param(Assume(**{name: value}), id=f"{name}-{value}")
    for name, values in ASSUMPTIONS.items()
    for value in values[1:]
]
ECHOES = list(
    itertools.product(
        ASSUMPTIONS["echo"],
        ASSUMPTIONS["stores"],
        ASSUMPTIONS["nested"],
        ASSUMPTIONS["put"],
    )
)


@pytest.mark.parametrize("assume", WORLDS)
def test_the_guides_room_converges_in_every_world(
    make_world: Callable[..., World], assume: Assume
) -> None:
    """Daily's own example of a PIN room: differences, applied, in sync."""
    world = make_world(assume=assume)
    world.write(GUIDE_ROOM)

    assert world.plan().code == 2
    world.apply()

    assert world.sandbox.store.rooms["your-room-name"].dialin_code


@pytest.mark.parametrize("echo", ASSUMPTIONS["echo"])
def test_the_guides_room_keeps_what_daily_does_not_show(
    make_world: Callable[..., World], echo: str
) -> None:
    """A value that Daily keeps without showing is a note, and no change."""
    world = make_world(assume=Assume(echo=echo))
    world.write(GUIDE_ROOM)
    world.apply()

    again = world.plan_json()

    ids = [finding["id"] for finding in again["findings"]]
    assert ids == (["unverified"] if echo == "lossy" else [])
    assert again["changes"] == []


@pytest.mark.parametrize("nested", ASSUMPTIONS["nested"])
def test_a_null_inside_an_object_takes_a_value_back(
    make_world: Callable[..., World], nested: str
) -> None:
    """A key that is null goes back to its default, whether Daily merges or not."""
    world = make_world(assume=Assume(nested=nested))
    world.write(GUIDE_ROOM)
    world.apply()
    world.write(GUIDE_ROOM.replace("_start: true", "_start: null"))

    world.apply()

    dialin = world.sandbox.store.rooms["your-room-name"].properties["dialin"]
    assert not dialin.get("wait_for_meeting_start")
