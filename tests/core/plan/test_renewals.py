"""Which rooms are due, in which order, and which ones wait."""

from __future__ import annotations

import pytest

from reconciler.core.model import Config, Desired, Live, LiveDomain, LiveRoom, Rolling
from reconciler.core.plan.renewals import (
    due,
    pushed,
    renewals,
    waiting,
    waiting_finding,
)
from reconciler.core.times import DAY

NOW = 1_800_000_000
LIFE = Rolling(180 * DAY, 60 * DAY)
HOUR = 3600


def room(
    name: str, left: float, *, pin: str = "01234567890", age: int = 900
) -> LiveRoom:
    """A room that ends in so many seconds and was made so many days ago."""
    config = {"exp": int(NOW + left)} | ({"dialin_code": pin} if pin else {})
    return LiveRoom(name, f"id-{name}", "private", config, NOW - age * DAY)


def declared(*names: str, life: Rolling = LIFE) -> Config:
    """A config that rolls these rooms."""
    return Config(
        "acme", resources=tuple(Desired("room", n, rolling=life) for n in names)
    )


def live(*rooms: LiveRoom) -> Live:
    """A reading of these rooms."""
    return Live(LiveDomain("acme", "id", {}), {r.name: r for r in rooms})


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        pytest.param(60 * DAY - 1, True, id="inside"),
        pytest.param(60 * DAY, False, id="at-the-edge"),
        pytest.param(1, True, id="about-to-end"),
        pytest.param(0, False, id="ended"),
        pytest.param(-DAY, False, id="long-ended"),
        pytest.param(300 * DAY, False, id="beyond-after"),
    ],
)
def test_a_room_is_due_while_it_lives_and_is_near_its_end(
    left: int, expected: bool
) -> None:
    """Less than `renew_before` is left, and it has not ended."""
    desired = Desired("room", "r", rolling=LIFE)

    assert due(desired, room("r", left), NOW) is expected


def test_a_rule_that_is_too_long_never_brings_an_end_nearer() -> None:
    """A PIN room with 370 days left is not cut back to 364."""
    desired = Desired("room", "r", rolling=Rolling(500 * DAY, 380 * DAY))

    assert not due(desired, room("r", 370 * DAY), NOW)
    assert due(desired, room("r", 300 * DAY), NOW)


@pytest.mark.parametrize(("pin", "days"), [("01234567890", 364), ("", 500)])
def test_only_the_end_of_a_pin_room_is_cut(pin: str, days: int) -> None:
    """Daily's limit is for rooms with a PIN."""
    desired = Desired("room", "r", rolling=Rolling(500 * DAY, DAY))

    assert pushed(desired, room("r", HOUR, pin=pin), NOW) == NOW + days * DAY


def test_what_ends_first_comes_first() -> None:
    """Renewals are in the order of the ends, not of the file."""
    rooms = (room("a", 30 * DAY), room("b", 2 * DAY), room("c", 9 * DAY))

    made = renewals(declared("a", "b", "c"), live(*rooms), NOW)

    assert [change.key for change in made] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("ago", "age", "pin", "expected"),
    [
        pytest.param(HOUR, 900, "1", {"due"}, id="renewed-an-hour-ago"),
        pytest.param(DAY - 60, 900, "1", {"due"}, id="renewed-within-a-day"),
        pytest.param(DAY + 60, 900, "1", set(), id="renewed-before-that"),
        pytest.param(-60, 900, "1", {"due"}, id="a-clock-that-is-ahead"),
        pytest.param(-HOUR, 900, "1", set(), id="an-end-set-by-hand"),
        pytest.param(HOUR, 0, "1", set(), id="created-within-a-day"),
        pytest.param(HOUR, 900, "", set(), id="no-pin"),
    ],
)
def test_a_renewal_of_the_last_day_holds_others_back(
    ago: int, age: int, pin: str, expected: set[str]
) -> None:
    """`exp` = then + `after`, then in the last 24 hours, in a room that is older."""
    other = room("other", 180 * DAY - ago, pin=pin, age=age)

    held = waiting(
        declared("due", "other"), live(room("due", 30 * DAY), other), NOW, {}
    )

    assert held.keys() == expected


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        pytest.param(2 * HOUR, set(), id="before-the-renewal"),
        pytest.param(HOUR + 60, {"due"}, id="within-the-skew-of-clocks"),
        pytest.param(HOUR - 60, {"due"}, id="after-the-renewal"),
    ],
)
def test_a_pin_that_was_recorded_before_its_renewal_holds_nothing_back(
    recorded: int, expected: set[str]
) -> None:
    """What was recorded afterwards may be the PIN that the renewal made."""
    other = room("other", 180 * DAY - HOUR)
    now = live(room("due", 30 * DAY), other)

    held = waiting(declared("due", "other"), now, NOW, {"other": NOW - recorded})

    assert held.keys() == expected


def test_one_proof_does_not_count_for_another_room() -> None:
    """Each renewal of the last day needs its own."""
    others = (room("other", 180 * DAY - HOUR), room("third", 180 * DAY - HOUR))
    config = declared("due", "other", "third")

    held = waiting(config, live(room("due", 30 * DAY), *others), NOW, {"other": 0})

    assert held.keys() == {"due"}


def test_a_room_of_unknown_age_is_evidence() -> None:
    """Where Daily does not show when a room was made, waiting is the safe side."""
    other = LiveRoom("other", "id", "private", {"exp": NOW + 180 * DAY, "dialin": {}})

    held = waiting(
        declared("due", "other"), live(room("due", 30 * DAY), other), NOW, {}
    )

    assert held == {"due": 30 * DAY}


@pytest.mark.parametrize(("left", "waits"), [(7 * DAY, False), (7 * DAY + 1, True)])
def test_a_room_with_a_week_left_waits_for_nothing(left: int, waits: bool) -> None:
    """Seven days or less are renewed all the same."""
    other = room("other", 180 * DAY)

    held = waiting(declared("due", "other"), live(room("due", left), other), NOW, {})

    assert bool(held) is waits


def test_a_room_without_a_pin_never_waits() -> None:
    """Its renewal cannot change a PIN."""
    rooms = (room("due", 30 * DAY, pin=""), room("other", 180 * DAY))

    assert waiting(declared("due", "other"), live(*rooms), NOW, {}) == {}


@pytest.mark.parametrize(
    ("left", "ids", "named"),
    [
        ({}, [], ()),
        ({"a": 30 * DAY, "b": 15 * DAY}, ["renewal-waits"], ("a", "b")),
        ({"a": 30 * DAY, "b": 14 * DAY}, ["renewal-waits-long"], ("b",)),
    ],
)
def test_rooms_that_wait_are_named(
    left: dict[str, int], ids: list[str], named: tuple[str, ...]
) -> None:
    """A note, and a warning that names those with 14 days or less."""
    findings = list(waiting_finding(left))

    assert [finding.id for finding in findings] == ids
    assert all(f"{', '.join(named)};" in finding.message for finding in findings)
