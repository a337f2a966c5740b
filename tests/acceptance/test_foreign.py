"""Assignments that no file mentions survive every apply, their hmac included."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import World

from reconciler.sandbox.settings import ASSUMPTIONS, Assume

MakeWorld = Callable[..., World]
Node = dict[str, Any]

PIN, PINLESS = "pin_dialin", "pinless_dialin"
OURS = ("+12095550100", "+12095550101")
HOOK = "https://example.com/daily/foreign"
FOREIGN: list[tuple[str, Node]] = [
    (PINLESS, {"name_prefix": "sip-only", "room_creation_api": HOOK}),
    (
        PINLESS,
        {
            "phone_number": "+12095550102",
            "room_creation_api": HOOK,
            "hmac": "Zm9yZWlnbg==",
            "hold_music_url": "https://example.com/hold.mp3",
            "timeout_config": {"message": "Nobody is here."},
        },
    ),
    (
        PIN,
        {
            "phone_number": "+12095550103",
            "name_prefix": "foreign",
            "ivr_greeting": {"message": "Foreign PIN, please."},
        },
    ),
]
ORPHAN = (PIN, {"phone_number": "+12095550177", "name_prefix": "orphan"})

FULL_PIN = {"name_prefix": "pin", "ivr_greeting": {"message": "Your PIN, please."}}
OTHER_PIN = {"name_prefix": "other", "ivr_greeting": {"message": "Another greeting."}}
FULL_PINLESS = {
    "name_prefix": "support",
    "room_creation_api": "https://example.com/daily/incoming",
    "hmac": "b25lIHNlY3JldA==",
    "hold_music_url": "https://example.com/daily/hold.mp3",
    "timeout_config": {"message": "Please call again."},
}
OTHER_PINLESS = {
    "name_prefix": "helpdesk",
    "room_creation_api": "https://example.com/daily/other",
    "hmac": "YW5vdGhlciBzZWNyZXQ=",
    "hold_music_url": "https://example.com/daily/other.mp3",
    "timeout_config": {"message": "Call back tomorrow."},
}
CLEARED_PIN = dict.fromkeys(FULL_PIN)
CLEARED_PINLESS = {
    **dict.fromkeys(FULL_PINLESS),
    "room_creation_api": OTHER_PINLESS["room_creation_api"],
    "hmac": OTHER_PINLESS["hmac"],
}

# What the file says, step by step, and what both numbers hold afterwards.
STEPS: list[tuple[str, Node, Node]] = [
    ("create", {PIN: FULL_PIN}, {PINLESS: FULL_PINLESS}),
    ("update", {PIN: OTHER_PIN}, {PINLESS: OTHER_PINLESS}),
    ("clear", {PIN: CLEARED_PIN}, {PINLESS: CLEARED_PINLESS}),
    ("replace", {PINLESS: FULL_PINLESS}, {PIN: FULL_PIN}),
    ("delete", {"state": "absent"}, {"state": "absent"}),
]
ALLOW = ("--allow", "replace=2")
WORLDS = [
    pytest.param(store, Assume(stores=stores, put=put, hmac=hmac), id="-".join(ids))
    for ids in itertools.product(
        ("current", "legacy"),
        ASSUMPTIONS["stores"],
        ASSUMPTIONS["put"],
        ASSUMPTIONS["hmac"],
    )
    for store, stores, put, hmac in [ids]
]


def declare(world: World, store: str, *entries: Node) -> None:
    """Write a config with our numbers in one store."""
    numbers = dict(zip(OURS, entries, strict=False))
    world.write(f"dialin_store: {store}\nphone_numbers: {json.dumps(numbers)}\n")


def put_foreign(world: World, store: str, *entries: tuple[str, Node]) -> None:
    """Put assignments that no file mentions into one store."""
    for kind, fields in entries or FOREIGN:
        if store == "legacy":
            world.sandbox.store.add_legacy(kind, fields)
        else:
            world.sandbox.store.add_dialin_config(kind, fields)


def foreign(world: World) -> str:
    """Every entry that is not ours, of both stores, in its order, as text."""
    store = world.sandbox.store
    lists = {
        kind: [e for e in entries or () if e.get("phone_number") not in OURS]
        for kind, entries in store.legacy.items()
    }
    configs = [
        (c.id, c.type, c.fields)
        for c in store.dialin_configs.values()
        if c.fields.get("phone_number") not in OURS
    ]
    return json.dumps([lists, configs], sort_keys=True)


def ours(world: World, store: str) -> Node:
    """Our entries as the chosen store holds them, by number."""
    held = world.sandbox.store
    if store == "legacy":
        pairs = [(kind, e) for kind, list_ in held.legacy.items() for e in list_ or ()]
    else:
        pairs = [(c.type, c.fields) for c in held.dialin_configs.values()]
    return {
        str(e["phone_number"]): {
            kind: {k: v for k, v in e.items() if k != "phone_number"}
        }
        for kind, e in pairs
        if e.get("phone_number") in OURS
    }


def held(entry: Node) -> Node:
    """What Daily holds of a declared entry: nulls are left out."""
    return {k: {n: v for n, v in f.items() if v is not None} for k, f in entry.items()}


def rescue_files(world: World) -> list[Path]:
    """The rescue files that runs have left."""
    return sorted(world.folder.glob("daily-rescue-*"))


def refused(store: str, assume: Assume) -> bool:
    """Whether a legacy write could cost a foreign hmac in this world."""
    return store == "legacy" and assume.hmac == "hidden"


@pytest.mark.parametrize(("store", "assume"), WORLDS)
def test_every_field_converges_and_foreign_entries_stay(
    make_world: MakeWorld, store: str, assume: Assume
) -> None:
    """Both kinds are created, changed, cleared, swapped and removed in every world.

    Entries that no file mentions are byte for byte what they were, each time.
    """
    world = make_world(assume=assume)
    if not refused(store, assume):
        put_foreign(world, store)
    before = foreign(world)
    for step, one, two in STEPS:
        declare(world, store, one, two)

        assert world.plan().code == 2, step
        world.apply(*ALLOW)

        wanted = {} if step == "delete" else {OURS[0]: held(one), OURS[1]: held(two)}
        assert ours(world, store) == wanted, step
        assert foreign(world) == before, step
        assert rescue_files(world) == [], step


@pytest.mark.parametrize(
    ("store", "assume"),
    [case for case in WORLDS if refused(*case.values)],  # type: ignore[arg-type]
)
def test_nothing_is_written_that_could_cost_a_foreign_hmac(
    make_world: MakeWorld, store: str, assume: Assume
) -> None:
    """Where Daily hides the hmac of a foreign entry, its list is not written."""
    world = make_world(assume=assume)
    put_foreign(world, store)
    before = foreign(world)
    declare(world, store, {PIN: FULL_PIN}, {PINLESS: FULL_PINLESS})

    assert world.plan().code == 2
    ran = world.apply(expect=4)

    assert "hmac-rotation" in ran.err
    assert "+12095550102" in ran.out
    assert "sip-only" in ran.out
    assert world.writes() == []
    assert foreign(world) == before


def test_an_allowed_rotation_is_done(make_world: MakeWorld) -> None:
    """The gate opens by the number of entries whose hmac may change, and no less."""
    world = make_world(assume=Assume(hmac="hidden"))
    put_foreign(world, "legacy")
    declare(world, "legacy", {PIN: FULL_PIN}, {PINLESS: FULL_PINLESS})

    world.apply("--allow", "hmac-rotation=1", expect=4)
    assert world.writes() == []
    world.apply("--allow", "hmac-rotation=2")

    assert ours(world, "legacy") == {
        OURS[0]: {PIN: FULL_PIN},
        OURS[1]: {PINLESS: FULL_PINLESS},
    }


@pytest.mark.parametrize("stores", ASSUMPTIONS["stores"])
def test_a_pinless_entry_whose_hmac_nobody_knows_is_not_rewritten(
    make_world: MakeWorld, stores: str
) -> None:
    """Without a shown or declared hmac, an update stops at the gate that names it."""
    world = make_world(assume=Assume(hmac="hidden", stores=stores, put="reset"))
    entry = {k: v for k, v in FULL_PINLESS.items() if k != "hmac"}
    fields = {"phone_number": OURS[1], **FULL_PINLESS}
    world.sandbox.store.add_dialin_config(PINLESS, fields)
    declare(world, "current", {PIN: FULL_PIN}, {PINLESS: {**entry, "name_prefix": "x"}})

    ran = world.apply(expect=4)

    assert (
        f"hmac, which breaks the webhooks that check the old one, for: {OURS[1]}"
        in (ran.out)
    )
    assert world.writes() == []


def test_an_orphan_in_the_current_store_stays(make_world: MakeWorld) -> None:
    """An assignment of a number that the domain no longer owns is nobody's business."""
    world = make_world()
    put_foreign(world, "current", ORPHAN, *FOREIGN)
    before = foreign(world)
    for _, one, two in STEPS:
        declare(world, "current", one, two)

        world.apply(*ALLOW)

        assert foreign(world) == before


def test_an_orphan_in_a_legacy_list_that_daily_refuses_is_not_dropped(
    make_world: MakeWorld,
) -> None:
    """When Daily refuses a list because of a foreign entry, the entry stays in it."""
    world = make_world()
    put_foreign(world, "legacy", ORPHAN, *FOREIGN)
    before = foreign(world)
    declare(world, "legacy", {PIN: FULL_PIN}, {PINLESS: FULL_PINLESS})

    ran = world.apply(expect=3)

    assert foreign(world) == before
    assert "not associated with domain" in ran.out
    assert "12095550177" in ran.out
    assert ours(world, "legacy") == {OURS[1]: {PINLESS: FULL_PINLESS}}


@pytest.mark.parametrize("stores", ASSUMPTIONS["stores"])
def test_a_write_to_one_store_leaves_foreign_entries_of_the_other(
    make_world: MakeWorld, stores: str
) -> None:
    """Writing the current store touches nothing in the legacy lists."""
    world = make_world(assume=Assume(stores=stores))
    put_foreign(world, "legacy")
    before = foreign(world)
    for step, one, two in STEPS:
        declare(world, "current", one, two)

        world.apply(*ALLOW)

        assert foreign(world) == before, step
        assert rescue_files(world) == [], step


@pytest.mark.parametrize("put", ASSUMPTIONS["put"])
@pytest.mark.parametrize("store", ["current", "legacy"])
def test_a_rotated_hmac_that_daily_hides_is_sent_on_request(
    make_world: MakeWorld, store: str, put: str
) -> None:
    """A hidden hmac is no difference; `--resend` writes the declared one anyway."""
    world = make_world(assume=Assume(hmac="hidden", put=put))
    put_foreign(world, store, *FOREIGN[2:])
    before = foreign(world)
    declare(world, store, {PIN: FULL_PIN}, {PINLESS: FULL_PINLESS})
    world.apply()
    rotated = {**FULL_PINLESS, "hmac": OTHER_PINLESS["hmac"]}
    declare(world, store, {PIN: FULL_PIN}, {PINLESS: rotated})

    quiet = world.plan_json()
    unchanged = ours(world, store)[OURS[1]]
    ran = world.apply("--resend", "number:*0101")

    assert quiet["changes"] == []
    assert [finding["id"] for finding in quiet["findings"]] == [
        "hmac-in-clear",
        "unverified",
    ]
    assert unchanged == {PINLESS: FULL_PINLESS}
    assert ours(world, store) == {OURS[0]: {PIN: FULL_PIN}, OURS[1]: {PINLESS: rotated}}
    assert foreign(world) == before
    assert "sent again on request" in ran.out
    assert rotated["hmac"] not in ran.out + ran.err


def test_resend_writes_rooms_too(make_world: MakeWorld) -> None:
    """A room named by `--resend` is written whole without a difference."""
    world = make_world(assume=Assume(echo="lossy"))
    body = {
        "privacy": "private",
        "expires": {"after": "180d", "renew_before": "60d"},
        "properties": {"dialin": {"display_name": "A", "wait_for_meeting_start": True}},
    }
    world.write(f"rooms: {json.dumps({'phone': body, 'other': body})}\n")
    world.apply()
    live = world.sandbox.store.rooms["phone"].properties["dialin"]
    live["wait_for_meeting_start"] = False  # type: ignore[index]
    world.forget()

    world.apply("--resend", "room:phone")

    assert world.writes() == ["POST /rooms/phone"]
    assert world.sandbox.store.rooms["phone"].properties["dialin"] == {
        "display_name": "A",
        "wait_for_meeting_start": True,
    }


@pytest.mark.parametrize("store", ["current", "legacy"])
@pytest.mark.parametrize("hmac", ASSUMPTIONS["hmac"])
def test_a_null_hmac_is_whatever_daily_made(
    make_world: MakeWorld, store: str, hmac: str
) -> None:
    """Daily always makes an hmac, so null asks for none of ours and rotates none."""
    world = make_world(assume=Assume(hmac=hmac))
    declare(world, store, {PIN: {}}, {PINLESS: {**FULL_PINLESS, "hmac": None}})
    world.apply()
    made = ours(world, store)[OURS[1]][PINLESS]["hmac"]
    entry = {**OTHER_PINLESS, "hmac": None}
    declare(world, store, {PIN: {}}, {PINLESS: entry})

    world.apply(expect=0 if hmac == "shown" else 4)

    assert ours(world, store)[OURS[1]][PINLESS]["hmac"] == made


@pytest.mark.parametrize(
    ("store", "other"), [("current", "legacy"), ("legacy", "current")]
)
def test_a_number_in_the_other_store_is_not_assigned_twice(
    make_world: MakeWorld, store: str, other: str
) -> None:
    """A declared number that lives in the store that is not written is an error."""
    world = make_world()
    put_foreign(world, other, (PIN, {"phone_number": OURS[0], "name_prefix": "old"}))
    declare(world, store, {PIN: FULL_PIN})

    ran = world.apply(expect=1)

    assert "[other-store]" in ran.out
    assert f"dialin_store: {other}" in ran.out + ran.err
    assert world.writes() == []


def test_only_the_legacy_list_that_changes_is_sent(make_world: MakeWorld) -> None:
    """A PIN entry is written without the pinless list, so no webhook is called."""
    world = make_world()
    put_foreign(world, "legacy")
    declare(world, "legacy", {PIN: FULL_PIN})

    world.apply()

    assert world.writes() == ["POST /"]
    assert world.sandbox.store.webhook_tests == []
    prefixes = [e["name_prefix"] for e in world.sandbox.store.legacy[PIN] or ()]
    assert prefixes == ["foreign", "pin"]


def test_changing_sides_is_one_legacy_write(make_world: MakeWorld) -> None:
    """PIN to pinless and back is one call with both lists, in their order."""
    world = make_world()
    put_foreign(world, "legacy")
    declare(world, "legacy", {PIN: FULL_PIN}, {PINLESS: FULL_PINLESS})
    world.apply()
    declare(world, "legacy", {PINLESS: FULL_PINLESS}, {PIN: FULL_PIN})
    world.forget()

    changes = world.plan_json()["changes"]
    world.apply(*ALLOW)

    assert world.writes() == ["POST /"]
    for change in changes:
        assert {risk["id"] for risk in change["risks"]} >= {
            "interrupts-calls",
            "sip-addresses",
            "calls-webhooks",
        }


def test_a_difference_between_mirrors_is_a_warning(make_world: MakeWorld) -> None:
    """A number that both stores hold counts once; the chosen store decides."""
    world = make_world()
    entry = {"phone_number": OURS[0], **FULL_PIN}
    put_foreign(world, "current", (PIN, entry))
    put_foreign(world, "legacy", (PIN, {**entry, "name_prefix": "older"}))
    declare(world, "current", {PIN: FULL_PIN})

    plan = world.plan_json()

    assert plan["changes"] == []
    assert [finding["id"] for finding in plan["findings"]] == ["stores-differ"]


def test_a_sip_address_that_moves_is_nobody_elses_change(make_world: MakeWorld) -> None:
    """Removing one legacy entry moves the next one's SIP address, which stops nothing.

    A replacement takes the first entry out of its list; the deletion that comes
    last in the same run finds its own entry at another place.
    """
    world = make_world()
    declare(world, "legacy", {PINLESS: FULL_PINLESS}, {PINLESS: OTHER_PINLESS})
    world.apply()
    declare(world, "legacy", {PIN: FULL_PIN}, {"state": "absent"})

    world.apply(*ALLOW)

    assert ours(world, "legacy") == {OURS[0]: {PIN: FULL_PIN}}
