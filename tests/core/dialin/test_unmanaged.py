"""Rooms of no file: which ones people may have been given, and when the first ends."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.dialin.unmanaged import nearest_end, unmanaged_rooms
from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
    PurchasedNumber,
)
from reconciler.core.times import DAY

NOW = 1_800_000_000
PINLESS = "+12095550109"
OWNED = PurchasedNumber("+12095550100", "n1")


def room(name: str, ends: float | None, made: float | None, **config: Any) -> LiveRoom:
    """A PIN room unless its config says otherwise; times are days from now."""
    shown = {"dialin": {}, "dialin_code": "12345678901", **config}
    if ends is not None:
        shown["exp"] = int(NOW + ends * DAY)
    created = None if made is None else int(NOW + made * DAY)
    return LiveRoom(name, name, "private", shown, created)


def names(*rooms: LiveRoom, declared: tuple[Desired, ...] = ()) -> list[str]:
    """The names in their order."""
    live = Live(LiveDomain("acme", "id", {}), {one.name: one for one in rooms})
    found = unmanaged_rooms(Config("acme", resources=declared), live, NOW)
    return [one.name for one in found if one.watched]


@pytest.mark.parametrize(
    ("ends", "made", "watched"),
    [
        pytest.param(None, -1, True, id="no end"),
        pytest.param(None, None, True, id="no end, and no beginning"),
        pytest.param(0.1, None, True, id="beginning unknown"),
        pytest.param(0.5, -0.5, False, id="exactly a day"),
        pytest.param(0.5, -0.51, True, id="a little more"),
        pytest.param(0.01, -300, True, id="near its end"),
        pytest.param(-0.1, -300, False, id="over"),
    ],
)
def test_a_life_of_more_than_a_day_is_watched(
    ends: float | None, made: float | None, watched: bool
) -> None:
    """From its creation to its end; what is not known counts as long."""
    assert names(room("one", ends, made)) == ["one"] * watched


def test_a_pin_that_a_list_hides_is_one() -> None:
    """`dialin` tells, too; without both it is no PIN room."""
    hidden = room("hidden", 9, -9, dialin_code=None)
    plain = room("plain", 9, -9, dialin_code=None, dialin=None)

    assert names(hidden, plain) == ["hidden"]


def test_what_a_file_names_is_not_among_them() -> None:
    """Also where the file says that it must go."""
    rooms = (room("kept", 9, -9), room("gone", 9, -9), room("other", 9, -9))
    declared = (Desired("room", "kept"), Desired("room", "gone", absent=True))

    assert names(*rooms, declared=declared) == ["other"]


def test_the_first_end_is_first() -> None:
    """And the nearest one of all that are watched."""
    rooms = (room("b", 9, -9), room("never", None, -9), room("a", 5, -9))
    call = room("call", 0.1, -0.1)
    live = Live(LiveDomain("acme", "id", {}), {one.name: one for one in (*rooms, call)})
    found = unmanaged_rooms(Config("acme"), live, NOW)

    assert [one.name for one in found] == ["a", "b", "never", "call"]
    assert nearest_end(found) == NOW + 5 * DAY
    assert nearest_end(found[2:]) is None


@pytest.mark.parametrize(
    ("config", "purchased", "numbers"),
    [
        pytest.param(
            {"dialin": {"room_numbers": ["+12095550107", PINLESS]}},
            (OWNED,),
            ["+12095550107"],
            id="named, and one that asks for no PIN",
        ),
        pytest.param({"dialin": {}}, (OWNED,), ["+12095550100"], id="the default"),
        pytest.param({"dialin": {}}, None, None, id="numbers not read"),
        pytest.param(
            {"dialin": {"room_numbers": ["+12095550107"]}},
            None,
            ["+12095550107"],
            id="named, numbers not read",
        ),
        pytest.param(
            {"dialin": {"room_numbers": [PINLESS]}}, (OWNED,), [], id="none asks"
        ),
    ],
)
def test_the_numbers_that_reach_a_pin_room(
    config: dict[str, Any],
    purchased: tuple[PurchasedNumber, ...] | None,
    numbers: list[str] | None,
) -> None:
    """As the sheet for callers has them; unknown where numbers were not read."""
    live = Live(
        LiveDomain("acme", "id", {}),
        {"one": room("one", 9, -9, **config)},
        purchased=purchased,
        assignments=(LiveAssignment("current", "pinless_dialin", PINLESS),),
    )

    (found,) = unmanaged_rooms(Config("acme"), live, NOW)

    said = None if found.numbers is None else [n.number for n in found.numbers]
    assert said == numbers


@pytest.mark.parametrize(("ends", "lasting"), [(None, True), (400, False)])
def test_a_room_without_a_pin_lasts_without_an_end(
    ends: float | None, lasting: bool
) -> None:
    """One that ends is thrown away, however far its end is."""
    plain = room("plain", ends, -9, dialin_code=None, dialin=None)
    live = Live(LiveDomain("acme", "id", {}), {"plain": plain})

    (found,) = unmanaged_rooms(Config("acme"), live, NOW)

    assert (found.has_pin, found.lasting, found.numbers) == (False, lasting, ())
