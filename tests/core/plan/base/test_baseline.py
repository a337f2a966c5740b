"""A plan beside its base's plan: whose change it is, and what leaves management."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chaos.drawn import ASSUMES, CONFIGS, NOW, client_of, config_from, new_store
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config.load import Variables, load
from reconciler.core.findings import errors
from reconciler.core.model import Config, Live, LiveAssignment, LiveDomain, LiveRoom
from reconciler.core.plan.base.baseline import changed_since, with_base
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import check_gates
from reconciler.core.plan.model import Dropped, Origin, Plan
from reconciler.core.plan.planner import make_plan
from reconciler.core.secrecy import labelled, reveal
from reconciler.daily.read import read_live
from reconciler.render.html.plan import plan_html
from reconciler.render.json.documents import dump, plan_document
from reconciler.render.markdown.plan import plan_markdown
from reconciler.render.text.plan import plan_text
from reconciler.render.words import Paint

Node = dict[str, Any]
DAY = 86_400
NUMBER = "+12095550100"
ROLLING = {"after": "180d", "renew_before": "60d"}


def load_text(drawn: Node, environ: dict[str, str] | None = None) -> Config:
    """A config of these sections; whatever is wrong with it fails the test."""
    text = json.dumps({"version": 1, "domain": "acme", **drawn})
    loaded = load(
        [Path("config.yaml")],
        environ=environ or {},
        now=NOW,
        variables=Variables.OPTIONAL,
        read=lambda _file: (text, None),
    )
    assert loaded.config is not None, [f.message for f in errors(loaded.findings)]
    return loaded.config


def rooms(**bodies: Node) -> Node:
    """A section of rooms; a room without privacy is left as it is."""
    return {"rooms": bodies}


def live_of(rooms: Node | None = None, numbers: Node | None = None) -> Live:
    """A domain with these rooms, by name, and numbers, each with its type."""
    found = {
        name: LiveRoom(name, name, str(config.get("privacy", "public")), config)
        for name, config in (rooms or {}).items()
    }
    entries = tuple(
        LiveAssignment("current", type_, number, fields)
        for number, (type_, fields) in (numbers or {}).items()
    )
    return Live(LiveDomain("acme", "id", {}), found, len(found), True, entries)


def compared(base: Node, head: Node, live: Live, **environ: str) -> Plan:
    """The plan of the head, beside the base's."""
    plan = make_plan(load_text(head, environ), live, now=NOW)
    base_plan = make_plan(load_text(base, environ), live, now=NOW)
    return with_base(plan, base_plan, "git:main")


def formats(plan: Plan) -> dict[str, str]:
    """The plan as every format shows it."""
    parts = (plan, check_gates(plan, {}), Estimate(), 1.0)
    return {
        "text": plan_text(*parts, Paint()),
        "markdown": plan_markdown(*parts),
        "html": plan_html(*parts, tool="1"),
        "json": dump(plan_document(*parts, digest="", tool="1")),
    }


# Attribution.


def test_an_object_whose_key_is_dropped_and_not_shown() -> None:
    """A dropped nested key that Daily does not show is nothing to compare."""
    base = rooms(
        a={"privacy": "public", "properties": {"permissions": {"canSend": True}}}
    )
    head = rooms(a={"privacy": "public"})

    plan = compared(base, head, live_of({"a": {}}))

    assert (plan.changes, plan.dropped) == ((), ())


def test_a_room_that_becomes_public_is_a_change_of_this_revision() -> None:
    """A new object is what is sent: leaving a field out is a change as well."""
    base = rooms(a={"privacy": "private", "properties": {"lang": "de"}})
    head = rooms(a={"properties": {"lang": "de"}})

    (change,) = compared(base, head, live_of()).changes

    assert change.origin is Origin.CHANGE
    assert [risk.id for risk in change.risks] == ["public"]


def test_a_number_that_loses_a_field_before_it_lives_is_a_change() -> None:
    """The rule holds for numbers that are created or replaced as well."""
    full = {"name_prefix": "x", "ivr_greeting": {"message": "Hello"}}
    base = {"phone_numbers": {NUMBER: {"pin_dialin": full}}}
    head = {"phone_numbers": {NUMBER: {"pin_dialin": {"name_prefix": "x"}}}}
    pinless = {NUMBER: ("pinless_dialin", {"room_creation_api": "https://example.com"})}

    for live in (live_of(), live_of(numbers=pinless)):
        (change,) = compared(base, head, live).changes
        assert change.origin is Origin.CHANGE


def test_an_equal_creation_is_drift_while_the_clock_moves() -> None:
    """What both revisions would create is drift; a date by `expires` is one wish."""
    both = rooms(a={"privacy": "private", "expires": ROLLING})
    live = live_of()
    plan = make_plan(load_text(both), live, now=NOW)
    base_plan = make_plan(load_text(both), live, now=NOW + 5)

    (change,) = with_base(plan, base_plan, "base").changes

    assert change.origin is Origin.DRIFT


def test_live_keys_that_travel_along_are_no_change() -> None:
    """A key that only the base declares is sent back as read: nothing moves by it."""
    live = live_of({"a": {"permissions": {"canSend": False, "hasPresence": True}}})
    both = {"canSend": ["audio"]}
    base = rooms(a={"properties": {"permissions": {**both, "hasPresence": False}}})
    head = rooms(a={"properties": {"permissions": both}})

    plan = compared(base, head, live)

    assert plan.changes[0].origin is Origin.DRIFT
    assert [d.path for d in plan.dropped] == [("permissions", "hasPresence")]


_CONFIG = CONFIGS
_TRIPLES = st.tuples(_CONFIG, _CONFIG, _CONFIG, ASSUMES)


def _reading(drawn: Node, every: Config, assume: Any) -> Live:
    """Daily as it would be after an apply of a drawn config."""
    from chaos.drawn import applied

    store = new_store(assume)
    applied(store, config_from("current", drawn), Path("unused"))
    with client_of(store) as client:
        return read_live(client, every)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(triple=_TRIPLES)
def test_any_triple_is_attributed(triple: Any) -> None:
    """Whatever base, revision and Daily hold, each change has its origin.

    A new object is drift exactly where the base would send the same.
    """
    base_drawn, drawn, live_drawn, assume = triple
    base, head = config_from("current", base_drawn), config_from("current", drawn)
    known = {(r.kind, r.key) for r in head.resources}
    more = tuple(r for r in base.resources if (r.kind, r.key) not in known)
    live = _reading(live_drawn, replace(head, resources=head.resources + more), assume)
    base_plan = make_plan(base, live, now=NOW)

    plan = with_base(make_plan(head, live, now=NOW), base_plan, "base")

    twins = {(c.kind, c.key): c for c in base_plan.changes}
    for change in plan.changes:
        twin = twins.get((change.kind, change.key))
        assert change.origin in (Origin.CHANGE, Origin.DRIFT)
        if twin is None or twin.action is not change.action:
            assert change.origin is Origin.CHANGE
        elif change.action == "create":
            same_sent = reveal(twin.send) == reveal(change.send)
            assert (change.origin is Origin.DRIFT) is same_sent
    itself = with_base(make_plan(base, live, now=NOW), base_plan, "base")
    assert {c.origin for c in itself.changes} <= {Origin.DRIFT}
    assert itself.dropped == ()
    formats(plan)


# What leaves management.

PIN_ROOM: Node = {
    "privacy": "private",
    "expires": ROLLING,
    "properties": {"dialin": {"display_name": "Patient"}},
}
LIVE_PIN: Node = {
    "privacy": "private",
    "exp": NOW + 90 * DAY,
    "dialin": {"display_name": "Patient"},
    "dialin_code": "12345678901",
}
ENDS = NOW + 90 * DAY


def test_a_pin_room_that_leaves_is_named_with_its_end() -> None:
    """Nothing renews the PIN of a room that no file mentions: its date is shown."""
    plan = compared(
        rooms(a=PIN_ROOM, b={"privacy": "private"}),
        rooms(b={"privacy": "private"}),
        live_of({"a": LIVE_PIN, "b": {"privacy": "private"}}),
    )

    (left,) = plan.dropped

    assert (left.key, left.ends, left.has_pin) == ("a", ENDS, True)
    for name, text in formats(plan).items():
        assert "2027" in text or "2026" in text, name
        assert "12345678901" not in text, name
    assert "its PIN ends on" in formats(plan)["text"]


@pytest.mark.parametrize(
    ("head", "has_pin"),
    [
        pytest.param({"properties": {}}, True, id="with-dialin"),
        pytest.param({"properties": {"dialin": None}}, False, id="beside-null"),
        pytest.param(
            {"properties": {**PIN_ROOM["properties"], "exp": ENDS}}, True, id="for-exp"
        ),
    ],
)
def test_a_room_that_is_renewed_no_more_is_named(head: Node, has_pin: bool) -> None:
    """Dropping `expires` is no field of Daily's, and yet it ends a room."""
    plan = compared(
        rooms(a=PIN_ROOM),
        rooms(a={"privacy": "private", **head}),
        live_of({"a": LIVE_PIN}),
    )

    found = {d.path: d for d in plan.dropped}

    assert found["expires",].ends == ENDS
    assert found["expires",].has_pin is has_pin


def test_expires_alone_is_named_on_a_room_without_dialin() -> None:
    """A room for meetings that nothing renews ends as well."""
    base = rooms(a={"privacy": "private", "expires": ROLLING})
    live = live_of({"a": {"privacy": "private", "exp": ENDS}})

    plan = compared(base, rooms(a={"privacy": "private"}), live)

    assert [(d.path, d.ends, d.has_pin) for d in plan.dropped] == [
        (("expires",), ENDS, False)
    ]
    assert "the room ends on" in formats(plan)["text"]


def test_exp_that_becomes_expires_is_managed_still() -> None:
    """`exp` of the base and `expires` of this revision are the same thing."""
    fixed = {
        "privacy": "private",
        "properties": {**PIN_ROOM["properties"], "exp": ENDS},
    }

    plan = compared(rooms(a=fixed), rooms(a=PIN_ROOM), live_of({"a": LIVE_PIN}))

    assert plan.dropped == ()


def test_a_likely_rename_is_paired() -> None:
    """One room left and one came with equal `dialin`: each caller's PIN changes."""
    plan = compared(rooms(a=PIN_ROOM), rooms(b=PIN_ROOM), live_of({"a": LIVE_PIN}))

    assert [(d.key, d.renamed_to) for d in plan.dropped] == [("a", "b")]
    for name, text in formats(plan).items():
        assert "renamed" in text, name


def test_an_unclear_rename_is_not_guessed() -> None:
    """Two rooms that came with the same `dialin` may both be the new name."""
    plan = compared(
        rooms(a=PIN_ROOM), rooms(b=PIN_ROOM, c=PIN_ROOM), live_of({"a": LIVE_PIN})
    )

    assert [d.renamed_to for d in plan.dropped] == [""]


def _pasted(head: Node, dropped: Dropped) -> Node:
    """The revision with the proposed line written where the advice says."""
    import yaml

    made = json.loads(json.dumps(head))
    here = made
    for key in dropped.under:
        here = here.setdefault(key, {})
    here.update(yaml.safe_load(dropped.line))
    return made


@settings(max_examples=30, deadline=None, derandomize=True)
@given(triple=_TRIPLES)
def test_every_proposed_line_is_valid(triple: Any) -> None:
    """A line that is printed can be pasted where the plan says, and validates."""
    base_drawn, drawn, live_drawn, assume = triple
    base, head = config_from("current", base_drawn), config_from("current", drawn)
    live = _reading(live_drawn, base, assume)
    base_plan = make_plan(base, live, now=NOW)

    for left in with_base(make_plan(head, live, now=NOW), base_plan, "b").dropped:
        assert left.line
        load_text(_pasted(drawn, left))


@pytest.mark.parametrize(
    ("base", "head", "live"),
    [
        pytest.param(
            rooms(a={"privacy": "private"}),
            rooms(a={}),
            {"privacy": "private"},
            id="privacy",
        ),
        pytest.param(
            rooms(a={"properties": {"exp": ENDS}}), rooms(a={}), {"exp": ENDS}, id="exp"
        ),
        pytest.param(
            rooms(a={"properties": {**PIN_ROOM["properties"], "exp": ENDS}}),
            rooms(a={}),
            LIVE_PIN,
            id="exp-and-dialin",
        ),
        pytest.param(rooms(a=PIN_ROOM), rooms(a={}), LIVE_PIN, id="expires"),
        pytest.param(
            rooms(a={"extra_properties": {"new_key": 1}}),
            rooms(a={}),
            {"new_key": 1},
            id="extra",
        ),
        pytest.param(
            rooms(
                a={"properties": {"permissions": {"canSend": True, "canAdmin": True}}}
            ),
            rooms(a={"properties": {"permissions": {"canSend": True}}}),
            {"permissions": {"canSend": True, "canAdmin": True}},
            id="nested",
        ),
    ],
)
def test_the_lines_of_a_room_are_valid(base: Node, head: Node, live: Node) -> None:
    """Where null is not allowed, the line keeps what the base declared."""
    plan = compared(base, head, live_of({"a": live}))

    assert plan.dropped
    for left in plan.dropped:
        pasted = load_text(_pasted(head, left))
        assert pasted.resources


def test_the_lines_of_a_number_are_valid() -> None:
    """A field of a number belongs beneath the type of its assignment."""
    full = {"name_prefix": "x", "ivr_greeting": {"message": "Hello"}}
    base = {"phone_numbers": {NUMBER: {"pin_dialin": full}}}
    head: Node = {"phone_numbers": {NUMBER: {"pin_dialin": {"name_prefix": "x"}}}}
    live = live_of(numbers={NUMBER: ("pin_dialin", full)})

    (left,) = compared(base, head, live).dropped

    assert left.under == ("phone_numbers", NUMBER, "pin_dialin")
    load_text(_pasted(head, left))
    (whole,) = compared(base, {"rooms": {}}, live).dropped
    load_text(_pasted({}, whole))


# Secrets of the base.

HOOK = "https://hooks.example.com/T0/XSECRET"


@pytest.mark.parametrize(
    "live", [HOOK, f"{HOOK}?a=b", "https://old.example.com/XSECRET"]
)
@pytest.mark.parametrize(
    "literal", [None, "https://hooks.example.com/public"], ids=["null", "literal"]
)
@pytest.mark.parametrize("environ", [{"HOOK": HOOK}, {}], ids=["set", "unset"])
def test_a_variable_of_the_base_is_a_secret_in_daily(
    live: str, literal: str | None, environ: dict[str, str]
) -> None:
    """Its live value is hidden in every format, whatever this revision writes."""
    base = rooms(a={"properties": {"meeting_join_hook": "${HOOK}"}})
    head = rooms(a={"properties": {"meeting_join_hook": literal}})

    plan = compared(base, head, live_of({"a": {"meeting_join_hook": live}}), **environ)

    assert len(plan.changes) == 1
    for name, text in formats(plan).items():
        assert "XSECRET" not in text, name


def test_a_secret_of_a_renamed_room_is_hidden_too() -> None:
    """A text that the base takes from a variable is one under any name."""
    hook = {"meeting_join_hook": "${HOOK}"}
    base = rooms(a={"properties": hook})
    head = rooms(b={"properties": {"meeting_join_hook": None}})
    live = live_of({"b": {"meeting_join_hook": HOOK}})

    plan = compared(base, head, live, HOOK=HOOK)

    assert plan.changes
    assert "XSECRET" not in "".join(formats(plan).values())


def test_a_variable_inside_an_object_of_the_base_is_hidden_too() -> None:
    """The rule holds at every depth, and for an object that is taken away."""
    inside = {"dialin": {"display_name": "${WHO}"}}
    base = rooms(a={"expires": ROLLING, "properties": inside})
    live = live_of({"a": {**LIVE_PIN, "dialin": {"display_name": "XSECRET"}}})
    for dialin in (None, {"display_name": "Patient"}):
        head = rooms(a={"expires": ROLLING, "properties": {"dialin": dialin}})
        plan = compared(base, head, live, WHO="XSECRET")
        assert plan.changes
        assert "XSECRET" not in "".join(formats(plan).values())
        assert "XSECRET" not in str(
            [labelled(f.before) for f in plan.changes[0].fields]
        )


WAIT = ("dialin", "wait_for_meeting_start")
NAMED = ("dialin", "room_numbers")


@pytest.mark.parametrize(
    ("base", "ours", "changed"),
    [
        (None, {"wait_for_meeting_start": True}, {WAIT}),
        ({}, {"wait_for_meeting_start": True}, {WAIT}),
        ({"wait_for_meeting_start": True}, {"wait_for_meeting_start": False}, {WAIT}),
        ({"wait_for_meeting_start": True}, {"wait_for_meeting_start": True}, set()),
        (
            {"room_numbers": ["+12095550100", "+12095550101"]},
            {"room_numbers": [{"phone_number": "+12095550101"}, "+12095550100"]},
            set(),
        ),
        (
            {"room_numbers": ["+12095550100"]},
            {"room_numbers": [NUMBER[:-1] + "1"]},
            {NAMED},
        ),
    ],
)
def test_a_revision_changed_what_means_something_else(
    base: Node | None, ours: Node, changed: set[tuple[str, ...]]
) -> None:
    """Values are compared in their one form; a room that is new has all of its own."""
    numbers = {n: {"pin_dialin": {}} for n in ("+12095550100", "+12095550101")}
    top = {"phone_numbers": numbers}

    def config(dialin: Node | None) -> Config:
        if dialin is None:
            return load_text({**top, "rooms": {}})
        body = {"expires": ROLLING, "properties": {"dialin": dialin}}
        return load_text({**top, **rooms(desk=body)})

    is_changed = changed_since(config(base), config(ours))

    assert {p for p in (WAIT, NAMED) if is_changed("room", "desk", p)} == changed
