"""Which people a plan ejects or cuts off, and the gate that they close."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plans import change, plan

from reconciler.core.model import LiveRoom, Presence
from reconciler.core.plan.callers.busy import affected, people_in
from reconciler.core.plan.gates import Gate, check_gates
from reconciler.core.plan.model import Action, Change, Plan, Risk

EJECTS = Risk("ejects", "ejects people in the room")
FAILS = Risk("interrupts-calls", "calls to this number fail until it is done")
USED = Risk("affects-rooms", "callers lose their way in", ("hall", "attic"))
GONE = change(Action.DELETE, "lobby", risks=(EJECTS,))
REPLACED = change(Action.REPLACE, "+12095550100", kind="number", risks=(FAILS, USED))


def busy(made: Plan, presence: Presence | None, **allow: int) -> Gate | None:
    """The gate of a plan, where it is touched."""
    made = replace(made, live=replace(made.live, presence=presence))
    return next((g for g in check_gates(made, allow) if g.name == "busy"), None)


@pytest.mark.parametrize(
    ("one", "rooms"),
    [
        pytest.param(GONE, ("lobby",), id="a room that goes"),
        pytest.param(
            replace(GONE, live=LiveRoom("Lobby", "1", "private")),
            ("lobby", "Lobby"),
            id="another spelling at Daily",
        ),
        pytest.param(REPLACED, ("hall", "attic"), id="a number that is replaced"),
        pytest.param(replace(REPLACED, risks=(FAILS,)), (), id="that no room uses"),
        pytest.param(replace(REPLACED, risks=(USED,)), (), id="that goes on"),
        pytest.param(change(Action.RENEW, "lobby"), (), id="a renewal"),
        pytest.param(
            change(Action.UPDATE, "lobby", risks=(Risk("new-pin", "x"),)), (), id="PIN"
        ),
    ],
)
def test_the_rooms_that_a_change_affects(one: Change, rooms: tuple[str, ...]) -> None:
    """Those that it ejects people from, and those whose callers use the number."""
    assert affected(one) == rooms


def test_names_that_differ_in_case_are_one_room() -> None:
    """Whether they are is unknown, so people of both are counted, once."""
    presence = Presence({"LOBBY": 2, "lobby": 1, "hall": 5})

    assert people_in(("lobby", "Lobby"), presence) == {"lobby": 3}


@pytest.mark.parametrize(("allow", "is_open"), [(0, False), (2, False), (3, True)])
def test_people_inside_close_the_gate(allow: int, is_open: bool) -> None:
    """Each person counts once, also where two changes affect a room."""
    made = plan(GONE, REPLACED, replace(REPLACED, key="+12095550101"))
    presence = Presence({"lobby": 1, "attic": 2, "elsewhere": 7})

    gate = busy(made, presence, busy=allow)

    assert gate is not None
    assert (gate.count, gate.open, gate.hint) == (3, is_open, "--allow busy=3")
    assert gate.message == (
        "3 people are in rooms whose calls this ends or interrupts: "
        "lobby (1), attic (2)"
    )


@pytest.mark.parametrize("presence", [None, Presence(), Presence({"elsewhere": 7})])
def test_empty_rooms_touch_no_gate(presence: Presence | None) -> None:
    """People elsewhere do not count."""
    assert busy(plan(GONE, REPLACED), presence) is None


def test_what_is_not_known_closes_the_gate() -> None:
    """Each affected room counts as one person; without such a room nothing does."""
    unknown = Presence(problem="GET /presence failed: no")

    gate = busy(plan(GONE, REPLACED), unknown)

    assert gate is not None
    assert (gate.count, gate.open) == (3, False)
    assert gate.message == (
        "whether people are in lobby, hall, attic is not known: "
        "GET /presence failed: no"
    )
    assert busy(plan(change(Action.RENEW, "lobby")), unknown) is None


def test_a_message_names_20_rooms() -> None:
    """And counts the others."""
    made = plan(*(replace(GONE, key=f"room-{n}") for n in range(2_000)))

    gate = busy(made, Presence({f"room-{n}": 1 for n in range(2_000)}))

    assert gate is not None
    assert gate.message.startswith("2,000 people are in rooms")
    assert gate.message.endswith("room-19 (1) and 1,980 more")
