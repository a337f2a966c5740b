"""An update adds what is new, and silences no alarm that is not named."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from reconciler.core.ledger import Ledger, Line, Seal
from reconciler.core.ledger.compare import compare
from reconciler.core.ledger.reach import Reach
from reconciler.core.ledger.update import Recording, Update, update

ONE, TWO = "+12095550100", "+12095550101"
PIN = "12345678901"
SEAL = Seal(b"a derived key")
TODAY = "2026-05-05"
LINE = Line("r", "id-1", (ONE,), "2026-01-31")
KEYED = replace(LINE, digest=SEAL.digest("r", (ONE,), PIN))
REACH = Reach("r", "id-1", (ONE,), PIN)


def updated(
    line: Line | None,
    reach: Reach | None,
    *,
    named: bool = False,
    seal: Seal | None = None,
    other: bool = False,
) -> tuple[Line | None, Update]:
    """The line of the room `r` after an update, and all that it did."""
    made = update(
        Ledger({"r": line} if line else {}),
        {"r": reach} if reach else {},
        Recording(TODAY, seal, other),
        named=lambda _room: named,
        only=lambda _room: True,
    )
    return made.ledger.lines.get("r"), made


@pytest.mark.parametrize("seal", [None, SEAL])
@pytest.mark.parametrize("named", [False, True])
def test_a_new_room_is_added_with_what_is_known(seal: Seal | None, named: bool) -> None:
    """Today, with a digest where there is a key."""
    line, made = updated(None, REACH, named=named, seal=seal)

    digest = SEAL.digest("r", (ONE,), PIN) if seal else ""
    assert line == replace(LINE, day=TODAY, digest=digest)
    assert made.added == ("r",)


@pytest.mark.parametrize(
    "reach", [None, Reach("r", problem="it has no PIN"), replace(REACH, numbers=None)]
)
def test_what_callers_cannot_be_told_is_not_recorded(reach: Reach | None) -> None:
    """Neither a room without a PIN, nor one whose numbers were not read."""
    assert updated(None, reach)[0] is None


WRONG = [
    pytest.param(replace(REACH, id="id-2"), id="recreated"),
    pytest.param(replace(REACH, numbers=(TWO,)), id="another-number"),
    pytest.param(replace(REACH, pin="2" * 11), id="another-pin"),
]


@pytest.mark.parametrize("reach", WRONG)
def test_an_alarm_stays_until_it_is_named(reach: Reach) -> None:
    """Then the line is what callers find today."""
    line, made = updated(KEYED, reach, seal=SEAL)
    assert line is KEYED
    assert [alarm.line for alarm in made.alarms] == [KEYED]

    line, made = updated(KEYED, reach, seal=SEAL, named=True)
    assert line == Recording(TODAY, SEAL).line(reach)
    assert (made.taken, made.alarms) == (("r",), ())


@pytest.mark.parametrize(
    "reach",
    [
        None,
        Reach("r", problem="it has no PIN"),
        Reach("r", problem="it has ended", meant=True),
    ],
)
def test_a_line_that_stands_for_nothing_is_removed_by_name_only(
    reach: Reach | None,
) -> None:
    """Whether its room left the file, lost its PIN, or has ended as was meant."""
    assert updated(KEYED, reach)[0] is KEYED
    line, made = updated(KEYED, reach, named=True)
    assert line is None
    assert made.removed == ("r",)
    assert made.alarms == ()


@pytest.mark.parametrize("named", [False, True])
def test_a_first_key_adds_the_digest_and_keeps_the_day(named: bool) -> None:
    """With the day of the digest: it may be of another PIN than callers were told."""
    line, made = updated(LINE, REACH, seal=SEAL, named=named)

    assert line == replace(KEYED, digest_day=TODAY)
    assert made.sealed == ("r",)


def test_a_digest_of_the_same_day_needs_no_day_of_its_own() -> None:
    """The line is then as one that was written with a key."""
    line, _ = updated(replace(LINE, day=TODAY), REACH, seal=SEAL)

    assert line == replace(KEYED, day=TODAY)


def test_a_first_key_adds_nothing_to_an_alarm() -> None:
    """A digest of today would tell that callers have today's PIN."""
    line, _ = updated(LINE, replace(REACH, id="id-2"), seal=SEAL)

    assert line is LINE


def test_more_numbers_are_taken_over_by_name_only() -> None:
    """They are no alarm, and callers may not know them."""
    more = replace(REACH, numbers=(ONE, TWO))

    line, made = updated(LINE, more)
    assert line is LINE
    assert (made.more, made.alarms) == (("r",), ())
    line, made = updated(LINE, more, named=True)
    assert line == replace(LINE, numbers=(ONE, TWO), day=TODAY)


def test_a_digest_of_another_key_is_made_anew_by_name_only() -> None:
    """Whether the PIN is the one that callers were told cannot be known."""
    new = Seal(b"another")

    assert updated(KEYED, REACH, seal=new, other=True)[0] is KEYED
    line, made = updated(KEYED, REACH, seal=new, other=True, named=True)
    assert line == Recording(TODAY, new).line(REACH)
    assert made.taken == ("r",)


@pytest.mark.parametrize("seed", range(60))
def test_no_update_without_a_name_ends_an_alarm(seed: int) -> None:
    """Whatever the lines and the rooms: the same rooms are out before and after."""
    rng = random.Random(seed)
    names = "abcdefgh"

    def reach(room: str) -> Reach:
        pin, numbers = rng.choice(["", PIN, "2" * 11]), rng.choice([(ONE,), (ONE, TWO)])
        return Reach(room, rng.choice(["", "id-1", "id-2"]), numbers, pin, "it is out")

    def line(room: str) -> Line:
        made = Recording("2026-01-01", rng.choice([None, SEAL])).line(reach(room))
        return replace(made, digest=made.digest if rng.random() < 0.7 else "")

    lines = {room: line(room) for room in names if rng.random() < 0.7}
    found = {room: reach(room) for room in names if rng.random() < 0.8}
    seal = rng.choice([None, SEAL])
    before = compare(Ledger(lines), found, seal).alarms

    made = update(
        Ledger(lines),
        found,
        Recording(TODAY, seal),
        named=lambda _room: False,
        only=lambda _room: True,
    )

    assert compare(made.ledger, found, seal).alarms == made.alarms == before
    assert lines.keys() <= made.ledger.lines.keys()
    assert not made.taken + made.removed
