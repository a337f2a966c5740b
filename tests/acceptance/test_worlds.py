"""The dangerous worlds: the right thing is done, or a gate says what would be lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from kit import NUMBERS, World

from reconciler.sandbox.settings import ASSUMPTIONS, Assume

MakeWorld = Callable[..., World]
Node = dict[str, Any]

HOOK = "https://example.com/daily/foreign"
LEGACY_NUMBERS = """
dialin_store: legacy
phone_numbers:
  "+12095550100": {pin_dialin: {name_prefix: pin}}
rooms:
  lobby: {privacy: public}
"""
FOREIGN_CONFIGS: list[tuple[str, Node]] = [
    ("pinless_dialin", {"name_prefix": "sip-only", "room_creation_api": HOOK}),
    (
        "pinless_dialin",
        {
            "phone_number": "+12095550102",
            "room_creation_api": HOOK,
            "hmac": "Zm9yZWlnbg==",
        },
    ),
    ("pin_dialin", {"phone_number": "+12095550103", "name_prefix": "foreign"}),
]


ALLOW = ("--allow", "may-erase=3")


def configs(world: World) -> list[str]:
    """The current store as text, without the ids that Daily makes."""
    held = world.sandbox.store.dialin_configs.values()
    return sorted(json.dumps([c.type, c.fields], sort_keys=True) for c in held)


def erased(make_world: MakeWorld) -> tuple[World, list[str]]:
    """A world where a legacy write empties the current store, and what was there."""
    world = make_world(assume=Assume(stores="erasing"))
    for kind, fields in FOREIGN_CONFIGS:
        world.sandbox.store.add_dialin_config(kind, fields)
    world.write(LEGACY_NUMBERS)
    return world, configs(world)


def test_a_write_that_erases_the_other_store_is_named(make_world: MakeWorld) -> None:
    """Each lost entry and the rescue file are in the report, and the run stops."""
    world, before = erased(make_world)

    ran = world.apply(*ALLOW, expect=3)

    (rescue,) = world.folder.glob("daily-rescue-*")
    assert configs(world) == []
    assert rescue.stat().st_mode & 0o777 == 0o600
    assert rescue.name in ran.out
    assert "LOST: +12095550102 (pinless_dialin, current store) is gone" in ran.out
    assert "LOST: +12095550103 (pin_dialin, current store) is gone" in ran.out
    assert "LOST: SIP entry sip-only" in ran.out
    assert "lobby" not in world.sandbox.store.rooms
    assert "Zm9yZWlnbg==" not in ran.out + ran.err
    saved = json.loads(rescue.read_text(encoding="utf-8"))["assignments"]
    assert len(saved) == len(before)
    assert "Zm9yZWlnbg==" in rescue.read_text(encoding="utf-8")


def test_what_was_erased_comes_back(make_world: MakeWorld) -> None:
    """`restore` puts every lost entry back, its hmac included, and ours stays."""
    world, before = erased(make_world)
    world.apply(*ALLOW, expect=3)
    (rescue,) = world.folder.glob("daily-rescue-*")

    ran = world.run("restore", rescue.name, "--yes")

    assert ran.code == 0, ran.out + ran.err
    assert configs(world) == before
    assert world.sandbox.store.legacy["pin_dialin"]


def test_the_rescue_file_goes_where_it_is_told(make_world: MakeWorld) -> None:
    """`--rescue-file` names the place; a file that is there already is kept."""
    world, _ = erased(make_world)
    taken = world.folder / "safe.json"
    taken.write_text("precious", encoding="utf-8")

    ran = world.apply(*ALLOW, "--rescue-file", "safe.json", expect=3)

    assert taken.read_text(encoding="utf-8") == "precious"
    assert "safe.json.1" in ran.out
    assert (world.folder / "safe.json.1").stat().st_mode & 0o777 == 0o600


def test_a_plan_says_that_a_legacy_write_may_erase(make_world: MakeWorld) -> None:
    """The risk for the other store is on the change before anything is written."""
    world, _ = erased(make_world)

    change = world.plan_json()["changes"][0]

    assert "may-erase" in [risk["id"] for risk in change["risks"]]


@pytest.mark.parametrize("allowed", [0, 2])
def test_a_legacy_write_beside_the_other_store_is_refused(
    make_world: MakeWorld, allowed: int
) -> None:
    """Nothing is written before each entry that it may erase was allowed."""
    world, before = erased(make_world)

    ran = world.apply("--allow", f"may-erase={allowed}", expect=4)

    assert "--allow may-erase=3" in ran.err
    assert world.writes() == []
    assert configs(world) == before


def test_entries_that_a_legacy_list_shows_too_are_not_erased(
    make_world: MakeWorld,
) -> None:
    """Where Daily mirrors the stores, no entry is at risk and the gate is open."""
    world = make_world(assume=Assume(stores="mirrored"))
    for kind, fields in FOREIGN_CONFIGS:
        world.sandbox.store.add_legacy(kind, fields)
    world.write(LEGACY_NUMBERS)
    before = len(configs(world))

    world.apply()

    assert len(configs(world)) == before + 1


def test_a_list_that_daily_does_not_show_is_not_written(make_world: MakeWorld) -> None:
    """A legacy list that is not shown is written only when that is allowed."""
    world = make_world(assume=Assume(lists="absent"))
    world.write(LEGACY_NUMBERS)

    refused = world.apply(expect=4)

    assert "blind-list-write" in refused.err
    assert "pin_dialin" in refused.out
    assert world.writes() == []
    world.apply("--allow", "blind-list-write=1", expect=3)
    assert world.sandbox.store.legacy["pin_dialin"] == [
        {"phone_number": "+12095550100", "name_prefix": "pin"}
    ]


def test_the_current_store_needs_no_legacy_list(make_world: MakeWorld) -> None:
    """Where the legacy lists are not shown, the current store works as ever."""
    world = make_world(assume=Assume(lists="absent"))
    world.write(LEGACY_NUMBERS.replace("legacy", "current"))

    world.apply()

    assert len(configs(world)) == 1


# expired=zombie


def zombies(make_world: MakeWorld, count: int, **properties: Any) -> World:
    """A world with rooms that have expired and still hold their names."""
    world = make_world(assume=Assume(expired="zombie"))
    for number in range(count):
        world.sandbox.store.add_room(f"old-{number:02}", {"exp": 1, **properties})
    return world


def declare(world: World, count: int, body: Node) -> None:
    """Write a config with these rooms, all alike."""
    rooms = {f"old-{number:02}": body for number in range(count)}
    world.write(f"rooms: {json.dumps(rooms)}\n")


BODIES = {
    "expires": {"privacy": "public", "expires": {"after": "9d", "renew_before": "3d"}},
    "exp": {"privacy": "private", "properties": {"exp": 2_000_000_000}},
    "no-exp": {"privacy": "public"},
    "other-fields": {
        "privacy": "private",
        "properties": {"enable_chat": True, "max_participants": None},
    },
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("count", [1, 3, 12], ids="{}-rooms".format)
@pytest.mark.parametrize("others", [0, 350], ids="{}-others".format)
def test_a_room_that_expired_comes_back(
    make_world: MakeWorld, body: Node, count: int, others: int
) -> None:
    """A name that an expired room still holds is brought to what the file says."""
    world = zombies(make_world, count, max_participants=7)
    for number in range(others):
        world.sandbox.store.add_room(f"other-{number}")
    declare(world, count, body)

    plan = world.plan_json()
    world.apply()

    assert {c["action"] for c in plan["changes"]} == {"create"}
    assert len(world.sandbox.store.rooms) == count + others


def test_a_zombie_that_was_seen_says_that_it_may_revive(make_world: MakeWorld) -> None:
    """A live room whose exp has passed is planned as a creation with that risk."""
    world = zombies(make_world, 1)
    declare(world, 1, BODIES["expires"])

    (change,) = world.plan_json()["changes"]

    assert change["action"] == "create"
    assert "may-revive" in [risk["id"] for risk in change["risks"]]


@pytest.mark.parametrize("count", [1, 2], ids=["read-alone", "not-listed"])
@pytest.mark.parametrize("pin", ["stable", "renewed"])
def test_a_revived_room_keeps_its_pin_in_silence(
    make_world: MakeWorld, count: int, pin: str
) -> None:
    """A PIN that comes back is no news for callers; no plan is sure of a new one."""
    world = zombies(make_world, count, dialin={"display_name": "Caller"})
    settings = world.sandbox.store.settings
    world.sandbox.store.settings = replace(
        settings, assume=replace(settings.assume, pin=pin)
    )
    rooms = world.sandbox.store.rooms
    pins = {name: room.dialin_code for name, room in rooms.items()}
    dialin = {"properties": {"dialin": {"display_name": "Caller"}}}
    declare(world, count, {**BODIES["expires"], **dialin})

    plan = world.plan_json()
    ran = world.apply()

    for change in plan["changes"]:
        said = {risk["id"]: risk["text"] for risk in change["risks"]}
        assert "may-revive" in said or "unless Daily still has" in said["new-pin"]
    kept = {name for name in pins if rooms[name].dialin_code == pins[name]}
    assert len(kept) == (count if pin == "stable" else 0)
    assert ran.out.count("PIN:") == count - len(kept)


def test_a_new_pin_room_of_many_is_told(make_world: MakeWorld) -> None:
    """A room that never was gets its PIN, and the report says so."""
    world = make_world(assume=Assume(expired="zombie"))
    dialin = {"properties": {"dialin": {"display_name": "Caller"}}}
    declare(world, 2, {**BODIES["expires"], **dialin})

    assert world.apply().out.count("has a new PIN") == 2


def test_an_expired_pin_room_is_not_revived_for_ever(make_world: MakeWorld) -> None:
    """A PIN room must end, so one that the file gives no end stays as it is."""
    world = zombies(make_world, 1, dialin={"display_name": "Caller"})
    declare(world, 1, BODIES["no-exp"])

    ran = world.apply(expect=1)

    assert "write `expires`" in ran.out
    assert world.sandbox.store.rooms["old-00"].properties["exp"] == 1


# case=folded


@pytest.mark.parametrize("others", [0, 5, 350], ids="{}-others".format)
@pytest.mark.parametrize("case", ["exact", "folded"])
def test_a_name_in_another_case(make_world: MakeWorld, case: str, others: int) -> None:
    """`Lobby` is a room of its own, or the live `lobby`: Daily is asked."""
    world = make_world(assume=Assume(case=case))
    world.sandbox.store.add_room("lobby", {"enable_chat": True}, privacy="private")
    for number in range(others):
        world.sandbox.store.add_room(f"other-{number}")
    world.write(
        "rooms:\n  Lobby: {privacy: private, properties: {max_participants: 9}}"
    )

    plan = world.plan_json()
    world.apply()

    folded = case == "folded"
    (change,) = plan["changes"]
    assert change["action"] == ("update" if folded else "create")
    said = [finding["id"] for finding in plan["findings"]]
    assert said == (["case-folded"] if folded else [])
    rooms = world.sandbox.store.rooms
    assert len(rooms) == others + (1 if folded else 2)
    held = rooms["lobby" if folded else "Lobby"].properties
    assert held == {"max_participants": 9} | ({"enable_chat": True} if folded else {})


def test_two_spellings_of_one_room_are_refused(make_world: MakeWorld) -> None:
    """Where `Lobby` and `lobby` are one room, declaring both is an error."""
    world = make_world(assume=Assume(case="folded"))
    world.sandbox.store.add_room("lobby", privacy="private")
    world.write("rooms:\n  Lobby: {privacy: private}\n  lobby: {privacy: public}\n")

    ran = world.apply(expect=1)

    assert "one room to Daily" in ran.out + ran.err
    assert world.writes() == []


@pytest.mark.parametrize("others", [0, 15], ids="{}-others".format)
def test_two_new_spellings_are_not_made_one_room(
    make_world: MakeWorld, others: int
) -> None:
    """Where the second spelling turns out to be the first room, it is held back."""
    world = make_world(assume=Assume(case="folded"))
    rooms: Node = {"Lobby": {"privacy": "private"}, "lobby": {"privacy": "public"}}
    rooms |= {f"other-{number}": {"privacy": "private"} for number in range(others)}
    world.write(f"rooms: {json.dumps(rooms)}\n")

    ran = world.apply(expect=3)

    assert "which the file declares as well" in ran.out
    assert len(world.sandbox.store.rooms) == others + 1


# echo=recorded


def test_what_the_domain_says_and_what_a_room_pins(make_world: MakeWorld) -> None:
    """A room that follows its domain is in sync with it, until the domain changes."""
    world = make_world()
    store = world.sandbox.store
    store.add_room("follows", privacy="private")
    store.add_room("pins", {"lang": "en", "start_video_off": False}, privacy="private")
    body = {"privacy": "private", "properties": {"lang": "en"}}
    world.write(f"rooms: {json.dumps({'follows': body, 'pins': body})}\n")

    assert world.plan().code == 0
    store.domain_properties["lang"] = "de"
    (change,) = world.plan_json()["changes"]
    world.apply()

    assert change["key"] == "follows"
    assert store.rooms["follows"].properties == {"lang": "en"}


@pytest.mark.parametrize("echo", ASSUMPTIONS["echo"])
def test_recording_is_switched_off_for_good(make_world: MakeWorld, echo: str) -> None:
    """`enable_recording: false` is written once, whatever Daily then shows."""
    world = make_world(assume=Assume(echo=echo))
    store = world.sandbox.store
    store.add_room("hall", {"enable_recording": ["cloud"]}, privacy="private")
    body = {"privacy": "private", "properties": {"enable_recording": False}}
    world.write(f"rooms: {json.dumps({'hall': body, 'new': body})}\n")

    world.apply()

    assert sorted(store.rooms) == ["hall", "new"]
    kept = [room.properties for room in store.rooms.values()]
    assert kept == [{"enable_recording": "0"}] * 2


@pytest.mark.parametrize("nested", ASSUMPTIONS["nested"])
def test_what_decides_whether_callers_get_in_survives(
    make_world: MakeWorld, nested: str
) -> None:
    """Renaming SIP callers leaves `allow_room_start` and its neighbours as they are."""
    world = make_world(assume=Assume(nested=nested))
    sip = {
        "display_name": "Phone",
        "sip_mode": "dial-in",
        "dialin_config": {"allow_room_start": True, "max_idle_timeout_sec": 60},
    }
    world.sandbox.store.add_room("hall", {"sip": sip}, privacy="private")
    want = {"display_name": "Other", "sip_mode": "dial-in"}
    for more in ({}, {"dialin_config": {"max_idle_timeout_sec": 90}}):
        body = {"privacy": "private", "properties": {"sip": {**want, **more}}}
        world.write(f"rooms: {json.dumps({'hall': body})}\n")

        world.apply()

    kept = world.sandbox.store.rooms["hall"].properties["sip"]
    assert kept == {
        "display_name": "Other",
        "sip_mode": "dial-in",
        "dialin_config": {"allow_room_start": True, "max_idle_timeout_sec": 90},
    }


def test_a_bucket_moves_to_another_provider(make_world: MakeWorld) -> None:
    """From Amazon's bucket to Oracle's: the role goes, the namespace comes."""
    world = make_world(assume=Assume(nested="replace"))
    amazon = {"bucket_name": "calls", "assume_role_arn": "arn:aws:iam::1:role/r"}
    world.sandbox.store.add_room("hall", {"recordings_bucket": amazon})
    oracle = {
        "bucket_name": "calls",
        "storage_provider": "oci",
        "namespace": "acme",
        "assume_role_arn": None,
    }
    body = {"privacy": "public", "properties": {"recordings_bucket": oracle}}
    world.write(f"rooms: {json.dumps({'hall': body})}\n")

    world.apply()

    del oracle["assume_role_arn"]
    assert world.sandbox.store.rooms["hall"].properties["recordings_bucket"] == oracle


# null=refused


def test_a_null_that_daily_refuses_is_left_out(make_world: MakeWorld) -> None:
    """Where PUT resets what is left out, a refused null is not needed; it is named."""
    world = make_world(assume=Assume(null="refused", put="reset"))
    pinless = {"room_creation_api": HOOK, "hmac": "Zm9yZWlnbg=="}
    world.sandbox.store.add_dialin_config(
        "pinless_dialin",
        {"phone_number": "+12095550100", "name_prefix": "old", **pinless},
    )
    body = {"pinless_dialin": {"name_prefix": None, **pinless}}
    world.write(f"phone_numbers: {json.dumps({'+12095550100': body})}\n")

    ran = world.apply()

    (config,) = world.sandbox.store.dialin_configs.values()
    assert config.fields == {"phone_number": "+12095550100", **pinless}
    assert "Daily refused name_prefix, which was left out" in ran.out


def test_a_field_that_cannot_be_cleared_is_named(make_world: MakeWorld) -> None:
    """Where Daily neither takes null nor resets, the run says what is left."""
    world = make_world(assume=Assume(null="refused", put="keep"))
    pin = {"phone_number": "+12095550100", "name_prefix": "old"}
    world.sandbox.store.add_dialin_config("pin_dialin", pin)
    world.write('phone_numbers: {"+12095550100": {pin_dialin: {name_prefix: null}}}\n')

    ran = world.apply(expect=3)

    assert "name_prefix" in ran.out
    assert [write.partition(" ")[0] for write in world.writes()] == ["PUT", "PUT"]
    assert "old" in json.dumps(world.plan_json()["changes"])


# room-lists=brief

EXPIRES: Node = {"expires": {"after": "9d", "renew_before": "3d"}}


@pytest.mark.parametrize("others", [0, 5, 350], ids="{}-others".format)
@pytest.mark.parametrize("count", [1, 3], ids="{}-rooms".format)
def test_pins_that_lists_leave_out_are_read(
    make_world: MakeWorld, count: int, others: int
) -> None:
    """Every PIN is printed, and an update of a PIN room is no news for callers."""
    world = make_world(assume=Assume(room_lists="brief"))
    for number in range(others):
        world.sandbox.store.add_room(f"other-{number}")
    body: Node = {"privacy": "private", **EXPIRES}
    body["properties"] = {"dialin": {"display_name": "Caller"}}
    rooms = [f"room-{number}" for number in range(count)]
    world.write(f"rooms: {json.dumps(dict.fromkeys(rooms, body))}\n")
    world.apply()
    body["properties"]["enable_chat"] = True
    world.write(f"rooms: {json.dumps(dict.fromkeys(rooms, body))}\n")

    updated = world.apply()
    printed = world.run("dialin", "config.yaml").out

    assert "PIN:" not in updated.out
    pins = [room.dialin_code for room in world.sandbox.store.rooms.values()]
    assert [pin for pin in pins if pin and pin not in printed] == []
    assert len([pin for pin in pins if pin]) == count


def test_lists_that_show_the_pins_are_enough(make_world: MakeWorld) -> None:
    """Where lists show the PINs no room is read once more."""
    world = make_world()
    dialin = {"exp": 2_000_000_000, "dialin": {"display_name": "Caller"}}
    for number in range(3):
        world.sandbox.store.add_room(f"room-{number}", dialin, privacy="private")
    body = {"privacy": "private"}
    rooms = {f"room-{number}": body for number in range(3)}
    world.write(f"rooms: {json.dumps(rooms)}\n")

    world.run("dialin", "config.yaml")

    assert [r.path for r in world.sent("GET") if r.path.startswith("/rooms/")] == []


@pytest.mark.parametrize("number", ASSUMPTIONS["number"])
def test_rooms_whose_numbers_are_not_shown(make_world: MakeWorld, number: str) -> None:
    """Only where the number of a room follows its list is a lost list a difference."""
    world = make_world(assume=Assume(echo="lossy", number=number))
    named = {"desk": NUMBERS[1], "ward": NUMBERS[2]}
    rooms = {
        name: {
            "privacy": "private",
            "expires": {"after": "180d", "renew_before": "60d"},
            "properties": {"dialin": {"display_name": "A", "room_numbers": [one]}},
        }
        for name, one in named.items()
    }
    numbers = {one: {"pin_dialin": {}} for one in NUMBERS[:3]}
    world.write(f"phone_numbers: {json.dumps(numbers)}\nrooms: {json.dumps(rooms)}\n")
    world.apply()
    before = [finding["id"] for finding in world.plan_json()["findings"]]
    assert before == ["other-dialin-number" if number == "earliest" else "unverified"]

    ward = world.sandbox.store.rooms["ward"]
    ward.properties["dialin"] = {"display_name": "A"}
    ward.dialin_number = world.sandbox.store.number_to_dial(ward.properties)
    changes = world.plan_json()["changes"]

    assert [c["key"] for c in changes] == (["ward"] if number == "follows" else [])
    world.apply()
    listed = world.run("dialin", "config.yaml", "--format", "json").json["rooms"]
    certain = {
        n["number"]
        for room in listed
        for n in room["numbers"]
        if n["source"] in ("room", "daily")
    }
    assert certain == (
        {NUMBERS[1], NUMBERS[2]} if number == "follows" else {NUMBERS[0]}
    )


@pytest.mark.parametrize("others", [0, 350], ids="{}-others".format)
def test_a_revival_sends_what_the_approved_plan_lists(
    make_world: MakeWorld, others: int
) -> None:
    """The end that an expired room gets for a day is in the plan, or is not sent."""
    world = zombies(make_world, 1)
    for number in range(others):
        world.sandbox.store.add_room(f"other-{number}")
    declare(world, 1, BODIES["no-exp"])
    (change,) = world.plan_json("--out", "plan.json")["changes"]
    listed = {tuple(field["path"]) for field in change["also_sent"]}
    world.forget()

    ran = world.run("apply", "config.yaml", "--yes", "--plan", "plan.json")

    sends = [r for r in world.sent("POST") if r.path == "/rooms/old-00"]
    if ("exp",) in listed:
        assert (ran.code, len(sends)) == (0, 2), ran.out + ran.err
    else:
        assert (ran.code, len(sends)) == (4, 0), ran.out + ran.err
        assert "expired room of this name" in ran.out
