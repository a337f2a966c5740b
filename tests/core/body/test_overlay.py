"""Declared values over live ones: what is written for an object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.body.overlay import overlay
from reconciler.core.compare.equality import Context, context
from reconciler.core.kinds import ROOM
from reconciler.core.secrecy import Secret

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


NAMES = st.sampled_from(["one", "two", "three"])


def items(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A list of mappings, each with a name of its own."""
    made = st.dictionaries(NAMES, st.dictionaries(KEYS, part), max_size=3)
    return made.map(lambda found: [{"name": n, **v} for n, v in found.items()])


@settings(deadline=None, max_examples=200)
@given(want=items(WANT), live=items(LIVE))
def test_items_of_one_name_keep_the_live_keys_that_are_not_declared(
    want: Any, live: Any
) -> None:
    """The items are the declared ones, in their order; each lies over its namesake."""
    body: Any = overlay(("streaming_endpoints",), want, live, rooms())

    held = {item["name"]: item for item in live}
    assert [item["name"] for item in body] == [item["name"] for item in want]
    for sent, item in zip(body, want, strict=True):
        assert holds(sent, item)
        assert untouched(sent, held.get(item["name"], {}), item)


@pytest.mark.parametrize(
    ("want", "live", "body"),
    [
        pytest.param(
            [{"name": "one", "a": None}],
            [{"name": "one", "a": 1, "b": 2}],
            [{"name": "one", "b": 2}],
            id="null-leaves-its-key-out",
        ),
        pytest.param(
            [{"name": "one", "type": "rtmp"}],
            [{"name": "one", "type": "hls", "hls_config": {"a": 1}}],
            [{"name": "one", "type": "rtmp"}],
            id="another-type-has-other-keys",
        ),
        pytest.param(
            [{"name": "one"}, {"name": "one"}],
            [{"name": "one", "a": 1}],
            [{"name": "one"}, {"name": "one"}],
            id="a-name-that-is-there-twice",
        ),
        pytest.param([{"a": 1}], [{"a": 2, "b": 3}], [{"a": 1}], id="no-names"),
        pytest.param(
            [{"name": Secret("one", "${N}"), "a": 1}],
            [{"name": "one", "b": 2}],
            [{"name": Secret("one", "${N}"), "a": 1, "b": 2}],
            id="a-name-from-a-variable",
        ),
        pytest.param(
            [{"name": "x", "list": [{"name": "y"}]}],
            [{"name": "x", "list": [{"name": "y", "b": 2}]}],
            [{"name": "x", "list": [{"name": "y", "b": 2}]}],
            id="a-list-in-an-item",
        ),
    ],
)
def test_only_an_item_of_its_name_and_type_lends_its_keys(
    want: Any, live: Any, body: Any
) -> None:
    """An item without a sure counterpart is sent as it is declared."""
    assert overlay(("streaming_endpoints",), want, live, rooms()) == body
