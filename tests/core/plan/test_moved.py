"""A reviewed change beside the same change on a later reading."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.model import Config, Desired, Live, LiveDomain, LiveRoom
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Change
from reconciler.core.plan.moved import moved, narrowed

NOW = 1_800_000_000
ENDS = {"exp": NOW + 90 * 86_400}
PIN = {"dialin_code": "01234567890"}
SHOWN = {"display_name": "Old", "wait_for_meeting_start": True, "room_numbers": []}


def change_of(fields: dict[str, Any], config: dict[str, Any], privacy: str) -> Change:
    """The one update that a room needs when Daily shows this."""
    live = LiveRoom("r", "i", privacy, config)
    domain = LiveDomain("acme", "d", {})
    wanted = Config("acme", resources=(Desired("room", "r", fields),))
    [change] = make_plan(wanted, Live(domain, {"r": live}), now=NOW).changes
    return change


@pytest.mark.parametrize(
    ("before", "after", "risk"),
    [
        pytest.param(
            {"dialin": SHOWN, **PIN, **ENDS},
            {"dialin": SHOWN, **ENDS},
            "gets a new PIN",
            id="pin-vanished",
        ),
        pytest.param(
            {"dialin": SHOWN, **PIN, **ENDS},
            {"dialin": {"display_name": "Old", "room_numbers": []}, **PIN, **ENDS},
            "wait_for_meeting_start may reset",
            id="key-hidden-by-now",
        ),
        pytest.param(
            {"dialin": SHOWN, **PIN, **ENDS},
            {"dialin": {**SHOWN, "brand_new": 1}, **PIN, **ENDS},
            "sends brand_new of 'dialin' back",
            id="unknown-key",
        ),
    ],
)
def test_a_risk_that_was_not_reviewed_is_not_taken(
    before: dict[str, Any], after: dict[str, Any], risk: str
) -> None:
    """What may be lost by the time of the write was not in the plan."""
    fields = {"dialin": {"display_name": "New"}}
    planned = change_of(fields, before, "private")
    again = narrowed(change_of(fields, after, "private"), planned)

    assert [why for why in moved(planned, again) if risk in why]
    assert list(moved(planned, narrowed(planned, planned))) == []


def test_a_risk_of_what_is_not_written_does_not_count() -> None:
    """A field that moved after the plan is left as it is, and risks nothing."""
    fields = {"privacy": "public", "dialin": {"display_name": "New"}}
    shown = {"dialin": SHOWN, **PIN, **ENDS}
    planned = change_of(fields, shown, "public")
    again = change_of(fields, shown, "private")
    assert [risk.id for risk in again.risks] == ["public"]

    kept = narrowed(again, planned)

    assert (kept.risks, list(moved(planned, kept))) == ((), [])
