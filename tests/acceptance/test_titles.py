"""`title`: what people call a room or a number; it never reaches Daily."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from kit import World

FILE = """
phone_numbers:
  "+12095550100": {title: Main line, pin_dialin: {name_prefix: pin-dialin}}
rooms:
  dr-miller:
    title: Dr. Miller
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Caller, room_numbers: ["+12095550100"]}}
  plain: {title: null, privacy: private}
"""


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A domain without a room."""
    return make_world()


FORMATS = ("text", "markdown", "html", "json")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_plan_shows_the_title_beside_the_name(world: World, format_: str) -> None:
    """Who reads a plan knows the doctor, not the name of the room."""
    world.write(FILE)

    shown = world.plan("--format", format_).out

    assert "Dr. Miller" in shown
    assert "Main line" in shown


def test_json_has_the_title_of_every_change(world: World) -> None:
    """The title is a key of its own; null where there is none."""
    world.write(FILE)

    titles = {c["key"]: c["title"] for c in world.plan_json()["changes"]}

    assert titles == {
        "+12095550100": "Main line",
        "dr-miller": "Dr. Miller",
        "plain": None,
    }


def test_no_request_holds_a_title(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Daily would refuse an unknown property: a title is never sent."""
    bodies: list[bytes] = []

    def kept(request: httpx.Request, *args: Any, **more: Any) -> None:
        init(request, *args, **more)
        bodies.append(request.read())

    init = httpx.Request.__init__
    monkeypatch.setattr(httpx.Request, "__init__", kept)
    world.write(FILE)

    world.apply()

    sent = b"".join(bodies)
    assert b"dr-miller" in sent
    assert b"pin-dialin" in sent
    assert not any(word in sent for word in (b"title", b"Miller", b"Main line"))


def test_another_title_is_no_change(world: World) -> None:
    """A title is never compared, so that a new one has nothing to apply."""
    world.write(FILE)
    world.apply()
    world.write(FILE.replace("Dr. Miller", "Dr. Moore").replace("Main line", "Desk"))

    assert world.plan().code == 0


def test_import_leaves_titles_out(world: World) -> None:
    """What Daily does not know cannot be imported."""
    world.write(FILE)
    world.apply()

    assert "title" not in world.run("import", "--domain", "acme").out
