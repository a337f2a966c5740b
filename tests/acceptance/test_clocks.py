"""A machine whose clock is wrong: what counts is Daily's."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from kit import World

DAY = 86_400
ROLLING = (
    "rooms:\n  lobby:\n    privacy: private\n"
    "    expires: {after: 300d, renew_before: 60d}\n"
    "    properties: {dialin: {display_name: Phone}}\n"
)
PLAIN = "rooms:\n  lobby: {privacy: private}\n"


def _findings(world: World) -> list[str]:
    return [finding["id"] for finding in world.plan_json()["findings"]]


@pytest.mark.parametrize("ahead", [-250, 0, 250])
def test_clocks_that_nearly_agree_are_not_mentioned(
    make_world: Callable[..., World], ahead: int
) -> None:
    """Up to five minutes are nothing."""
    world = make_world()
    world.write(PLAIN)
    world.clock.ahead = ahead

    assert "clock-skew" not in _findings(world)
    world.apply()


def test_a_shifted_sandbox_has_a_shifted_clock(
    make_world: Callable[..., World],
) -> None:
    """--clock-offset moves both sides, so nothing is said."""
    world = make_world()
    world.write(PLAIN)
    world.travel(120)

    assert "clock-skew" not in _findings(world)
    ran = world.run("plan", "config.yaml", "--sandbox", "--clock-offset", "120d")
    assert "clock-skew" not in ran.out + ran.err


@pytest.mark.parametrize("ahead", [-7_200, 7_200])
def test_a_clock_that_is_hours_off_is_a_warning(
    make_world: Callable[..., World], ahead: int
) -> None:
    """The plan is made, applied, and reckons with Daily's time."""
    world = make_world()
    world.write(ROLLING)
    world.clock.ahead = ahead

    assert "clock-skew" in _findings(world)
    world.apply()

    exp = world.sandbox.store.rooms["lobby"].properties["exp"]
    assert exp == pytest.approx(time.time() + ahead + 300 * DAY, abs=60)


@pytest.mark.parametrize("ahead", [-2, 2, 200])
def test_a_clock_that_is_days_off_writes_nothing(
    make_world: Callable[..., World], ahead: int
) -> None:
    """From a day on an apply is refused, and the message says what is wrong."""
    world = make_world()
    world.write(PLAIN)
    world.clock.ahead = ahead * DAY + (5 if ahead > 0 else -5)

    ran = world.run("apply", "config.yaml", "--yes")

    assert ran.code == 4
    assert world.writes() == []
    assert "clock-skew" in ran.err
    assert f"clock of this machine is {abs(ahead)} days" in ran.out + ran.err


def test_a_pin_that_ends_soon_is_seen_on_a_slow_clock(
    make_world: Callable[..., World],
) -> None:
    """200 days late, a PIN with five days left is not "in sync"."""
    world = make_world()
    world.write(ROLLING)
    world.clock.ahead = 200 * DAY
    exp = int(time.time()) + 205 * DAY
    world.sandbox.store.add_room(
        "lobby", {"dialin": {"display_name": "Phone"}, "exp": exp}, privacy="private"
    )

    plan = world.plan_json()

    assert [change["action"] for change in plan["changes"]] == ["renew"]
    assert world.plan().code == 2
