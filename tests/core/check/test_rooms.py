"""Each PIN room is held against what callers need, and nothing that was not read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.core.check.model import (
    ASSIGNMENTS,
    PURCHASED,
    ROOMS,
    Reading,
    Row,
    Verdict,
)
from reconciler.core.check.rows import Checked, examine
from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
    PurchasedNumber,
    Rolling,
)
from reconciler.core.secrecy import Secret
from reconciler.core.times import DAY

NOW = 1_800_000_000
NUMBER = "+12095550100"
OTHER = "+12095550101"
DIALIN = {"display_name": "P", "room_numbers": [NUMBER]}
ROLLING = Rolling(180 * DAY, 60 * DAY)


def room(days: float = 100, **config: Any) -> LiveRoom:
    """The room as Daily shows it."""
    shown = {
        "dialin": DIALIN,
        "dialin_code": "12345678901",
        "dialin_number": NUMBER,
        "exp": int(NOW + days * DAY),
        **config,
    }
    return LiveRoom("doctor", "id", "private", shown)


def declared(**more: Any) -> Desired:
    """The room as the file has it."""
    fields = {"privacy": "private", "dialin": DIALIN, **more.pop("fields", {})}
    return Desired("room", "doctor", fields, **{"rolling": ROLLING, **more})


def live(*rooms: LiveRoom, **more: Any) -> Live:
    """A domain with one PIN number."""
    known: dict[str, Any] = {
        "rooms": {one.name: one for one in rooms},
        "complete": True,
        "assignments": (LiveAssignment("current", "pin_dialin", NUMBER),),
        "purchased": (PurchasedNumber(NUMBER, "1"),),
    }
    return Live(LiveDomain("acme", "id", {}), **{**known, **more})


def checked(
    desired: Desired,
    reading: Live,
    *unread: str,
    now: float = NOW,
    min_left: float = 60 * DAY,
) -> Row:
    """The row of one resource."""
    config = Config("acme", resources=(desired,))
    gaps = Reading(reading, dict.fromkeys(unread, "it answers 500"))
    asked = Checked(config, gaps, now, min_left, lambda _kind, _key: True, {})
    (row,) = (row for row in examine(asked).rows if row.kind == desired.kind)
    return row


def ids(row: Row) -> list[str]:
    """The ids of its reasons."""
    return [reason.id for reason in row.reasons]


@pytest.mark.parametrize(
    ("days", "min_left", "fails"),
    [
        (60.001, 60, False),
        (60, 60, True),
        (59, 60, True),
        (0.5, 0, False),
        (300, 301, True),
    ],
)
def test_an_end_that_nothing_moves_needs_its_time(
    days: float, min_left: float, fails: bool
) -> None:
    """More than `min_left` must be left."""
    desired = declared(rolling=None, fields={"exp": int(NOW + days * DAY)})

    row = checked(desired, live(room(days)), min_left=min_left * DAY)

    assert ids(row) == ["pin-ends"] * fails
    assert row.ends == int(NOW + days * DAY)


@pytest.mark.parametrize(
    ("renew_before", "days", "fails"),
    [
        pytest.param(60, 60.1, False, id="not due"),
        pytest.param(60, 58.1, False, id="due for almost two days"),
        pytest.param(60, 57.9, True, id="due for more than two days"),
        pytest.param(1, 0.6, False, id="half of a short window is left"),
        pytest.param(1, 0.4, True, id="less than half of it is left"),
    ],
)
def test_a_renewal_is_overdue_when_schedules_would_have_run(
    renew_before: float, days: float, fails: bool
) -> None:
    """After two days, or half of a window that is shorter than four."""
    rolling = Rolling(180 * DAY, int(renew_before * DAY))

    row = checked(declared(rolling=rolling), live(room(days)))

    assert ids(row) == ["renewal-overdue"] * fails


@pytest.mark.parametrize("days", [30, -1])
def test_a_room_that_is_meant_to_end_never_fails_by_its_end(days: float) -> None:
    """`ends: true` acknowledges both an end that is near and one that has passed."""
    desired = declared(rolling=None, ends=True, fields={"exp": int(NOW + days * DAY)})

    assert checked(desired, live(room(days))).verdict is Verdict.OK
    if days < 0:
        assert checked(desired, live()).verdict is Verdict.OK


def test_every_reason_is_named() -> None:
    """Not the first one alone."""
    spoiled = room(10, dialin_code=None, nbf=NOW + DAY, sip={"num_endpoints": 5})
    nothing = live(spoiled, assignments=(), purchased=())

    row = checked(declared(rolling=None), nothing)

    assert ids(row) == [
        *("no-pin", "not-open", "pin-ends", "no-phone-slot"),
        *("room-number-gone", "room-number-gone"),
    ]


@pytest.mark.parametrize("unread", [ROOMS, ASSIGNMENTS, PURCHASED, f"{ROOMS}/doctor"])
def test_nothing_follows_from_what_was_not_read(unread: str) -> None:
    """An empty part that was not read is no proof of anything."""
    empty = {
        ROOMS: live(),
        ASSIGNMENTS: live(room(), assignments=()),
        PURCHASED: live(room(), purchased=None),
        f"{ROOMS}/doctor": live(room(dialin_code=None)),
    }[unread]

    row = checked(declared(), empty, unread)
    sure = checked(declared(), replace(empty, purchased=empty.purchased or ()))

    assert (row.verdict, ids(row)) == (Verdict.UNKNOWN, ["not-read"])
    assert unread in row.reasons[0].message
    assert sure.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("shown", "owned", "fails"),
    [
        pytest.param("+12095038039", (), False, id="Daily's own, no number bought"),
        pytest.param(
            "+12095038039", (PurchasedNumber(NUMBER, "1"),), False, id="Daily's own"
        ),
        pytest.param(OTHER, (PurchasedNumber(NUMBER, "1"),), True, id="released"),
        pytest.param(NUMBER, (PurchasedNumber(NUMBER, "1"),), False, id="bought"),
        pytest.param("", (PurchasedNumber(NUMBER, "1"),), False, id="the first bought"),
        pytest.param("", (), False, id="none: Daily's own"),
    ],
)
def test_a_room_without_numbers_is_reached_by_what_daily_shows(
    shown: str, owned: tuple[PurchasedNumber, ...], fails: bool
) -> None:
    """Daily's own numbers serve domains without one, and need no assignment."""
    plain = {"display_name": "P"}
    reading = live(
        room(dialin=plain, dialin_number=shown),
        purchased=owned,
        assignments=(LiveAssignment("current", "pin_dialin", NUMBER),) if owned else (),
    )

    row = checked(declared(fields={"dialin": plain}), reading)

    assert set(ids(row)) == ({"room-number-gone"} if fails else set())


@pytest.mark.parametrize(
    "hook", [Secret("", "${HOOK}"), Secret("https://secret.test/", "${HOOK}")]
)
def test_a_value_of_a_variable_stays_hidden(hook: Secret) -> None:
    """Whether it is set or not."""
    fields = {"type": "pinless_dialin", "room_creation_api": hook}
    entry = LiveAssignment(
        "current",
        "pinless_dialin",
        OTHER,
        {"room_creation_api": "https://api.example.com/x", "sip_uri": "a@example.com"},
    )
    reading = live(assignments=(entry,), purchased=(PurchasedNumber(OTHER, "1"),))

    row = checked(Desired("number", OTHER, fields), reading)

    assert ids(row) == ["hook-differs"] * bool(hook.text)
    assert "example.com" not in repr(row)
    assert "secret.test" not in repr(row)
