"""What each number does, and which one was bought first."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.dialin.number_use import (
    NumberUse,
    Use,
    default_number,
    number_uses,
)
from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
    PurchasedNumber,
    Store,
)

ONE, TWO, THREE = "+12095550101", "+12095550102", "+12095550103"
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


def only(live: Live, *resources: Desired, store: Store = "current") -> NumberUse:
    """The one number that there is."""
    (use,) = number_uses(Config("acme", store, resources=resources), live)
    return use


@pytest.mark.parametrize(
    ("dated", "first"),
    [
        pytest.param(
            [(ONE, "2026-03-01T10:00:00.000Z"), (TWO, "2026-02-01T10:00:00.000Z")],
            TWO,
            id="iso",
        ),
        pytest.param(
            [(ONE, "2025-02-01T10:00:00.000Z"), (TWO, "2026-02-01T10:00:00.000Z")],
            ONE,
            id="iso-whatever-the-order",
        ),
        pytest.param(
            [
                (ONE, "Mon, 02 Mar 2026 10:00:00 GMT"),
                (TWO, "Tue, 03 Mar 2026 10:00:00 GMT"),
            ],
            ONE,
            id="rfc-1123",
        ),
        pytest.param(
            [
                (ONE, "Mon, 02 Mar 2026 10:00:00 +0000"),
                (TWO, "2026-03-02T09:00:00Z"),
                (THREE, "2026-03-02T09:30:00"),
            ],
            TWO,
            id="both-forms",
        ),
        pytest.param([(ONE, ""), (TWO, "")], TWO, id="no-dates-last-of-the-list"),
        pytest.param(
            [(ONE, "2026-03-01T10:00:00Z"), (TWO, "yesterday")],
            TWO,
            id="one-unreadable-last-of-the-list",
        ),
        pytest.param(
            [(ONE, "2026-03-01T10:00:00Z"), (TWO, "2026-03-01T10:00:00Z")],
            TWO,
            id="same-moment-last-of-the-list",
        ),
        pytest.param([], "", id="none"),
    ],
)
def test_the_number_bought_first_is_found_by_its_date(dated: Any, first: str) -> None:
    """Daily's documentation has two forms of dates; without them the list decides."""
    assert default_number(seen(purchased=bought(*dated))) == first


def test_a_pinless_number_is_not_the_default() -> None:
    """Callers of a PIN room do not reach it on a number that asks for no PIN."""
    live = seen(
        purchased=bought((ONE, "2026-01-01"), (TWO, "2026-02-01")),
        assignments=(entry(ONE, "pinless_dialin"),),
    )

    assert default_number(live) == TWO


USES = [
    pytest.param({"purchased": bought((ONE, ""))}, Use.NOTHING, id="nothing"),
    pytest.param({"caller_ids": (ONE,)}, Use.CALLER_ID, id="caller-id"),
    pytest.param(
        {"purchased": bought((ONE, "")), "assignments": (entry(ONE),)},
        Use.PIN,
        id="pin",
    ),
    pytest.param(
        {
            "purchased": bought((ONE, "")),
            "assignments": (entry(ONE, "pinless_dialin", store="legacy"),),
        },
        Use.PINLESS,
        id="pinless",
    ),
    pytest.param({"assignments": (entry(ONE),)}, Use.ORPHANED, id="orphaned"),
    pytest.param(
        {"assignments": (entry(ONE),), "caller_ids": (ONE,)},
        Use.ORPHANED,
        id="orphaned-and-caller-id",
    ),
]


@pytest.mark.parametrize(("parts", "use"), USES)
def test_each_use_has_its_word(parts: Any, use: Use) -> None:
    """What a number does follows from who owns it and what assigns it."""
    assert only(seen(**parts)).use is use


def test_a_number_that_only_the_file_knows_is_not_purchased() -> None:
    """A declared number that the domain does not have is listed as such."""
    use = only(seen(), Desired("number", ONE, {"type": "pin_dialin"}))

    assert (use.use, use.declared) == (Use.NOT_PURCHASED, "pin_dialin")


@pytest.mark.parametrize("store", ["current", "legacy"])
def test_the_store_of_the_file_comes_first(store: Store) -> None:
    """Where the stores disagree, the one that the file writes decides."""
    entries = (
        entry(ONE, "pin_dialin"),
        entry(ONE, "pinless_dialin", store="legacy"),
    )
    live = seen(purchased=bought((ONE, "")), assignments=entries)

    use = only(live, store=store)

    assert use.stores[0] == store
    assert len(use.stores) == len(use.types) == 2
    assert use.use is (Use.PIN if store == "current" else Use.PINLESS)


def test_rooms_of_the_file_and_of_daily_are_told_apart() -> None:
    """A number knows who names it: in the file, and in Daily."""
    named = {"dialin": {"room_numbers": [ONE]}}
    live = seen(
        purchased=bought((ONE, "")),
        rooms={"live": LiveRoom("live", "r", "private", named)},
    )

    use = only(
        live, Desired("room", "new", named), Desired("room", "gone", absent=True)
    )

    assert (use.rooms, use.live_rooms) == (("new",), ("live",))


def test_entries_without_a_number_are_not_listed() -> None:
    """What is reached by SIP only is no phone number."""
    live = seen(assignments=(entry(None, "pinless_dialin"),))

    assert number_uses(Config("acme"), live) == ()
