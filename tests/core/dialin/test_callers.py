"""What callers are given: rooms that they can join, numbers that answer."""

from __future__ import annotations

import pytest

from reconciler.core.dialin.callers import for_callers
from reconciler.core.dialin.number_use import NumberUse
from reconciler.core.dialin.sheet import DialIn, Number, Source
from reconciler.core.model import LiveAssignment

ONE, TWO, OTHER = "+12095550100", "+12095550101", "+12095550102"
PIN = "12345678901"


def use(number: str, *types: str, owned: bool = True) -> NumberUse:
    """A number with these assignments."""
    entries = tuple(LiveAssignment("current", type_, number) for type_ in types)
    return NumberUse(number, owned=owned, entries=entries)


GOOD = (use(ONE, "pin_dialin"), use(TWO, "pin_dialin"))


def numbers_of(*numbers: Number, uses: tuple[NumberUse, ...] = GOOD) -> tuple[str, ...]:
    """The numbers that callers of a room with these numbers are given."""
    sheet = for_callers([DialIn("a", PIN, numbers)], uses)
    return tuple(n.number for entry in sheet.ready for n in entry.numbers)


@pytest.mark.parametrize("source", [Source.DECLARED, Source.ASSUMED])
@pytest.mark.parametrize("sure", [Source.ROOM, Source.DAILY])
def test_what_is_certain_stands_alone(source: Source, sure: Source) -> None:
    """A number that may not work is left out where another one is known to."""
    assert numbers_of(Number(ONE, source), Number(TWO, sure)) == (TWO,)


@pytest.mark.parametrize("source", [Source.DECLARED, Source.ASSUMED])
def test_what_is_likely_stays_where_nothing_is_certain(source: Source) -> None:
    """It is yours and asks for a PIN: it is on the sheet, and named as unsure."""
    sheet = for_callers([DialIn("a", PIN, (Number(ONE, source),))], GOOD)

    assert [n.number for entry in sheet.ready for n in entry.numbers] == [ONE]
    assert sheet.unsure(source) == ("a",)


@pytest.mark.parametrize("source", [Source.ROOM, Source.DECLARED, Source.ASSUMED])
@pytest.mark.parametrize(
    "wrong",
    [
        use(ONE),
        use(ONE, "pinless_dialin"),
        use(ONE, "pin_dialin", "pinless_dialin"),
        use(ONE, "pin_dialin", owned=False),
    ],
    ids=["nothing", "pinless", "both", "sold"],
)
def test_a_number_that_asks_for_no_pin_is_not_given_away(
    source: Source, wrong: NumberUse
) -> None:
    """However it is known; a room that has no other is left out, and is missing."""
    (entry,) = for_callers([DialIn("a", PIN, (Number(ONE, source),))], [wrong]).left_out

    assert entry.missing
    assert ONE in entry.problem
    assert numbers_of(Number(ONE, source), Number(TWO), uses=(wrong, *GOOD[1:])) == (
        TWO,
    )


@pytest.mark.parametrize("source", [Source.DAILY, Source.GLOBAL])
def test_daily_own_numbers_answer_for_everybody(source: Source) -> None:
    """They are in no list of the domain."""
    assert numbers_of(Number(OTHER, source)) == (OTHER,)


def test_rooms_that_are_not_ready_are_left_out() -> None:
    """Each keeps its reason."""
    old = DialIn("old", problem="has expired", expires=1)

    sheet = for_callers([old, DialIn("a", PIN, (Number(ONE),))], GOOD)

    assert sheet.left_out == (old,)
    assert [entry.room for entry in sheet.ready] == ["a"]


def test_a_link_that_lets_nobody_in_is_named() -> None:
    """A private room without knocking, where Daily shows an address."""
    rooms = [
        DialIn(name, PIN, (Number(ONE),), url=url, invited=invited)
        for name, url, invited in (
            ("closed", "https://acme.daily.co/closed", True),
            ("open", "https://acme.daily.co/open", False),
            ("unknown", "", True),
        )
    ]

    assert for_callers(rooms, GOOD).invited == ("closed",)
