"""What is left out of a body that Daily refused."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.body.doubtful import without_doubtful
from reconciler.core.body.unknown import unknown_keys
from reconciler.core.kinds import KINDS
from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
    PurchasedNumber,
)
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Change

NUMBER = "+12095550100"


def room_change(fields: dict[str, Any], config: dict[str, Any]) -> Change:
    """The one update of a room."""
    live = Live(LiveDomain("acme", "d", {}), {"r": LiveRoom("r", "i", None, config)})
    wanted = Config("acme", resources=(Desired("room", "r", fields),))
    [change] = make_plan(wanted, live, now=0).changes
    return change


def number_change(fields: dict[str, Any], shown: dict[str, Any]) -> Change:
    """The one update of a number."""
    entry = LiveAssignment("current", "pin_dialin", NUMBER, shown, id="c")
    live = Live(
        LiveDomain("acme", "d", {}),
        assignments=(entry,),
        purchased=(PurchasedNumber(NUMBER, "p"),),
    )
    fields = {"type": "pin_dialin", **fields}
    wanted = Config("acme", resources=(Desired("number", NUMBER, fields),))
    [change] = make_plan(wanted, live, now=0).changes
    return change


ITEM = {"name": "a", "type": "hls"}


@pytest.mark.parametrize(
    ("change", "body", "names"),
    [
        pytest.param(
            room_change(
                {"streaming_endpoints": [{"name": "b", "type": "rtmp"}, ITEM]},
                {
                    "streaming_endpoints": [
                        {**ITEM, "new": 1, "hls_config": {"new": 2, "variant": "x"}}
                    ]
                },
            ),
            {
                "streaming_endpoints": [
                    {"name": "b", "type": "rtmp"},
                    {**ITEM, "hls_config": {"variant": "x"}},
                ]
            },
            ["streaming_endpoints.1.hls_config.new", "streaming_endpoints.1.new"],
            id="items",
        ),
        pytest.param(
            room_change(
                {"sip": {"video": True, "declared_new": 1}},
                {"sip": {"video": False, "new": {"deep": 1}, "codecs": {"new": 2}}},
            ),
            {"sip": {"video": True, "declared_new": 1, "codecs": {}}},
            ["sip.codecs.new", "sip.new"],
            id="objects",
        ),
        pytest.param(
            number_change(
                {"name_prefix": None, "ivr_greeting": {"message": "New"}},
                {"name_prefix": "x", "ivr_greeting": {"message": "Old", "new": 1}},
            ),
            {"type": "pin_dialin", "ivr_greeting": {"message": "New"}},
            ["ivr_greeting.new", "name_prefix"],
            id="number",
        ),
    ],
)
def test_live_keys_that_are_unknown_are_left_out_at_every_depth(
    change: Change, body: dict[str, Any], names: list[str]
) -> None:
    """What the file declares stays, and so does what is known."""
    assert without_doubtful(change) == (body, names)


def test_known_keys_of_every_object_are_known() -> None:
    """Nothing that the tables list is doubtful."""
    for kind in KINDS.values():
        for name, keys in kind.objects.items():
            assert list(unknown_keys(kind, dict.fromkeys(keys), (name,))) == []
