"""Declared values over live ones: what is written for an object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.body.overlay import overlay
from reconciler.core.compare.equality import Context, context
from reconciler.core.kinds import ROOM

KEYS = st.sampled_from(["a", "b", "c"])
LEAF: st.SearchStrategy[Any] = st.booleans() | st.sampled_from(["x", "y"])
LIVE = st.recursive(LEAF, lambda i: st.dictionaries(KEYS, i, min_size=1), max_leaves=8)
WANT = st.recursive(LEAF, lambda i: st.dictionaries(KEYS, i), max_leaves=8)


def rooms(domain: Any = None) -> Context:
    """The rules for rooms of a domain with these settings."""
    return context(ROOM, domain or {}, [])


def holds(body: Any, part: Any) -> bool:
    """Every leaf of the part stands in the body."""
    if isinstance(part, dict) and isinstance(body, dict):
        return all(k in body and holds(body[k], v) for k, v in part.items())
    return bool(body == part)


def untouched(body: Any, live: Any, want: Any) -> bool:
    """Every live key that is not declared stands in the body as it was."""
    if not isinstance(live, dict) or not isinstance(want, dict):
        return True
    return all(
        untouched(body[k], v, want[k]) if k in want else body[k] == v
        for k, v in live.items()
    )


@settings(deadline=None, max_examples=200)
@given(want=st.dictionaries(KEYS, WANT), live=st.dictionaries(KEYS, LIVE))
def test_declared_keys_lie_over_live_ones_at_every_depth(want: Any, live: Any) -> None:
    """What is declared is sent, and what is not declared stays as it is."""
    body = overlay(("object",), want, live, rooms())

    assert holds(body, want)
    assert untouched(body, live, want)


def test_a_key_two_levels_down_survives() -> None:
    """One participant's rule is not lost when another rule is declared."""
    want = {"canReceive": {"base": False}}
    live = {"canReceive": {"base": True, "byUserId": {"u1": False}}, "canSend": None}

    body = overlay(("permissions",), want, live, rooms())

    assert body == {"canReceive": {"base": False, "byUserId": {"u1": False}}}


@pytest.mark.parametrize(
    ("path", "want", "live", "domain", "body"),
    [
        pytest.param(
            "dialin",
            {"display_name": "P", "room_numbers": None},
            {"room_numbers": ["+12095550100"]},
            {},
            {"display_name": "P", "room_numbers": None},
            id="no-known-default-is-null",
        ),
        pytest.param(
            "permissions",
            {"canAdmin": None},
            {"canAdmin": False},
            {"permissions": {"canAdmin": ["participants"]}},
            {"canAdmin": ["participants"]},
            id="the-domain's-value",
        ),
        pytest.param(
            "permissions",
            {"canAdmin": None},
            {"canAdmin": ["participants"]},
            {},
            {"canAdmin": False},
            id="the-documented-default",
        ),
        pytest.param(
            "permissions",
            {"canReceive": {"base": None}},
            {"canReceive": {"base": False, "byUserId": {"u": True}}},
            {},
            {"canReceive": {"base": True, "byUserId": {"u": True}}},
            id="two-levels-down",
        ),
        pytest.param(
            "permissions",
            {"canReceive": None},
            {"canReceive": {"base": False, "byUserId": {"u": True}}},
            {},
            {"canReceive": {"base": True, "byUserId": {"u": None}}},
            id="a-whole-nested-object",
        ),
        pytest.param(
            "permissions",
            {"canReceive": None, "canSend": False},
            {"canSend": True},
            {},
            {"canSend": False},
            id="left-out-where-nothing-is-shown",
        ),
    ],
)
def test_a_nested_null_says_what_can_converge(
    path: str, want: Any, live: Any, domain: Any, body: Any
) -> None:
    """It is the effective default, else null, and nothing where nothing is shown."""
    assert overlay((path,), want, live, rooms(domain)) == body
