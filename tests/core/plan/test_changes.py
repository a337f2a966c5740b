"""What the changes of rooms and numbers have in common."""

from __future__ import annotations

import pytest

from reconciler.core.compare.diff import FieldChange
from reconciler.core.model import Desired, LiveAssignment, LiveRoom, Place
from reconciler.core.plan.changes import (
    NOT_THERE,
    change,
    created,
    deletion,
    drops_keys,
    unverified,
    update,
)
from reconciler.core.plan.model import Action, Risk
from reconciler.core.secrecy import Secret

ROOM = Desired("room", "lobby", {"lang": "de"}, place=Place("a.yaml", 1))
NUMBER = Desired("number", "+12095550100", {"type": "pinless_dialin"})
LIVE_ROOM = LiveRoom("lobby", "1", "private", {"lang": "en"})
LIVE_NUMBER = LiveAssignment("current", "pinless_dialin", "+12095550100")
BOTH = [(ROOM, LIVE_ROOM), (NUMBER, LIVE_NUMBER)]


@pytest.mark.parametrize(("desired", "live"), BOTH)
def test_a_change_is_named_like_what_is_declared(
    desired: Desired, live: LiveRoom | LiveAssignment
) -> None:
    """Kind, key and live side are those of the declared resource."""
    risk = Risk("ejects", "ejects people")

    gone = deletion(desired, live, risk)

    assert (gone.action, gone.kind, gone.key) == (
        Action.DELETE,
        desired.kind,
        desired.key,
    )
    assert (gone.live, gone.risks, gone.send) == (live, (risk,), {})


@pytest.mark.parametrize(("desired", "live"), BOTH)
def test_an_update_without_a_difference_was_requested(
    desired: Desired, live: LiveRoom | LiveAssignment
) -> None:
    """The reason says why something is written at all."""
    field = FieldChange(("lang",), "en", "de")

    assert update(desired, live, [], [], {}).reason == "sent again on request"
    assert update(desired, live, [field], [], {}).reason == "differs from the file"


def test_a_new_resource_shows_no_secret() -> None:
    """Each leaf that is sent is a field, and a secret one is its label."""
    send = {"hmac": "hidden", "timeout_config": {"message": "a"}}

    made = change(Action.CREATE, NUMBER, NOT_THERE, differing=created(send), send=send)

    assert [f.path for f in made.fields] == [("hmac",), ("timeout_config", "message")]
    assert made.fields[0].after == Secret("hidden")
    assert "hidden" not in repr(made)


@pytest.mark.parametrize("keys", [[], ["b"], ["b", "a"]])
def test_dropped_keys_are_a_risk_only_when_there_are_any(keys: list[str]) -> None:
    """They are named in order."""
    risks = list(drops_keys("writes without {}, which", keys))

    assert [risk.id for risk in risks] == ["drops-keys"] * bool(keys)
    assert all(f"without {', '.join(sorted(keys))}, which" in r.text for r in risks)


@pytest.mark.parametrize("desired", [ROOM, NUMBER])
def test_what_was_not_compared_can_be_sent(desired: Desired) -> None:
    """The hint names the option for exactly this room or number."""
    (found,) = unverified([(desired, ("dialin", "room_numbers"))])

    assert (found.id, found.severity) == ("unverified", "warning")
    assert found.command == ("apply", "--resend", f"{desired.kind}:{desired.key}")
    assert "write_only: [dialin.room_numbers]" in found.hint
    assert found.place == desired.place


@pytest.mark.parametrize(
    ("keys", "options"),
    [
        pytest.param(["a", "b"], "--resend room:a --resend room:b", id="few"),
        pytest.param(["t-1", "t-2", "t-3", "t-40"], "--resend room:t-*", id="many"),
        pytest.param(["a", "b", "c", "d"], "--resend room:*", id="unlike"),
    ],
)
def test_one_key_of_many_rooms_is_one_finding(keys: list[str], options: str) -> None:
    """It counts them, and its hint takes all of them along."""
    path = ("dialin", "room_numbers")

    (found,) = unverified([(Desired("room", key), path) for key in keys])

    assert f"of {len(keys)} rooms" in found.message
    assert found.command == ("apply", *options.split())
