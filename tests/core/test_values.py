"""Gates, estimates, dial-in lists, reports and renewals: values from values."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.compare.diff import FieldChange
from reconciler.core.dialin.sheet import GLOBAL_NUMBERS, dialins
from reconciler.core.model import (
    Config,
    Desired,
    Limit,
    Limits,
    Live,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
    PurchasedNumber,
)
from reconciler.core.plan.cost import estimate
from reconciler.core.plan.gates import NAMES, check_gates
from reconciler.core.plan.model import Action, Change, Plan
from reconciler.core.report import Kept, Outcome, PinFate, PinNews, Report, Result

DOMAIN = LiveDomain("acme", "d", {}, frozenset({"pin_dialin", "pinless_dialin"}))
NUMBER = "+12095550100"


def change(action: Action, kind: Any = "room", key: str = "r", **more: Any) -> Change:
    """A change with as little in it as possible."""
    more.setdefault("desired", Desired(kind, key))
    return Change(action, kind, key, "why", **more)


def plan(*changes: Change, managed: int = 0, **more: Any) -> Plan:
    """A plan of these changes."""
    limits = more.pop("limits", Limits())
    some = Config("acme", limits=limits, resources=(Desired("room", "r"),))
    config = more.pop("config", some)
    live = more.pop("live", Live(DOMAIN, requests=3))
    return Plan(config, live, 0.0, changes=changes, managed_live=managed, **more)


def many(action: Action, count: int, kind: Any = "room") -> list[Change]:
    """Changes of one action."""
    return [change(action, kind, f"r{n}") for n in range(count)]


# Gates.


@pytest.mark.parametrize(
    ("limit", "managed", "most"),
    [
        pytest.param(Limit(percent=50), 100, 50, id="half"),
        pytest.param(Limit(percent=50), 101, 50, id="rounded-down"),
        pytest.param(Limits().update, 4, 10, id="the-default-is-never-below-ten"),
        pytest.param(Limit(percent=50), 4, 2, id="a-written-share-is-literal"),
        pytest.param(Limit(percent=0), 1000, 0, id="nothing-at-all"),
        pytest.param(Limit(count=0), 1000, 0, id="a-count-may-be-nothing"),
        pytest.param(Limit(count=7), 1000, 7, id="a-count"),
    ],
)
def test_a_limit_is_a_count_or_a_share(limit: Limit, managed: int, most: int) -> None:
    """A share counts against what the file manages and Daily has."""
    limits = Limits(update=limit)
    held = plan(*many(Action.UPDATE, most + 1), managed=managed, limits=limits)
    free = plan(*many(Action.UPDATE, most), managed=managed, limits=limits)

    assert [(g.name, g.open, g.limit) for g in check_gates(held, {})] == [
        ("update", False, most)
    ]
    assert all(gate.open for gate in check_gates(free, {}))


@pytest.mark.parametrize("action", ["delete", "replace", "update"])
def test_a_gate_opens_for_the_count_that_was_said(action: str) -> None:
    """`--allow NAME=N` lets N pass and not one more."""
    held = plan(*many(Action(action), 40))

    (closed,) = check_gates(held, {action: 39})
    (opened,) = check_gates(held, {action: 40})

    assert not closed.open
    assert closed.hint == f"--allow {action}=40"
    assert opened.open


def test_renewals_and_creations_meet_no_gate() -> None:
    """Neither a renewal nor a creation counts against a limit."""
    free = plan(*many(Action.RENEW, 5_000), *many(Action.CREATE, 5_000))

    assert check_gates(free, {}) == ()


def test_every_gate_has_a_known_name() -> None:
    """A gate that can close is one that `--allow` knows."""
    changes = [*many(Action.DELETE, 9), *many(Action.REPLACE, 9, "number")]

    assert {gate.name for gate in check_gates(plan(*changes), {})} <= set(NAMES)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"number": NUMBER}, NUMBER),
        ({"fields": {"sip_uri": "a@example.com"}}, "SIP entry a@example.com"),
        ({"fields": {"name_prefix": "a"}}, "SIP entry a"),
        ({"id": "c7"}, "SIP entry c7"),
        ({"position": 4}, "SIP entry 4"),
    ],
)
def test_an_entry_is_called_by_what_it_has(entry: Any, said: str) -> None:
    """An entry is its number, else its SIP address, name, id or place."""
    full = {"store": "legacy", "type": "pinless_dialin", "number": None, **entry}

    assert LiveAssignment(**full).label == said


# Estimates.


@pytest.mark.parametrize(
    ("changes", "general", "deletion"),
    [
        pytest.param([], 0, 0, id="nothing"),
        pytest.param(many(Action.CREATE, 10), 10 + 3, 0, id="ten-one-by-one"),
        pytest.param(many(Action.CREATE, 11), 1 + 3, 0, id="eleven-in-a-batch"),
        pytest.param(many(Action.CREATE, 1_000), 1 + 3, 0, id="a-full-batch"),
        pytest.param(many(Action.CREATE, 1_001), 2 + 3, 0, id="two-batches"),
        pytest.param(many(Action.UPDATE, 300), 300 + 3, 0, id="updates"),
        pytest.param(many(Action.DELETE, 4), 4 + 3, 4, id="deletions-are-slow"),
        pytest.param(
            [
                change(Action.CREATE, key=f"p{n}", send={"dialin": {}})
                for n in range(20)
            ],
            20 + 3,
            0,
            id="pin-rooms-one-by-one",
        ),
    ],
)
def test_estimates_requests(changes: Any, general: int, deletion: int) -> None:
    """What applying costs: batches, single writes, deletions, and reading back."""
    made = estimate(plan(*changes))

    assert (made.general, made.deletion) == (general, deletion)


@pytest.mark.parametrize("store", ["current", "legacy"])
def test_an_estimate_counts_the_careful_reading_of_stores(store: Any) -> None:
    """Writing a number costs more than one request: the stores are read around it."""
    config = Config("acme", store=store)
    one = change(Action.CREATE, "number", NUMBER, send={"type": "pin_dialin"})

    assert estimate(plan(one, config=config)).general > 1 + 3


# Who dials what.


def standup(exp: Any = None, **config: Any) -> LiveRoom:
    """A live room, with a PIN unless told otherwise."""
    config.setdefault("dialin_code", "01234567890")
    return LiveRoom("standup", "id", "private", {"exp": exp, **config})


def listed(room: LiveRoom | None, fields: Any = None, **live: Any) -> Any:
    """The dial-in list of one declared room."""
    declared = Desired("room", "standup", {"dialin": {}} if fields is None else fields)
    rooms = {"standup": room} if room else {}
    seen = Live(DOMAIN, rooms, **live)
    return dialins(Config("acme", resources=(declared,)), seen)


def owned(*numbers: str) -> tuple[PurchasedNumber, ...]:
    """Purchased numbers, newest first."""
    return tuple(PurchasedNumber(n, f"id-{n}") for n in numbers)


PINLESS = LiveAssignment("current", "pinless_dialin", "+12095550102")


@pytest.mark.parametrize(
    ("room", "live", "numbers", "sure"),
    [
        pytest.param(
            standup(dialin={"room_numbers": [NUMBER]}, dialin_number="12095550109"),
            {"purchased": owned("+12095550101")},
            [NUMBER],
            True,
            id="room-numbers",
        ),
        pytest.param(
            standup(dialin={}, dialin_number="12095550109"),
            {"purchased": owned("+12095550101")},
            ["+12095550109"],
            True,
            id="the-number-daily-names",
        ),
        pytest.param(
            standup(dialin={}),
            {"purchased": owned("+12095550101", NUMBER)},
            [NUMBER],
            False,
            id="the-number-bought-first",
        ),
        pytest.param(
            standup(dialin={}),
            {
                "purchased": owned("+12095550101", "+12095550102"),
                "assignments": (PINLESS,),
            },
            ["+12095550101"],
            False,
            id="not-a-pinless-one",
        ),
        pytest.param(
            standup(dialin={}),
            {"purchased": ()},
            [number for _, number in GLOBAL_NUMBERS],
            False,
            id="dailys-own-numbers",
        ),
    ],
)
def test_numbers_to_dial(room: Any, live: Any, numbers: Any, sure: bool) -> None:
    """The room's own numbers, else Daily's answer, else what the guide says."""
    (entry,) = listed(room, **live)

    assert [n.number for n in entry.numbers] == numbers
    assert all((n.note == "") is sure for n in entry.numbers)


def test_a_declared_number_counts_where_daily_shows_none() -> None:
    """Room numbers from the file are used when the live room hides them."""
    fields = {"dialin": {"room_numbers": [NUMBER]}}

    (entry,) = listed(standup(dialin={}), fields)

    assert [n.number for n in entry.numbers] == [NUMBER]


@pytest.mark.parametrize(
    ("room", "problem"),
    [
        pytest.param(None, "not in Daily yet", id="missing"),
        pytest.param(standup(dialin={}, dialin_code=None), "no PIN", id="without"),
        pytest.param(standup(dialin={}, dialin_code=""), "no PIN", id="empty"),
    ],
)
def test_a_room_without_a_pin_says_why(room: Any, problem: str) -> None:
    """Instead of a PIN there is a reason."""
    (entry,) = listed(room)

    assert problem in entry.problem
    assert not entry.pin


def test_a_pin_keeps_its_zeros_and_the_room_its_end() -> None:
    """A PIN is text, leading zeros included; the expiry is whole seconds."""
    (entry,) = listed(standup(exp=1_815_552_000.7))

    assert (entry.pin, entry.expires) == ("01234567890", 1_815_552_000)


@pytest.mark.parametrize(
    ("fields", "count"),
    [({}, 1), ({"dialin": None}, 0), ({"dialin": {}}, 1)],
    ids=["not-managed", "ended", "wanted"],
)
def test_only_rooms_with_dialin_are_listed(fields: Any, count: int) -> None:
    """A room is listed when the file wants dial-in, or leaves it alone with a PIN."""
    assert len(listed(standup(dialin={}), fields)) == count


# Reports.

DONE = Result(change(Action.UPDATE), Outcome.DONE)
FIELD = FieldChange(("lang",), "en", "de")


@pytest.mark.parametrize(
    ("report", "code"),
    [
        pytest.param(Report(), 0, id="nothing-to-do"),
        pytest.param(Report((DONE,)), 0, id="all-done"),
        pytest.param(
            Report((DONE,), pins=(PinNews("r", PinFate.NEW),)), 0, id="new-pin"
        ),
        pytest.param(
            Report((Result(DONE.change, Outcome.FAILED),)), 1, id="all-failed"
        ),
        pytest.param(Report((Result(DONE.change, Outcome.BLOCKED),)), 1, id="blocked"),
        pytest.param(Report((Result(DONE.change, Outcome.NOT_TRIED),)), 1, id="idle"),
        pytest.param(
            Report((Result(DONE.change, Outcome.UNKNOWN),)), 3, id="lost-answer"
        ),
        pytest.param(
            Report((DONE, Result(DONE.change, Outcome.FAILED))), 3, id="partly"
        ),
        pytest.param(Report((DONE,), kept=(Kept(DONE.change, FIELD),)), 3, id="kept"),
        pytest.param(Report((DONE,), lost=("x",)), 3, id="lost-entry"),
        pytest.param(Report((), lost=("x",)), 3, id="lost-entry-alone"),
        pytest.param(
            Report((DONE,), pins=(PinNews("r", PinFate.LOST),)), 3, id="pin-lost"
        ),
        pytest.param(
            Report((DONE,), pins=(PinNews("r", PinFate.MISSING),)), 3, id="pin-missing"
        ),
        pytest.param(
            Report((DONE,), pins=(PinNews("r", PinFate.CHANGED),)), 3, id="pin-changed"
        ),
        pytest.param(Report((DONE,), verified=False), 3, id="not-verified"),
        pytest.param(Report((DONE,), stopped="interrupted"), 3, id="interrupted"),
        pytest.param(
            Report((DONE,), interrupted=True), 0, id="interrupted-when-all-was-done"
        ),
        pytest.param(
            Report((DONE,), interrupted=True, verified=False),
            3,
            id="interrupted-before-it-was-verified",
        ),
        pytest.param(Report((), stopped="interrupted"), 1, id="interrupted-at-once"),
    ],
)
def test_a_report_knows_its_exit_code(report: Report, code: int) -> None:
    """0 all done, 3 part of it or not as sent, 1 nothing changed."""
    assert report.exit_code == code
