"""What to write about the numbers that a file does not manage."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.dialin.number_use import (
    number_uses,
)
from reconciler.core.export.suggest import suggestions
from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveDomain,
    PurchasedNumber,
    Store,
)
from reconciler.core.secrecy import Secret

ONE, TWO = "+12095550101", "+12095550102"
DOMAIN = LiveDomain("acme", "d", {})


def seen(**parts: Any) -> Live:
    """A reading of a domain, of these parts."""
    return Live(DOMAIN, **parts)


def bought(*dated: tuple[str, str]) -> tuple[PurchasedNumber, ...]:
    """Purchased numbers with their dates, in the order of Daily's list."""
    return tuple(PurchasedNumber(number, number[1:], date) for number, date in dated)


def entry(number: str | None, kind: str = "pin_dialin", **more: Any) -> LiveAssignment:
    """An assignment of the current store, unless told otherwise."""
    store: Store = more.pop("store", "current")
    return LiveAssignment(store, kind, number, more)


def suggested(*entries: LiveAssignment, store: Store = "current") -> list[Any]:
    """What would be written about purchased numbers with these assignments."""
    owned = bought(*((e.number, "") for e in entries if e.number))
    live = seen(purchased=owned, assignments=entries)
    config = Config("acme", store)
    return list(suggestions(number_uses(config, live), store))


def test_a_suggestion_holds_what_is_set_and_no_secret() -> None:
    """Unset and server-made fields stay out; secrets are variables."""
    (one,) = suggested(
        entry(
            ONE,
            "pinless_dialin",
            name_prefix="support",
            room_creation_api="https://user:hush@example.com/in?key=hush",
            hmac=Secret("hush"),
            hold_music_url="",
            timeout_config={"message": None},
            sip_uri="sip:1@example.com",
        )
    )

    assert one.entry.body["pinless_dialin"].keys() == {
        "name_prefix",
        "room_creation_api",
        "hmac",
    }
    assert "hush" not in repr(one)


def test_secrets_of_two_numbers_are_two_variables() -> None:
    """A secret that two numbers happen to share can be changed for one of them."""
    first, second = suggested(
        entry(ONE, "pinless_dialin", hmac=Secret("hush")),
        entry(TWO, "pinless_dialin", hmac=Secret("hush")),
    )

    names = {s.entry.body["pinless_dialin"]["hmac"].name for s in (first, second)}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("live", "why"),
    [
        pytest.param({"purchased": bought((ONE, ""))}, "nothing", id="unassigned"),
        pytest.param({"assignments": (entry(ONE),)}, "no longer yours", id="orphan"),
        pytest.param(
            {
                "purchased": bought((ONE, "")),
                "assignments": (entry(ONE, store="legacy"),),
            },
            "legacy store",
            id="other-store",
        ),
        pytest.param(
            {"purchased": bought((ONE, "")), "assignments": (entry(ONE, "new_kind"),)},
            "cannot say",
            id="unknown-type",
        ),
        pytest.param(
            {"purchased": bought(("+0-x", "")), "assignments": (entry("+0-x"),)},
            "cannot say",
            id="no-number",
        ),
    ],
)
def test_what_cannot_be_written_yet_says_why(live: Any, why: str) -> None:
    """Instead of YAML that a plan would refuse there is a reason."""
    uses = number_uses(Config("acme"), seen(**live))

    (one,) = suggestions(uses, "current")

    assert one.entry is None
    assert why in one.why


def test_declared_numbers_and_caller_ids_are_not_suggested() -> None:
    """What the file has, or cannot have, is not offered."""
    config = Config("acme", resources=(Desired("number", ONE, absent=True),))
    live = seen(purchased=bought((ONE, "")), caller_ids=(TWO,))

    assert list(suggestions(number_uses(config, live), "current")) == []
