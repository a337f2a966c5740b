"""Values that mean the same, however Daily or a file writes them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.compare.diff import diff_fields
from reconciler.core.compare.equality import context, sides
from reconciler.core.kinds import ROOM
from reconciler.core.model import Desired

HOOK = "meeting_join_hook"
LISTED = [{"name": "a", "type": "rtmp"}, {"name": "b", "type": "hls"}]


def differing(fields: Any, shown: Any, domain: Any = None) -> list[str]:
    """The paths that differ, and those that cannot be compared, marked so."""
    ctx = context(ROOM, domain or {}, [shown])
    both = sides(Desired("room", "r", fields), shown, ctx)
    changes = diff_fields(both.before, both.after)
    paths = [".".join(map(str, change.path)) for change in changes]
    return [*paths, *(f"unverified {'.'.join(path)}" for path in both.unverified)]


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        pytest.param(
            {"dialin": {"display_name": "Jose\u0301"}},
            {"dialin": {"display_name": "Jos\u00e9"}},
            id="unicode-forms",
        ),
        pytest.param(
            {HOOK: "https://Example.com:443/a"},
            {HOOK: "https://example.com/a"},
            id="host",
        ),
        pytest.param(
            {"streaming_endpoints": LISTED},
            {"streaming_endpoints": LISTED[::-1]},
            id="named-items-in-another-order",
        ),
        pytest.param({"streaming_endpoints": []}, {}, id="no-items-and-nothing"),
        pytest.param({"enable_recording": False}, {"enable_recording": "0"}, id="off"),
        pytest.param({"permissions": {"canReceive": {"base": True}}}, {}, id="deep"),
    ],
)
def test_the_same_in_another_form_does_not_differ(fields: Any, shown: Any) -> None:
    """Nothing is written for it."""
    assert differing(fields, shown) == []


@pytest.mark.parametrize(
    ("fields", "shown", "found"),
    [
        pytest.param({"x": [1]}, {"x": [True]}, ["x"], id="true-is-not-1"),
        pytest.param(
            {HOOK: "https://e.com/A"}, {HOOK: "https://e.com/a"}, [HOOK], id="p"
        ),
        pytest.param(
            {"permissions": {"canSend": []}}, {}, ["permissions.canSend"], id="none-may"
        ),
    ],
)
def test_what_means_something_else_differs(
    fields: Any, shown: Any, found: list[str]
) -> None:
    """Forms are forgiven, meanings are not."""
    assert differing(fields, shown) == found


def test_an_empty_text_over_a_value_of_the_domain_is_never_silent() -> None:
    """Not shown it is unverified; beside another value it differs."""
    name = "enable_raw_tracks_transcoded_audio"
    domain = {name: "aac"}

    assert differing({name: ""}, {}, domain) == [f"unverified {name}"]
    assert differing({name: ""}, {name: "wav"}, domain) == [name]
    assert differing({name: ""}, {name: ""}, domain) == []
    assert differing({name: ""}, {}) == []
