"""Who cannot get in any more, by what callers were told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.ledger import Ledger, Line, Seal
from reconciler.core.ledger.compare import compare, proven
from reconciler.core.ledger.reach import Reach, reaches
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
ONE, TWO = "+12095550100", "+12095550101"
PIN = "12345678901"
SEAL = Seal(b"a derived key")
PLAIN = Line("r", "id-1", (ONE,), "2026-01-31")
KEYED = replace(PLAIN, digest=SEAL.digest("r", (ONE,), PIN))
NOW_REACHED = Reach("r", "id-1", (ONE,), PIN)


def reasons(line: Line, reach: Reach, seal: Seal | None = SEAL) -> str:
    """Why a room is not as its callers were told; empty when it is."""
    found = compare(Ledger({"r": line}), {"r": reach}, seal).alarms
    return "; ".join(reason for alarm in found for reason in alarm.reasons)


@pytest.mark.parametrize(
    ("line", "reach", "expected"),
    [
        pytest.param(PLAIN, NOW_REACHED, "", id="as-told"),
        pytest.param(KEYED, NOW_REACHED, "", id="as-told-with-a-key"),
        pytest.param(
            PLAIN,
            replace(NOW_REACHED, id="id-2"),
            "it was recreated, and its PIN is likely another one",
            id="another-id",
        ),
        pytest.param(
            KEYED,
            replace(NOW_REACHED, id="id-2", pin="12345678902"),
            "it was recreated, and it has another PIN",
            id="another-id-and-pin",
        ),
        pytest.param(
            KEYED,
            replace(NOW_REACHED, id="id-2"),
            "it was recreated, and it has the same PIN",
            id="another-id-with-the-same-pin",
        ),
        pytest.param(
            replace(PLAIN, numbers=(ONE, TWO)),
            replace(NOW_REACHED, numbers=(TWO,)),
            f"it is no longer reached by {ONE}",
            id="one-of-two-numbers",
        ),
        pytest.param(PLAIN, replace(NOW_REACHED, id=""), "", id="no-id-is-shown"),
        pytest.param(replace(PLAIN, id=""), NOW_REACHED, "", id="no-id-was-shown"),
        pytest.param(
            KEYED, replace(NOW_REACHED, pin="12345678902"), "another PIN", id="pin"
        ),
        pytest.param(
            PLAIN, replace(NOW_REACHED, pin="12345678902"), "", id="pin-without-digest"
        ),
        pytest.param(
            KEYED,
            replace(NOW_REACHED, numbers=(TWO,)),
            f"it is reached by {TWO} instead of {ONE}",
            id="the-pin-of-a-changed-number-is-still-compared",
        ),
        pytest.param(KEYED, replace(NOW_REACHED, numbers=(TWO, ONE)), "", id="more"),
        pytest.param(KEYED, replace(NOW_REACHED, numbers=None), "", id="not-read"),
        pytest.param(
            replace(PLAIN, numbers=("global",)),
            NOW_REACHED,
            "Daily's own numbers",
            id="a-first-number-was-bought",
        ),
        pytest.param(
            PLAIN, Reach("r", problem="it has no PIN"), "it has no PIN", id="no-pin"
        ),
        pytest.param(
            PLAIN, Reach("r", problem="it has ended", meant=True), "", id="meant"
        ),
    ],
)
def test_what_is_an_alarm(line: Line, reach: Reach, expected: str) -> None:
    """Whatever keeps somebody out who has what the line says, and nothing else."""
    said = reasons(line, reach)

    assert expected in said
    assert bool(said) == bool(expected)


def test_without_the_key_a_digest_is_no_alarm() -> None:
    """It cannot be opened, which another finding says."""
    assert reasons(KEYED, replace(NOW_REACHED, pin="2" * 11), None) == ""


def test_rooms_are_sorted_into_those_with_a_line_and_without() -> None:
    """Only a room with a PIN is missing; a line without a room is left."""
    found = {"r": NOW_REACHED, "new": replace(NOW_REACHED, room="new")}
    found["no-pin"] = Reach("no-pin", problem="it has no PIN")

    compared = compare(
        Ledger({"r": PLAIN, "old": replace(PLAIN, room="old")}), found, None
    )

    assert (compared.missing, compared.left) == (("new",), ("old",))


@pytest.mark.parametrize(
    ("line", "pin", "seal", "known"),
    [
        (KEYED, PIN, SEAL, True),
        (KEYED, PIN, None, False),
        (KEYED, PIN, Seal(b"another"), False),
        (KEYED, "2" * 11, SEAL, False),
        (KEYED, "", SEAL, False),
        (PLAIN, PIN, SEAL, False),
    ],
)
def test_a_digest_proves_a_pin(
    line: Line, pin: str, seal: Seal | None, known: bool
) -> None:
    """From the end of its day on, as nothing tells the hour."""
    found = proven(Ledger({"r": line}), {"r": pin}, seal)

    assert found == ({"r": 1_769_817_600 + DAY} if known else {})


def test_a_digest_that_was_added_later_proves_from_then_on() -> None:
    """The day of the line is when callers were told the rest."""
    line = replace(KEYED, digest_day="2026-02-01")

    found = proven(Ledger({"r": line}), {"r": PIN, "other": None}, SEAL)

    assert found == {"r": 1_769_904_000 + DAY}


# How callers reach a room.


def reach(
    desired: Desired | None = None,
    room: LiveRoom | None = None,
    purchased: tuple[PurchasedNumber, ...] | None = (PurchasedNumber(ONE, "n-1"),),
    assignments: tuple[LiveAssignment, ...] = (),
) -> Reach:
    """The room `r` as callers find it."""
    desired = desired or Desired("room", "r", {"dialin": {}})
    live = Live(
        LiveDomain("acme", "id", {}),
        {"r": room} if room else {},
        purchased=purchased,
        assignments=assignments,
    )
    return reaches(Config("acme", resources=(desired,)), live, NOW)["r"]


def live_room(*, id_: str = "id-1", **config: object) -> LiveRoom:
    """A PIN room that lives."""
    known: dict[str, object] = {"dialin": {}, "dialin_code": PIN, "exp": NOW + DAY}
    return LiveRoom("r", id_, "private", known | config)


def test_a_room_is_reached_by_what_people_are_told() -> None:
    """The assumed number of the domain counts, as `dialin` prints it."""
    assert reach(room=live_room()) == Reach("r", "id-1", (ONE,), PIN)
    named = live_room(dialin={"room_numbers": [TWO, ONE]})
    assert reach(room=named).numbers == (TWO, ONE)
    assert reach(room=live_room(), purchased=()).numbers == ("global",)


def test_numbers_that_were_not_read_are_unknown() -> None:
    """Unless Daily shows them with the room."""
    assert reach(room=live_room(), purchased=None).numbers is None
    named = live_room(dialin={"room_numbers": [TWO]})
    assert reach(room=named, purchased=None).numbers == (TWO,)


@pytest.mark.parametrize("id_", ["", "a b", "x\n", "é"])
def test_an_id_that_cannot_be_written_is_none(id_: str) -> None:
    """Daily's ids are letters, digits and hyphens."""
    assert reach(room=live_room(id_=id_)).id == ""


@pytest.mark.parametrize(
    ("room", "desired", "problem", "meant"),
    [
        (None, {}, "Daily has no such room", False),
        (live_room(dialin_code=None), {}, "it has no PIN", False),
        (live_room(exp=NOW - 1), {}, "it has ended", False),
        (live_room(exp=NOW - 1), {"ends": True}, "it has ended", True),
        (None, {"ends": True}, "Daily has no such room", True),
        (
            live_room(exp=NOW - 1),
            {"fields": {"dialin": {}, "exp": NOW - 1}},
            "it has ended",
            True,
        ),
        (live_room(dialin_code=None), {"fields": {}}, "it has no PIN", False),
    ],
)
def test_why_a_room_is_out_of_reach(
    room: LiveRoom | None, desired: dict[str, object], problem: str, meant: bool
) -> None:
    """What a file says is to end is meant; what it does not declare is missed."""
    fields = {"fields": {"dialin": {}}} | desired
    declared = Desired("room", "r", **fields)  # type: ignore[arg-type]

    found = reach(declared, room)

    assert (found.pin, found.problem, found.meant) == ("", problem, meant)


def test_numbers_that_ask_for_no_pin_keep_callers_out() -> None:
    """The room has one, and nobody can type it."""
    pinless = LiveAssignment("current", "pinless_dialin", ONE)
    room = live_room(dialin={"room_numbers": [ONE]})

    found = reach(room=room, assignments=(pinless,))

    assert found == Reach("r", "id-1", problem="its numbers ask for no PIN")


def test_a_room_that_is_absent_in_the_file_is_not_looked_at() -> None:
    """Its end was written down and reviewed."""
    gone = Desired("room", "r", absent=True)
    live = Live(LiveDomain("acme", "id", {}))

    assert reaches(Config("acme", resources=(gone,)), live, NOW) == {}
