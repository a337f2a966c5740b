"""The diff: one change per differing leaf, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.compare.diff import ABSENT, FieldChange, at, diff_fields, same

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 0.5])
    | st.sampled_from(["", "a", "b", "__a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "__c", "d.e", "0"]), inner)
    ),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.sampled_from(["a", "b", "__c", "x y", "['q']"]), VALUES)


@pytest.mark.parametrize(
    ("live", "desired", "expected"),
    [
        pytest.param({}, {}, [], id="empty"),
        pytest.param({"a": 1}, {"a": 1.0}, [], id="one-is-one"),
        pytest.param(
            {"chat": True},
            {"chat": 1},
            [FieldChange(("chat",), True, 1)],
            id="bool-is-not-a-number",
        ),
        pytest.param(
            {},
            {"geo": None},
            [FieldChange(("geo",), ABSENT, None)],
            id="null-is-not-absent",
        ),
        pytest.param(
            {"a": {"b": 1, "c": 1.0}},
            {"a": {"b": 2, "c": 1}},
            [FieldChange(("a", "b"), 1, 2)],
            id="equal-numbers-beside-a-change",
        ),
        pytest.param(
            {"a": ["x", "y"]},
            {"a": ["x", "z", "w"]},
            [FieldChange(("a",), ["x", "y"], ["x", "z", "w"])],
            id="a-plain-list-is-one-value",
        ),
        pytest.param(
            {"a": [{"n": 1}]},
            {"a": [{"n": 2}, {"n": 3}]},
            [FieldChange(("a",), [{"n": 1}], [{"n": 2}, {"n": 3}])],
            id="a-list-of-objects-as-a-whole",
        ),
        pytest.param(
            {"a": [1], "b": {"c": [0]}},
            {"a": [True], "b": {"c": [False]}},
            [
                FieldChange(("a",), [1], [True]),
                FieldChange(("b",), {"c": [0]}, {"c": [False]}),
            ],
            id="true-in-a-list-is-no-number",
        ),
        pytest.param(
            {"__flag": 1},
            {"__flag": 2},
            [FieldChange(("__flag",), 1, 2)],
            id="two-underscores",
        ),
        pytest.param(
            {"a": {"x": 1}},
            {"a": None},
            [FieldChange(("a",), {"x": 1}, None)],
            id="object-becomes-null",
        ),
    ],
)
def test_reports_each_differing_field(live: Any, desired: Any, expected: Any) -> None:
    """Each leaf that differs is reported once, with its whole path."""
    assert list(diff_fields(live, desired)) == expected


def test_never_collapses_a_mapping_into_one_change() -> None:
    """A mapping that shares few keys is still diffed field by field."""
    live = {"config": {"a": 1, "b": 2, "c": 3}}
    desired = {"config": {"a": 9, "x": 1, "y": 2, "z": 3}}

    paths = [change.path for change in diff_fields(live, desired)]

    assert paths == [("config", step) for step in "abcxyz"]


@settings(deadline=None, max_examples=60)
@given(fields=FIELDS)
def test_a_thing_does_not_differ_from_itself(fields: Any) -> None:
    """Nothing differs from itself, in whatever order its keys stand."""
    turned = dict(reversed(list(fields.items())))

    assert diff_fields(fields, turned) == ()


@settings(deadline=None, max_examples=60)
@given(left=FIELDS, right=FIELDS)
def test_empty_means_the_same(left: Any, right: Any) -> None:
    """No changes means equal, and every change is a real one at a real place."""
    changes = diff_fields(left, right)

    assert (not changes) == same(left, right)
    assert len({change.path for change in changes}) == len(changes)
    for change in changes:
        assert not same(change.before, change.after)
        assert same(at(left, change.path), change.before)
        assert same(at(right, change.path), change.after)
