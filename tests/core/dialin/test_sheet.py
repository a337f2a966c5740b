"""Dial strings, links, masks, and which of a room's numbers comes first."""

from __future__ import annotations

import pytest

from reconciler.core.dialin.sheet import (
    DialIn,
    Number,
    dial_string,
    dialins,
    masked,
    tel_link,
)
from reconciler.core.model import Config, Desired, Live, LiveDomain, LiveRoom
from reconciler.render.text.dialin import dialin_text

ONE, TWO = "+12095550101", "+12095550102"
PIN = "01234567890"


def listed(config: dict[str, object], named: list[str], now: float = 0) -> DialIn:
    """The one room of a file that names these numbers."""
    desired = Desired("room", "standup", {"dialin": {"room_numbers": named}})
    room = LiveRoom("standup", "r", "private", {"dialin_code": PIN, **config})
    live = Live(LiveDomain("acme", "d", {}), {"standup": room})
    (entry,) = dialins(Config("acme", resources=(desired,)), live, now=now)
    return entry


def test_a_link_is_the_dial_string_with_its_commas() -> None:
    """Phones take plain commas as pauses; RFC 3966 has none that they would know."""
    assert dial_string(ONE, PIN) == f"{ONE},,{PIN}"
    assert tel_link(ONE, PIN) == f"tel:{ONE},,{PIN}"
    assert tel_link(ONE, "") == f"tel:{ONE}"


@pytest.mark.parametrize(
    ("number", "pin"),
    [
        ("javascript:alert(1)", PIN),
        ("12095550101", PIN),
        ("+1209 555", PIN),
        (ONE, "123#"),
        (ONE, "123;456"),
        (ONE, "١٢٣"),
        (f"{ONE}\n", PIN),
        ("", ""),
    ],
)
def test_only_digits_make_a_link(number: str, pin: str) -> None:
    """Whatever Daily shows, a link dials digits or there is none."""
    assert tel_link(number, pin) == ""


def test_a_masked_list_holds_no_pin() -> None:
    """The PIN is taken out of the value, so that no format can show it."""
    entry = DialIn("standup", PIN, (Number(ONE),), 1_800_000_000)
    new = DialIn("new", problem="not in Daily yet")

    hidden, same = masked([entry, new])

    assert PIN not in repr(hidden)
    assert (hidden.masked, hidden.numbers, same) == (True, entry.numbers, new)


def test_the_order_of_the_file_counts_where_the_numbers_are_the_same() -> None:
    """Daily may show them in any order; the first one is the one people print."""
    shown = {"dialin": {"room_numbers": [ONE, TWO]}}

    assert [n.number for n in listed(shown, [TWO, ONE]).numbers] == [TWO, ONE]
    assert [n.number for n in listed(shown, [TWO]).numbers] == [ONE, TWO]


def test_an_expired_room_shows_no_pin() -> None:
    """A PIN that no longer works is worse than none."""
    entry = listed({"exp": 1_000}, [ONE], now=1_000)

    assert (entry.pin, entry.problem, entry.expires) == ("", "has expired", 1_000)
    assert listed({"exp": 1_001}, [ONE], now=1_000).pin == PIN


@pytest.mark.parametrize("exp", [None, "soon", float("inf"), float("nan")])
def test_an_end_that_is_no_time_is_none(exp: object) -> None:
    """Whatever stands in `exp`, the list is made."""
    assert listed({"exp": exp}, [ONE]).expires is None


@pytest.mark.parametrize(
    ("config", "sources"),
    [
        ({}, {ONE: "declared", TWO: "declared"}),
        ({"dialin_number": ""}, {ONE: "declared", TWO: "declared"}),
        ({"dialin_number": TWO[1:]}, {ONE: "declared", TWO: "room"}),
        (
            {"dialin_number": "+12095550103"},
            {ONE: "declared", TWO: "declared", "+12095550103": "daily"},
        ),
        (
            {"dialin": {"room_numbers": [TWO, ONE]}, "dialin_number": "+12095550103"},
            {ONE: "room", TWO: "room"},
        ),
        ({"dialin": {"room_numbers": [TWO]}}, {TWO: "room"}),
    ],
)
def test_a_number_is_certain_only_where_daily_shows_it(
    config: dict[str, object], sources: dict[str, str]
) -> None:
    """What the file names and Daily does not show is marked, in every format."""
    entry = listed(config, [ONE, TWO])

    assert {n.number: str(n.source) for n in entry.numbers} == sources
    doubtful = [n for n in entry.numbers if str(n.source) == "declared"]
    assert all("not confirmed" in number.note for number in doubtful)
    assert ("not confirmed" in dialin_text([entry])) == bool(doubtful)
