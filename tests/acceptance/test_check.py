"""`check` tells whether callers get in now: a row for each thing they depend on.

`WORLDS` has one world for each way in which a row can fail: a new way is a new entry.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from kit import Ran, World

from reconciler.config.schema.validator import check_document
from reconciler.core.check.model import ASSIGNMENTS, PURCHASED, ROOMS
from reconciler.sandbox.settings import ASSUMPTIONS, Assume

MakeWorld = Callable[..., World]
Prepare = Callable[[World], object]

DAY = 86_400
PIN, OTHER, HOOKED, DEFAULT = (f"+1209555010{n}" for n in range(4))
RESCUE = "daily-rescue-acme-20261124T120000Z.json"
HMAC = "c3VwcG9ydC1rZXktb2YtdGVzdHM="
HOOK = "https://api.example.com/daily/incoming"
ROLLING = {"after": "180d", "renew_before": "60d"}


def room(*numbers: str, **body: Any) -> dict[str, Any]:
    """A PIN room that is renewed, unless its body says otherwise."""
    dialin = {
        "display_name": "P",
        **({"room_numbers": list(numbers)} if numbers else {}),
    }
    properties = {"dialin": dialin, **body.pop("properties", {})}
    kept = {} if "exp" in properties else {"expires": ROLLING}
    return {"privacy": "private", **kept, **body, "properties": properties}


NUMBERS: dict[str, Any] = {
    PIN: {"pin_dialin": {"name_prefix": "pin-dialin"}},
    HOOKED: {
        "pinless_dialin": {
            "name_prefix": "support",
            "room_creation_api": HOOK,
            "hmac": "${SUPPORT_HMAC}",
        }
    },
}
HEALTHY: dict[str, Any] = {
    "phone_numbers": NUMBERS,
    "rooms": {"doctor": room(PIN), "lobby": {"privacy": "private"}},
}


def declare(world: World, *parts: Mapping[str, Any]) -> None:
    """Write a config; parts that come later go over those before them."""
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = {**whole[key], **value} if both else value
    world.write("".join(f"{k}: {json.dumps(v)}\n" for k, v in whole.items()))


def apply(world: World, *parts: Mapping[str, Any]) -> None:
    """Declare it and bring Daily to it."""
    declare(world, HEALTHY, *parts)
    world.monkeypatch.setenv("SUPPORT_HMAC", HMAC)
    world.apply()


def check(world: World, *args: str) -> Ran:
    """Check, with every variable unset."""
    world.monkeypatch.delenv("SUPPORT_HMAC", raising=False)
    return world.run("check", "config.yaml", *world.options, *args)


def check_json(world: World, *args: str) -> Any:
    """The document of a check; it is as its schema says, and holds no secret."""
    ran = check(world, "--format", "json", *args)
    document = ran.json
    assert check_document("check", document) == "", ran.out
    assert document["exit_code"] == ran.code
    assert_no_secret(world, ran)
    return document


def assert_no_secret(world: World, ran: Ran) -> None:
    """Neither a PIN, nor an hmac, nor the key of the account is shown."""
    text = ran.out + ran.err
    store = world.sandbox.store
    entries = [e for kept in store.legacy.values() for e in kept or ()]
    entries += [config.fields for config in store.dialin_configs.values()]
    hidden = {str(e["hmac"]) for e in entries if e.get("hmac")} | {HMAC}
    hidden |= {r.dialin_code for r in store.rooms.values() if r.dialin_code}
    assert not [value for value in hidden if value in text]
    key = world.sandbox.settings.key
    assert key == "sandbox" or key not in text


def failing(document: Any) -> dict[tuple[str, str], set[str]]:
    """The rows that fail, with the ids of their reasons."""
    return {
        (row["kind"], row["subject"]): {reason["id"] for reason in row["reasons"]}
        for row in document["rows"]
        if row["verdict"] == "fail"
    }


# What goes wrong.


def ask(world: World, method: str, path: str, body: Any = None) -> Any:
    """Ask the sandbox as another program would."""
    request = urllib.request.Request(
        world.sandbox.url + path,
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={
            "Authorization": f"Bearer {world.sandbox.settings.key}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def held(world: World, name: str = "doctor") -> Any:
    """A room as the sandbox keeps it."""
    return world.sandbox.store.rooms[name]


def put(world: World, **properties: Any) -> None:
    """Give a room other properties, whatever Daily's rules say."""
    held(world).properties.update(properties)


def entry(world: World, number: str) -> Any:
    """The assignment of a number in the current store."""
    configs = world.sandbox.store.dialin_configs.values()
    return next(c for c in configs if c.fields.get("phone_number") == number)


def unassign(world: World, number: str) -> None:
    """Remove an assignment by hand."""
    del world.sandbox.store.dialin_configs[entry(world, number).id]


def release(world: World, number: str) -> None:
    """The domain does not own a number any more."""
    del world.sandbox.store.numbers[number]


def make_pinless(world: World, number: str) -> None:
    """Somebody gives a number to an application."""
    config = entry(world, number)
    config.type = "pinless_dialin"
    config.fields.update(room_creation_api=HOOK, hmac=HMAC)


def suspend(world: World) -> None:
    """Daily suspends the account."""
    world.sandbox.store.domain_settings["account_suspended"] = True


def no_addresses(world: World) -> None:
    """Daily makes no SIP address."""
    world.monkeypatch.setattr(
        "reconciler.sandbox.api.dialin_config.entries.sip_uri", lambda *_args: ""
    )


def unmanaged(
    world: World, name: str, *, ends: float | None, made: float = -30, pin: bool = True
) -> None:
    """A room that somebody else made; times are days from now."""
    properties: dict[str, Any] = {"dialin": {"display_name": "P"}} if pin else {}
    if ends is not None:
        properties["exp"] = int(world.clock() + ends * DAY)
    made_at = world.clock() + made * DAY
    world.sandbox.store.add_room(name, properties, created_at=made_at)


def rescue(world: World, number: str = DEFAULT) -> None:
    """An earlier run lost an assignment that no file declares."""
    entry = {"store": "current", "type": "pinless_dialin", "phone_number": number}
    entry |= {"fields": {"room_creation_api": HOOK, "hmac": HMAC}}
    body = {"version": 1, "domain": "acme", "saved": int(world.clock()) - DAY}
    whole = {**body, "managed": [], "assignments": [entry]}
    (world.folder / RESCUE).write_text(json.dumps(whole))


def record(world: World) -> None:
    """Callers are told, and the ledger says so."""
    assert world.run("dialin", "config.yaml", "--update-ledger").code == 0


def recreate(world: World) -> None:
    """Delete a room and create it again, as in the dashboard."""
    made = ask(world, "GET", "/rooms/doctor")
    ask(world, "DELETE", "/rooms/doctor")
    kept = {k: v for k, v in made["config"].items() if k in ("exp", "dialin")}
    body = {"name": "doctor", "privacy": "private", "properties": kept}
    ask(world, "POST", "/rooms", body)


@dataclass(frozen=True)
class Case:
    """A healthy domain, what goes wrong in it, and the rows that then fail.

    `then`: declared afterwards instead, without being applied.
    """

    fails: Mapping[tuple[str, str], set[str]]
    spoil: Prepare = lambda _world: None
    parts: Mapping[str, Any] | Callable[[World], Mapping[str, Any]] = replace
    then: Callable[[World], Mapping[str, Any]] | None = None
    args: tuple[str, ...] = ()


NOTHING: Mapping[str, Any] = {}
DOCTOR = ("room", "doctor")


def only(
    *ids: str, subject: tuple[str, str] = DOCTOR
) -> dict[tuple[str, str], set[str]]:
    """One row fails, for these reasons."""
    return {subject: set(ids)}


def ending(days: float, **body: Any) -> Callable[[World], Mapping[str, Any]]:
    """A room with a written end in so many days."""

    def parts(world: World) -> Mapping[str, Any]:
        exp = int(world.clock() + days * DAY)
        return {"rooms": {"doctor": room(PIN, properties={"exp": exp}, **body)}}

    return parts


def declaring(**parts: Any) -> Callable[[World], Mapping[str, Any]]:
    """The same in every world."""
    return lambda _world: parts


def settled(_world: World) -> Mapping[str, Any]:
    """Nothing but the healthy domain."""
    return NOTHING


WORLDS: dict[str, Case] = {
    "account suspended": Case(
        only("account-suspended", subject=("account", "acme")), suspend, settled
    ),
    "room gone": Case(
        only("no-room"), lambda w: ask(w, "DELETE", "/rooms/doctor"), settled
    ),
    "room never made": Case(
        only("no-room", subject=("room", "second")),
        parts=settled,
        then=declaring(rooms={"second": room(PIN)}),
    ),
    "room expired": Case(only("no-room"), lambda w: w.travel(181), settled),
    "room without a PIN": Case(
        only("no-pin"), lambda w: setattr(held(w), "dialin_code", None), settled
    ),
    "room that opens later": Case(
        only("not-open"), lambda w: put(w, nbf=int(w.clock() + DAY)), settled
    ),
    "written end near": Case(only("pin-ends"), parts=ending(59)),
    "written end passed": Case(only("expired"), lambda w: w.travel(9), ending(8)),
    "min-left is what counts": Case(
        only("pin-ends"), parts=ending(100), args=("--min-left", "101d")
    ),
    "renewals do not run": Case(
        only("renewal-overdue"), lambda w: w.travel(123), settled
    ),
    "number of a room released": Case(
        {DOCTOR: {"room-number-gone"}, ("number", PIN): {"orphaned-assignment"}},
        lambda w: release(w, PIN),
        settled,
    ),
    "number of a room unassigned": Case(
        {DOCTOR: {"room-number-gone"}, ("number", PIN): {"not-assigned"}},
        lambda w: unassign(w, PIN),
        settled,
    ),
    "number of a room pinless": Case(
        {DOCTOR: {"room-number-gone"}, ("number", PIN): {"not-assigned"}},
        lambda w: make_pinless(w, PIN),
        settled,
    ),
    "number of a room that no file declares": Case(
        only("room-number-gone"),
        lambda w: unassign(w, OTHER),
        lambda w: {
            "rooms": {"doctor": room(OTHER)},
            "phone_numbers": {OTHER: {"pin_dialin": {}}},
        },
        declaring(rooms={"doctor": room(OTHER)}),
    ),
    "number of the file that the room does not have": Case(
        only("room-number-gone"),
        parts=settled,
        then=declaring(rooms={"doctor": room(PIN, OTHER)}),
    ),
    "default number unassigned": Case(
        {("room", "hall"): {"room-number-gone"}, ("number", PIN): {"not-assigned"}}
        | only("room-number-gone"),
        lambda w: unassign(w, PIN),
        declaring(rooms={"hall": room()}),
    ),
    "number twice in a store": Case(
        {DOCTOR: {"number-twice"}, ("number", PIN): {"number-twice"}},
        lambda w: w.sandbox.store.add_dialin_config(
            "pin_dialin", {"phone_number": PIN}
        ),
        settled,
    ),
    "number with two roles": Case(
        {DOCTOR: {"room-number-gone"}, ("number", PIN): {"stores-differ"}},
        lambda w: w.sandbox.store.add_legacy(
            "pinless_dialin", {"phone_number": PIN, "room_creation_api": HOOK}
        ),
        settled,
    ),
    "number in the other store": Case(
        {("number", PIN): {"other-store"}, ("number", HOOKED): {"other-store"}},
        parts=settled,
        then=declaring(dialin_store="legacy"),
    ),
    "SIP takes every connection": Case(
        only("no-phone-slot"), lambda w: put(w, sip={"num_endpoints": 5}), settled
    ),
    "pinless number unassigned": Case(
        only("not-assigned", subject=("number", HOOKED)),
        lambda w: unassign(w, HOOKED),
        settled,
    ),
    "pinless number released": Case(
        only("orphaned-assignment", subject=("number", HOOKED)),
        lambda w: release(w, HOOKED),
        settled,
    ),
    "pinless number never purchased": Case(
        only("not-purchased", "not-assigned", subject=("number", "+12095550177")),
        parts=settled,
        then=declaring(
            phone_numbers={
                "+12095550177": {"pinless_dialin": {"room_creation_api": HOOK}}
            }
        ),
    ),
    "pinless number asks elsewhere": Case(
        only("hook-differs", subject=("number", HOOKED)),
        lambda w: entry(w, HOOKED).fields.update(
            room_creation_api="https://old.example.com/incoming"
        ),
        settled,
    ),
    "pinless number without an address": Case(
        only("no-sip-address", subject=("number", HOOKED)), no_addresses, settled
    ),
    "PIN room that no file names": Case(
        only("unmanaged-pin-ends", subject=("unmanaged-room", "letter")),
        lambda w: unmanaged(w, "letter", ends=59),
        settled,
    ),
    "PIN room that no file names, asked for longer": Case(
        only("unmanaged-pin-ends", subject=("unmanaged-room", "letter")),
        lambda w: unmanaged(w, "letter", ends=99),
        settled,
        args=("--min-left", "100d"),
    ),
    "rescue file that holds what is missing": Case(
        only("entries-lost", subject=("rescue-file", RESCUE)), rescue, settled
    ),
    "rescue file that cannot be read": Case(
        only("rescue-unreadable", subject=("rescue-file", RESCUE)),
        lambda w: (w.folder / RESCUE).write_text('{"version": 1'),
        settled,
    ),
    "not as callers were told": Case(
        only("pin-not-as-told", subject=("ledger", "dialin.ledger")),
        lambda w: (record(w), recreate(w)),
        declaring(ledger="dialin.ledger"),
    ),
    "ledger that cannot be read": Case(
        only("ledger-unusable", subject=("ledger", "dialin.ledger")),
        lambda w: (w.folder / "dialin.ledger").write_text("<<<<<<< ours\n"),
        declaring(ledger="dialin.ledger"),
    ),
}


def build(world: World, case: Case) -> None:
    """Make a healthy domain, and spoil it."""
    assert callable(case.parts)
    parts = case.parts(world)
    apply(world, parts)
    if case.then is not None:
        declare(world, HEALTHY, case.then(world))
    case.spoil(world)


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_wrong_fails_its_row(make_world: MakeWorld, name: str) -> None:
    """With every reason, code 2, and the rows that fail first."""
    world, case = make_world(), WORLDS[name]
    build(world, case)
    world.forget()

    document = check_json(world, *case.args)

    assert failing(document) == case.fails
    assert document["exit_code"] == 2
    verdicts = [row["verdict"] for row in document["rows"]]
    assert verdicts == sorted(verdicts, key=["fail", "unknown", "ok"].index)
    assert world.writes() == []


@pytest.mark.parametrize("name", WORLDS)
def test_quiet_text_names_what_fails_and_nothing_else(
    make_world: MakeWorld, name: str
) -> None:
    """The same rows as the whole text has, on stdout alone, without a secret."""
    world, case = make_world(), WORLDS[name]
    build(world, case)

    whole, quiet = check(world, *case.args), check(world, "--quiet", *case.args)

    assert (whole.code, quiet.code, quiet.err) == (2, 2, "")
    heads = [line for line in quiet.out.splitlines() if not line.startswith(" ")]
    assert len(heads) == len(case.fails)
    for (_kind, subject), ids in case.fails.items():
        assert any(line.startswith("FAIL") and subject in line for line in heads)
        assert all(f"[{id_}]" in quiet.out for id_ in ids)
    lines = [line.split() for line in whole.out.splitlines()]
    assert all(line.split() in lines for line in quiet.out.splitlines())
    assert_no_secret(world, whole)
    assert_no_secret(world, quiet)


ALL_GOOD: dict[str, Callable[[World], Mapping[str, Any]]] = {
    "renewed": settled,
    "meant to end": ending(9, ends=True),
    "ends later than asked": ending(61),
    "default number": declaring(rooms={"hall": room()}),
    "legacy store": declaring(dialin_store="legacy"),
    "with a ledger": declaring(ledger="dialin.ledger"),
}


@pytest.mark.parametrize("name", ALL_GOOD)
@pytest.mark.parametrize("days", [0, 61, 121])
def test_all_good_is_silent(make_world: MakeWorld, name: str, days: int) -> None:
    """Nothing with `--quiet`, and code 0; also while a daily renewal is still due."""
    world = make_world()
    apply(world, ALL_GOOD[name](world))
    if name == "ends later than asked" and days:
        pytest.skip("then it does not any more")
    world.travel(days)

    quiet, whole = check(world, "--quiet"), check(world)

    assert (quiet.code, quiet.out, quiet.err) == (0, "", ""), whole.out
    assert whole.code == 0
    assert whole.out.splitlines()[-1].endswith(" rows, all ok")
    assert check_json(world)["exit_code"] == 0


@pytest.mark.parametrize(
    ("switch", "value"),
    [(name, value) for name, values in ASSUMPTIONS.items() for value in values],
)
@pytest.mark.parametrize("store", ["current", "legacy"])
def test_no_world_makes_an_alarm_that_stays(
    make_world: MakeWorld, switch: str, value: str, store: str
) -> None:
    """Whatever is true of Daily, a domain that was applied is healthy."""
    if (switch, value, store) == ("lists", "absent", "legacy"):
        pytest.skip("nothing can be written there")
    world = make_world(assume=Assume(**{switch: value}))
    parts = {"rooms": {"hall": room()}, "dialin_store": store}
    declare(world, HEALTHY, parts)
    world.monkeypatch.setenv("SUPPORT_HMAC", HMAC)
    world.apply()

    ran = check(world, "--quiet")

    assert (ran.code, ran.out) == (0, "")


def test_rooms_of_an_application_are_only_counted(make_world: MakeWorld) -> None:
    """A PIN room of a day at most is made for one call; one without a PIN is no row."""
    world = make_world()
    apply(world)
    unmanaged(world, "call-1", ends=0.5, made=-0.4)
    unmanaged(world, "call-2", ends=0.6, made=-0.4)
    unmanaged(world, "letter", ends=90)
    unmanaged(world, "plaque", ends=None)
    unmanaged(world, "meeting", ends=1, pin=False)

    document, text = check_json(world), check(world).out

    rows = {r["subject"] for r in document["rows"] if r["kind"] == "unmanaged-room"}
    assert rows == {"letter", "plaque"}
    assert (document["throw_away_rooms"], document["exit_code"]) == (2, 0)
    assert "2 PIN rooms of a day at most left out" in text
    narrowed = check_json(world, "--only", "room:doctor")
    assert narrowed["throw_away_rooms"] is None
    assert len(narrowed["rows"]) == 2


def test_what_is_suggested_for_a_room_of_no_file_ends_the_alarm(
    make_world: MakeWorld,
) -> None:
    """The command below the row writes what keeps the PIN."""
    world = make_world()
    apply(world)
    unmanaged(world, "letter", ends=9)
    (row,) = (r for r in check_json(world)["rows"] if r["verdict"] == "fail")

    ran = world.run(*row["reasons"][0]["command"].split()[1:])
    (world.folder / "letter.yaml").write_text(ran.out)

    assert ran.code == 0, ran.err
    assert "expires:" in ran.out
    again = world.run("check", "config.yaml", "letter.yaml")
    kinds = {line.split()[1] for line in again.out.splitlines() if "letter" in line}
    assert "unmanaged" not in kinds


@pytest.mark.parametrize("way", ["restore", "dismiss", "declare"])
def test_a_rescue_file_alarms_until_its_loss_is_dealt_with(
    make_world: MakeWorld, way: str
) -> None:
    """Restored by the command below the row, dismissed, or declared in the file."""
    world = make_world()
    apply(world)
    rescue(world)
    (row,) = (r for r in check_json(world)["rows"] if r["verdict"] == "fail")
    command = row["reasons"][0]["command"].split()[1:]

    if way == "declare":
        apply(world, {"phone_numbers": {DEFAULT: {"pin_dialin": {}}}})
    else:
        more = "--yes" if way == "restore" else "--dismiss"
        assert world.run(*command, more).code == 0

    assert command[0] == "restore"
    assert check(world, "--quiet").out == ""


@pytest.mark.parametrize("name", [RESCUE, f"{RESCUE}.dismissed", "notes.json"])
def test_only_a_rescue_file_of_this_domain_that_waits_counts(
    make_world: MakeWorld, name: str
) -> None:
    """Not one of another domain, not a dismissed one, and no other file."""
    world = make_world()
    apply(world)
    rescue(world)
    text = (world.folder / RESCUE).read_text()
    (world.folder / RESCUE).unlink()
    if name == RESCUE:
        text = text.replace('"acme"', '"other"')
    (world.folder / name).write_text(text)

    ran = check(world, "--quiet")

    assert (ran.code, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize("unread", [ASSIGNMENTS, PURCHASED, ROOMS])
def test_a_rescue_file_is_unknown_while_the_stores_are(
    make_world: MakeWorld, unread: str
) -> None:
    """Nothing is missing from a store that was not read; no other part matters."""
    world = make_world()
    apply(world)
    rescue(world)
    world.sandbox.faults.add(f"500:GET:{unread}*all")

    (row,) = (r for r in check_json(world)["rows"] if r["kind"] == "rescue-file")

    assert row["verdict"] == ("unknown" if unread == ASSIGNMENTS else "fail")


def test_renewals_that_wait_for_one_another_are_no_failure(
    make_world: MakeWorld,
) -> None:
    """Where a renewal changes a PIN, rooms are renewed one a day, and wait."""
    world = make_world(assume=Assume(pin="renewed"))
    apply(world, {"rooms": {f"room-{n}": room(PIN) for n in range(6)}})
    renew = ("apply", "config.yaml", "--yes", "--only-renewals")
    world.travel(120)
    world.run(*renew, *world.options)

    for day in range(121, 126):
        world.travel(day)
        before = check(world, "--quiet")
        world.run(*renew, *world.options)
        after = check(world, "--quiet")

        assert (before.code, after.code) == (0, 0), before.out + after.out


def test_an_end_that_apply_would_move_is_pointed_to_the_plan(
    make_world: MakeWorld,
) -> None:
    """The live end is what counts; that the file has a later one is no help yet."""
    world = make_world()
    apply(world, ending(90)(world))
    put(world, exp=int(world.clock() + 5 * DAY))

    (row,) = (r for r in check_json(world)["rows"] if r["verdict"] == "fail")

    assert [reason["id"] for reason in row["reasons"]] == ["pin-ends"]
    assert row["reasons"][0]["command"] == "daily-reconciler plan config.yaml"


# What could not be read.

ENDPOINTS: dict[str, tuple[str, set[str]]] = {
    "rooms": (ROOMS, {"room", "unmanaged-room"}),
    "assignments": (ASSIGNMENTS, {"room", "number"}),
    "purchased": (PURCHASED, {"room", "number"}),
}
FAULTS = {
    "500": "500",
    "plan gate": "plan-gate",
    "plan gate 402": "plan-gate=402",
    "another shape": "wrong-json",
    "no answer": "reset",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_part_that_cannot_be_read_is_unknown(
    make_world: MakeWorld, endpoint: str, fault: str
) -> None:
    """Shown, also under `--quiet`, and no failure; the other rows are known."""
    path, kinds = ENDPOINTS[endpoint]
    world = make_world()
    apply(world, {"rooms": {"hall": room()}})
    world.sandbox.faults.add(f"{FAULTS[fault]}:GET:{path}*all")

    document, quiet = check_json(world), check(world, "--quiet")

    unknown = [row for row in document["rows"] if row["verdict"] == "unknown"]
    assert (document["exit_code"], quiet.code) == (0, 0)
    assert {row["kind"] for row in unknown} == kinds
    for row in unknown:
        assert [r["id"] for r in row["reasons"]] == ["not-read"]
        assert path in row["reasons"][0]["message"]
    for row in unknown:
        kind = row["kind"].replace("-", " ")
        assert f"unknown  {kind} {row['subject']}" in quiet.out


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_what_is_sure_fails_although_another_part_is_unknown(
    make_world: MakeWorld, endpoint: str
) -> None:
    """A gap hides no failure that does not depend on it."""
    world = make_world()
    apply(world)
    path, _ = ENDPOINTS[endpoint]
    suspend(world)
    if endpoint != "rooms":
        held(world).dialin_code = None
    world.sandbox.faults.add(f"500:GET:{path}*all")

    document = check_json(world)

    assert document["exit_code"] == 2
    assert ("account", "acme") in failing(document)
    if endpoint != "rooms":
        assert failing(document)[DOCTOR] == {"no-pin", "not-read"}


def test_one_room_that_cannot_be_read_is_one_unknown_row(
    make_world: MakeWorld,
) -> None:
    """Where lists show no PINs, each PIN room is read by itself."""
    world = make_world(assume=Assume(room_lists="brief"))
    apply(world, {"rooms": {"hall": room()}, "ledger": "dialin.ledger"})
    record(world)
    world.sandbox.faults.add("500:GET:/rooms/doctor*all")

    rows = {row["subject"]: row["verdict"] for row in check_json(world)["rows"]}

    assert rows.pop("doctor") == rows.pop("dialin.ledger") == "unknown"
    assert set(rows.values()) == {"ok"}


def test_an_outage_is_no_health(make_world: MakeWorld) -> None:
    """No answer at all, or a Daily that keeps failing: 1, as elsewhere."""
    for fault in ("reset*all", "500:GET:/*all", "500:GET:/*@2*all"):
        world = make_world()
        apply(world)
        world.sandbox.faults.add(fault)

        ran = check(world, "--quiet", "--format", "json")

        assert (ran.code, ran.json["kind"]) == (1, "error"), fault


def test_another_domain_is_refused(make_world: MakeWorld) -> None:
    """4, after one request."""
    world = make_world()
    world.write("version: 1\ndomain: other\nrooms: {}\n", head=False)

    ran = world.run("check", "config.yaml")

    assert ran.code == 4
    assert len(world.sent()) == 1


def test_an_invalid_config_is_refused(make_world: MakeWorld) -> None:
    """1, and nothing is sent."""
    world = make_world()
    world.write("rooms: []\n")

    assert (check(world).code, world.sent()) == (1, [])


def test_only_narrows_what_is_checked(make_world: MakeWorld) -> None:
    """Rows of the account stay; a pattern that matches nothing is a mistake."""
    world = make_world()
    apply(world, {"rooms": {"hall": room()}})
    ask(world, "DELETE", "/rooms/doctor")

    rows = check_json(world, "--only", "room:hall")["rows"]

    assert [(r["kind"], r["verdict"]) for r in rows] == [
        ("account", "ok"),
        ("room", "ok"),
    ]
    assert check(world, "--only", "room:hal").code == 64


def test_the_head_says_how_daily_was_reached(make_world: MakeWorld) -> None:
    """Version, where the key comes from, domain, proxy, requests and clocks."""
    world = make_world()
    apply(world)
    (world.folder / "key").write_text(world.sandbox.settings.key)
    world.forget()

    head = check(world, "--api-key-file", "key").out.split("\n\n")[0]
    requests = len(world.sent())
    document = check_json(world)

    assert "API key from file key" in head
    assert "domain acme, as in the file" in head
    assert f"{requests} requests without a proxy, clock difference none" in head
    assert document["key_from"] == "DAILY_API_KEY"
    assert document["requests"] == requests == 4


def test_unset_variables_are_a_note(make_world: MakeWorld) -> None:
    """No variable is needed, and what hangs on one is no failure."""
    world = make_world()
    apply(world)

    ran = check(world)

    assert ran.code == 0
    assert "SUPPORT_HMAC is not set [unset-variable-note]" in ran.out


def test_another_hmac_fails_where_the_variable_is_set(make_world: MakeWorld) -> None:
    """Then the webhook refuses what Daily asks; neither value is shown."""
    world = make_world()
    apply(world)
    entry(world, HOOKED).fields["hmac"] = "YW5vdGhlci1rZXktdGhhdC1pcy1saXZl"
    world.monkeypatch.setenv("SUPPORT_HMAC", HMAC)

    ran = world.run("check", "config.yaml", "--quiet")

    assert ran.code == 2
    assert "[hook-differs]" in ran.out
    assert_no_secret(world, ran)


@pytest.mark.parametrize(
    "name", ["\x1b[31mred", "::error::x", "‮evil", "ü" * 300, "a\nFAIL room b"]
)
def test_hostile_words_of_daily_stay_text(make_world: MakeWorld, name: str) -> None:
    """They move no cursor, start no line and command no CI system."""
    world = make_world()
    apply(world)
    config = entry(world, PIN)
    config.type = name

    ran = check(world)

    assert ran.code in (0, 1, 2)
    lines = ran.out.split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(li.strip().startswith(("::", "FAIL room b")) for li in lines)


def test_suggested_commands_can_be_pasted(make_world: MakeWorld) -> None:
    """Each stands on a line of its own, whole, with the options of the run."""
    world = make_world()
    apply(world)
    held(world).dialin_code = None

    ran = check(world, "--quiet", "--timeout", "20")
    document = check_json(world)

    (line,) = (li for li in ran.out.splitlines() if "daily-reconciler" in li)
    assert line.split() == [
        *("daily-reconciler", "apply", "config.yaml", "--timeout", "20.0"),
        *("--resend", "room:doctor"),
    ]
    (row,) = (row for row in document["rows"] if row["verdict"] == "fail")
    assert "--resend room:doctor" in row["reasons"][0]["command"]


# Metrics.


def metrics(world: World) -> dict[str, str]:
    """What the last check wrote, without the label of the domain."""
    lines = (world.folder / "check.prom").read_text().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {
        name.removeprefix("daily_reconciler_check_")
        .replace('domain="acme",', "")
        .replace('{domain="acme"}', ""): value
        for name, _, value in pairs
    }


def test_metrics_count_the_rows(make_world: MakeWorld) -> None:
    """By verdict, and those that fail by kind; series are there when they are 0."""
    world = make_world()
    apply(world)

    check(world, "--metrics", "check.prom")
    good = metrics(world)
    held(world).dialin_code = None
    check(world, "--metrics", "check.prom", "--quiet")
    bad = metrics(world)

    assert (good["exit_code"], bad["exit_code"]) == ("0", "2")
    assert (good['rows{verdict="fail"}'], good['rows{verdict="ok"}']) == ("0", "4")
    assert (bad['rows{verdict="fail"}'], bad['rows{verdict="ok"}']) == ("1", "3")
    assert (good['failing{kind="room"}'], bad['failing{kind="room"}']) == ("0", "1")
    assert bad['failing{kind="number"}'] == bad['rows{verdict="unknown"}'] == "0"


@pytest.mark.parametrize("before", ["a check", "nothing", "no metrics"])
def test_metrics_survive_a_failure(make_world: MakeWorld, before: str) -> None:
    """The code and the time are new, and an alarm about rows does not end."""
    world = make_world()
    apply(world)
    held(world).dialin_code = None
    if before == "a check":
        check(world, "--metrics", "check.prom")
    if before == "no metrics":
        (world.folder / "check.prom").write_bytes(b"\xff\x00 not metrics\n")
    world.sandbox.faults.add("reset*all")

    ran = check(world, "--metrics", "check.prom")

    text = (world.folder / "check.prom").read_text()
    assert ran.code == 1
    assert 'check_exit_code{domain="' in text
    assert "not metrics" not in text
    if before == "a check":
        assert metrics(world)["exit_code"] == "1"
        assert metrics(world)['rows{verdict="fail"}'] == "1"


@pytest.mark.parametrize(
    "path", ["config.yaml", "dialin.ledger", "no/such/folder.prom"]
)
def test_metrics_replace_nothing_that_is_read(make_world: MakeWorld, path: str) -> None:
    """Refused before anything is sent."""
    world = make_world()
    apply(world, {"ledger": "dialin.ledger"})
    record(world)
    world.forget()

    ran = check(world, "--metrics", path)

    assert ran.code == (1 if "/" in path else 64)
    assert world.sent() == []
