"""A live domain becomes files that are valid and plan to nothing."""

from __future__ import annotations

import random
import shlex
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from every_property import one_key_each, properties
from kit import NUMBERS, Ran, World

from reconciler.sandbox.settings import ASSUMPTIONS, Assume

MakeWorld = Callable[..., World]
Node = dict[str, Any]

DAY = 86_400
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast where libyaml is there."""
PIN, PINLESS = "pin_dialin", "pinless_dialin"
HOOK = "https://example.com/daily/incoming"
PINLESS_ENTRY = {
    "name_prefix": "support",
    "room_creation_api": HOOK,
    "hmac": "b25lIHNlY3JldA==",
    "hold_music_url": "https://user:pass@example.com/hold.mp3?key=abc",
    "timeout_config": {"message": "It's late: call again # tomorrow"},
}
PIN_ENTRY = {"name_prefix": "010", "ivr_greeting": {"message": "Ihre PIN, bitte $1?"}}

ECHOES = [Assume(echo=echo) for echo in ASSUMPTIONS["echo"]]
MANY = [ECHOES[0], Assume(echo="full")]
"""The worlds with 500 rooms: the usual one, and the one with the largest answers."""
# The others show the same with fewer rooms.
OTHERS = [
    *(echo for echo in ECHOES if echo not in MANY),
    *(Assume(stores=stores) for stores in ASSUMPTIONS["stores"][1:]),
    Assume(stores="mirrored", echo="full"),
    Assume(hmac="hidden", case="folded", expired="zombie", lists="absent"),
]


def name_of(assume: Assume) -> str:
    """What differs from the usual, as a test id."""
    usual = Assume()
    names = [n for n in ASSUMPTIONS if getattr(assume, n) != getattr(usual, n)]
    return "-".join(f"{n}={getattr(assume, n)}" for n in names) or "usual"


def varied(now: float, total: int) -> Iterator[tuple[str, Node, str]]:
    """Rooms: every property alone and together, and lifetimes of all kinds."""
    chance = random.Random(4)
    first, second = properties(now)
    names = [n for n in first if n not in ("exp", "dialin")]
    yield "every-property", first, "private"
    yield "every-property-2", second, "public"
    for n, room in enumerate(one_key_each(first)):
        yield f"one-key-{n}", room, "private"
    for name in names:
        yield f"only-{name.replace('_', '-')}", {name: first[name]}, "public"
    yield "hook", {"meeting_join_hook": "https://me:x@example.com/h?t=1"}, "public"
    yield "no", {"lang": "no"}, "private"
    yield "0123", {"nbf": int(now) + DAY}, "private"
    yield "far", {"exp": 4_000_000_000}, "public"
    yield "milliseconds", {"exp": int(now) * 1000}, "public"
    yield "pin-ms", {"exp": int(now) * 1000, "dialin": {}}, "public"
    yield "pin-without-end", {"dialin": {"display_name": "x"}}, "public"
    yield "older", {"autojoin": True, "signaling_impl": "ws"}, "public"
    yield "unknown", {"switchover_impl": "sfu", "brand_new": {"a": [1]}}, "public"
    for n in range(40):
        yield f"gone-{n:02}", {"exp": int(now) - n - 1}, "public"
    for n in range(total - 40 - 11 - len(names) - len(one_key_each(first))):
        some = {k: chance.choice((first, second))[k] for k in chance.sample(names, 4)}
        if n % 3:
            some["exp"] = int(now) + chance.randrange(2 * 3600, 360 * DAY)
        if n % 3 == 1:
            some["dialin"] = chance.choice((first, second))["dialin"]
            some["exp"] = min(some["exp"], int(now) + 363 * DAY)
        some.pop("nbf", None)
        yield f"room-{n:03}", some, chance.choice(("public", "private"))


def fill(world: World, total: int) -> None:
    """So many rooms, both stores, SIP-only and orphaned entries, own defaults."""
    store = world.sandbox.store
    for name, room, privacy in varied(time.time(), total):
        store.add_room(name, room, privacy=privacy)
    assert len(store.rooms) == total
    store.domain_properties.update({"lang": "de", "enable_prejoin_ui": False})
    store.add_dialin_config(PIN, {"phone_number": NUMBERS[0], **PIN_ENTRY})
    store.add_dialin_config(PIN, {"phone_number": NUMBERS[2]})
    store.add_dialin_config(PINLESS, {"phone_number": NUMBERS[1], **PINLESS_ENTRY})
    store.add_dialin_config(PINLESS, {"name_prefix": "sip", "room_creation_api": HOOK})
    store.add_dialin_config(PIN, {"phone_number": "+12095550177"})
    store.add_legacy(PIN, {"phone_number": NUMBERS[3], "name_prefix": "old"})


def export_variables(world: World, file: Path) -> None:
    """What `. FILE` does in a shell."""
    for line in file.read_text(encoding="utf-8").splitlines():
        _, assignment = shlex.split(line)
        name, _, value = assignment.partition("=")
        world.monkeypatch.setenv(name, value)


def in_sync(world: World) -> Ran:
    """The file is valid, and its plan is empty."""
    valid = world.run("validate", "config.yaml")
    assert valid.code == 0, valid.out
    plan = world.plan()
    assert plan.code == 0, plan.out + plan.err
    return plan


def import_all(world: World) -> str:
    """Import everything twice; the file, with its variables set."""
    one = world.run(
        *("import", "--include-expiring", "--out", "config.yaml"),
        *("--secrets-out", "secrets"),
    )
    two = world.run("import", "--include-expiring")
    assert one.code == 0, one.err
    assert one.out == ""
    assert two.out == world.config.read_text(encoding="utf-8")
    assert world.writes() == []
    export_variables(world, world.folder / "secrets")
    return two.out


@pytest.mark.slow
@pytest.mark.parametrize("assume", MANY, ids=name_of)
def test_five_hundred_rooms_plan_to_nothing(
    make_world: MakeWorld, assume: Assume
) -> None:
    """All that a domain can hold is imported, valid, in sync, and the same twice."""
    world = make_world(assume=assume, accept_properties=("brand_new",))
    fill(world, 500)

    imported = yaml.load(import_all(world), LOADER)

    in_sync(world)
    assert len(imported["rooms"]) == 460
    assert list(imported["rooms"]) == sorted(imported["rooms"])


@pytest.mark.parametrize("assume", OTHERS, ids=name_of)
def test_an_import_plans_to_nothing_however_numbers_are_kept(
    make_world: MakeWorld, assume: Assume
) -> None:
    """The same where stores are one, and where secrets and lists are not shown."""
    world = make_world(assume=assume, accept_properties=("brand_new",))
    fill(world, 150)

    imported = yaml.load(import_all(world), LOADER)

    in_sync(world)
    assert NUMBERS[0] in imported["phone_numbers"]
    assert "+12095550177" not in imported["phone_numbers"]


@pytest.mark.parametrize("options", [["--rolling"], ["--defaults"]], ids="".join)
def test_other_forms_plan_to_nothing_too(
    make_world: MakeWorld, options: list[str]
) -> None:
    """Rolling ends and shared defaults say the same in another way."""
    world = make_world(accept_properties=("brand_new",))
    fill(world, 150)

    ran = world.run(
        *("import", "--include-expiring", "--out", "config.yaml"),
        *("--secrets-out", "secrets", *options),
    )

    assert ran.code == 0, ran.err
    export_variables(world, world.folder / "secrets")
    in_sync(world)


def test_rooms_that_end_by_themselves_stay_out(make_world: MakeWorld) -> None:
    """Throw-away rooms and expired ones are counted, PIN rooms are imported."""
    world = make_world()
    store, now = world.sandbox.store, int(time.time())
    store.add_room("hall", privacy="private")
    store.add_room("phone", {"exp": now + DAY, "dialin": {"display_name": "x"}})
    for n in range(3):
        store.add_room(f"call-{n}", {"exp": now + 900})
    store.add_room("yesterday", {"exp": now - DAY, "dialin": {}})

    ran = world.run("import")

    assert ran.code == 0
    assert list(yaml.safe_load(ran.out)["rooms"]) == ["hall", "phone"]
    assert "3 rooms with an exp and no PIN dial-in" in ran.err
    assert "imported: 2 rooms and 0 numbers of domain acme" in ran.err


def test_rooms_are_chosen_by_their_names(make_world: MakeWorld) -> None:
    """A glob takes rooms; several take what any of them matches."""
    world = make_world()
    for name in ("team-a", "team-b", "hall", "lab"):
        world.sandbox.store.add_room(name)

    ran = world.run("import", "--rooms", "team-*", "--rooms", "lab")

    assert list(yaml.safe_load(ran.out)["rooms"]) == ["lab", "team-a", "team-b"]
    assert "left out: 1 room that no --rooms names" in ran.err


def test_an_empty_domain_is_a_valid_file(make_world: MakeWorld) -> None:
    """Without rooms and numbers there is a head, and nothing to do."""
    world = make_world()

    ran = world.run("import", "--out", "config.yaml", "--secrets-out", "secrets")

    assert ran.code == 0
    assert "imported: 0 rooms and 0 numbers" in ran.err
    assert (world.folder / "secrets").read_text(encoding="utf-8") == "\n"
    in_sync(world)


def test_secrets_leave_only_when_asked_for(make_world: MakeWorld) -> None:
    """Values go to a private file that a shell can read, and nowhere else."""
    world = make_world()
    store = world.sandbox.store
    store.add_dialin_config(PINLESS, {"phone_number": NUMBERS[1], **PINLESS_ENTRY})
    stream = {"url": "rtmp://live.example.com/it's-my-key"}
    endpoint = {"name": "tv", "type": "rtmp", "rtmp_config": stream}
    for name in ("stage", "studio"):
        store.add_room(name, {"streaming_endpoints": [endpoint]})
    hook = "https://example.com/joined?token=t0ken"
    store.add_room("hooked", {"meeting_join_hook": hook})

    ran = world.run("import", "--secrets-out", "secrets")

    file = world.folder / "secrets"
    kept = file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for value in ("b25lIHNlY3JldA==", "user:pass", "key=abc", "my-key", "t0ken"):
        assert value in kept
        assert value not in ran.out + ran.err
    entry = yaml.safe_load(ran.out)["phone_numbers"][NUMBERS[1]][PINLESS]
    assert entry["hmac"] == "${DAILY_HMAC_12095550101}"
    assert entry["room_creation_api"] == HOOK
    names = [line.split("=")[0].split()[1] for line in kept.splitlines()]
    assert names == sorted(names)
    assert all(f"  {name}\n" in ran.err for name in names)
    # Two rooms with one secret share its variable.
    assert sum("RTMP" in name for name in names) == 1
    world.config.write_text(ran.out, encoding="utf-8")
    export_variables(world, file)
    in_sync(world)


def test_defaults_keep_the_secrets_that_all_rooms_share(make_world: MakeWorld) -> None:
    """A shared secret moves to the defaults with its variable, and none is lost."""
    world = make_world()
    store = world.sandbox.store
    stream = {"url": "rtmp://live.example.com/my-key"}
    shared = {
        "streaming_endpoints": [{"name": "tv", "type": "rtmp", "rtmp_config": stream}],
        "meeting_join_hook": "https://user:pass@example.com/joined?token=t0ken",
    }
    for name in ("stage", "studio", "hall"):
        store.add_room(name, {**shared, "lang": "de"})

    ran = world.run(
        *("import", "--defaults", "--rooms", "s*", "--rooms", "hall"),
        *("--secrets-out", "secrets"),
    )

    file = world.folder / "secrets"
    kept = file.read_text(encoding="utf-8")
    assert ran.code == 0, ran.err
    assert "left out" not in ran.err
    written = yaml.safe_load(ran.out)["defaults"]["rooms"]["properties"]
    assert written.keys() == {*shared, "lang"}
    for value in ("my-key", "t0ken", "user:pass"):
        assert value in kept
        assert value not in ran.out + ran.err
    world.config.write_text(ran.out, encoding="utf-8")
    export_variables(world, file)
    in_sync(world)


def test_a_secret_that_daily_hides_is_left_out(make_world: MakeWorld) -> None:
    """Without an hmac to see there is no variable, and a line says so."""
    world = make_world(assume=Assume(hmac="hidden"))
    world.sandbox.store.add_dialin_config(
        PINLESS, {"phone_number": NUMBERS[1], "room_creation_api": HOOK}
    )

    ran = world.run("import")

    assert "hmac" not in ran.out
    assert f"left out: hmac of {NUMBERS[1]}, which Daily does not show" in ran.err


@pytest.mark.parametrize(
    ("left", "due"), [(300 * DAY, False), (20 * DAY, True), (7200, True)]
)
def test_a_rolling_end_outlives_a_daily_schedule(
    make_world: MakeWorld, left: int, due: bool
) -> None:
    """What is due at once is named, renewed by the first apply, and then in time."""
    world = make_world()
    end = int(time.time()) + left
    world.sandbox.store.add_room("phone", {"exp": end, "dialin": {}}, privacy="private")
    pin = world.sandbox.store.rooms["phone"].dialin_code

    proposed = world.run("import")
    ran = world.run("import", "--rolling", "--out", "config.yaml")

    room = yaml.safe_load(world.config.read_text(encoding="utf-8"))["rooms"]["phone"]
    assert ran.code == 0
    assert room["expires"] == {"after": "180d", "renew_before": "60d"}
    assert "exp" not in room["properties"]
    assert "# to keep the room and its PIN: expires: {" in proposed.out
    assert ("the first apply renews it" in ran.err) is due
    for day in range(0, 400, 10):
        world.travel(day)
        world.apply("--quiet")
    assert world.sandbox.store.rooms["phone"].dialin_code == pin


def test_what_all_rooms_share_becomes_a_default(make_world: MakeWorld) -> None:
    """Only what every room has moves up; what one lacks stays with the others."""
    world = make_world()
    store = world.sandbox.store
    store.add_room("a", {"lang": "de", "enable_chat": True}, privacy="private")
    store.add_room("b", {"lang": "de", "max_participants": 9}, privacy="private")
    store.add_room("c", {"lang": "de"}, privacy="private")

    ran = world.run("import", "--defaults", "--out", "config.yaml")

    said = yaml.safe_load(world.config.read_text(encoding="utf-8"))
    assert ran.code == 0
    assert said["defaults"]["rooms"] == {
        "privacy": "private",
        "properties": {"lang": "de"},
    }
    assert said["rooms"] == {
        "a": {"properties": {"enable_chat": True}},
        "b": {"properties": {"max_participants": 9}},
        "c": {},
    }
    in_sync(world)


def test_the_store_in_use_is_imported(make_world: MakeWorld) -> None:
    """One store at a time: what lives in the other one only is named."""
    world = make_world()
    store = world.sandbox.store
    store.add_legacy(PIN, {"phone_number": NUMBERS[0], "name_prefix": "old"})
    legacy = world.run("import")
    store.add_dialin_config(PIN, {"phone_number": NUMBERS[2]})
    current = world.run("import")
    chosen = world.run("import", "--store", "legacy")

    assert yaml.safe_load(legacy.out)["dialin_store"] == "legacy"
    assert list(yaml.safe_load(current.out)["phone_numbers"]) == [NUMBERS[2]]
    assert f"left out: {NUMBERS[0]}, assigned in Daily's legacy" in current.err
    assert chosen.out == legacy.out
    assert f"left out: {NUMBERS[2]}, assigned in Daily's current" in chosen.err
    for ran in (legacy, current):
        world.config.write_text(ran.out, encoding="utf-8")
        in_sync(world)


def test_what_a_file_cannot_say_is_named(make_world: MakeWorld) -> None:
    """Unknown settings, times in milliseconds and endless PIN rooms are told of."""
    world = make_world(accept_properties=("brand_new",))
    store, now = world.sandbox.store, int(time.time())
    store.add_room("new", {"brand_new": "s3cret"})
    store.add_room("ms", {"exp": now * 1000})
    store.add_room("pin-ms", {"exp": now * 1000, "dialin": {}})
    store.add_room("endless", {"dialin": {"display_name": "x"}, "lang": "de"})

    ran = world.run("import", "--include-expiring", "--out", "config.yaml")

    said = yaml.safe_load(world.config.read_text(encoding="utf-8"))["rooms"]
    assert said["new"] == {"privacy": "public"}
    assert said["ms"] == {"privacy": "public"}
    assert said["endless"]["properties"] == {"lang": "de"}
    assert said["pin-ms"]["expires"] == {"after": "180d", "renew_before": "60d"}
    assert "left out: 'brand_new', unknown here, of 1 room" in ran.err
    assert "room ms: exp is left out, which Daily has in milliseconds" in ran.err
    assert "room pin-ms: expires instead of exp" in ran.err
    assert "room endless: dialin is left out" in ran.err
    assert "s3cret" not in ran.err
    in_sync(world)


COMMENTED = """\
# Rooms of Acme, by hand.
version: 1
domain: acme        # guards against the wrong account

defaults:
    rooms:
        privacy: private
        properties: {enable_chat: true}

# --- rooms ---
rooms:
    lobby:                      # do not touch
        privacy: public
        properties: {lang: no, enable_chat: false}   # Norwegian

    # attic: {}
# The end."""


def is_subsequence(short: str, long: str) -> bool:
    """Every character of the one stands in the other, in order."""
    rest = iter(long)
    return all(char in rest for char in short)


def test_a_merge_adds_and_changes_nothing(make_world: MakeWorld) -> None:
    """A commented file keeps each byte; what is added plans to nothing."""
    world = make_world(accept_properties=("brand_new",))
    fill(world, 150)
    world.sandbox.store.add_room("lobby", {"lang": "no"}, privacy="public")
    world.sandbox.store.add_room("same", {"enable_chat": True}, privacy="private")
    world.write(COMMENTED, head=False)

    ran = world.run(
        *("import", "--merge", "config.yaml", "--include-expiring"),
        *("--in-place", "--secrets-out", "secrets"),
    )

    merged = world.config.read_text(encoding="utf-8")
    assert ran.code == 0, ran.err
    assert ran.out == ""
    assert is_subsequence(COMMENTED, merged)
    assert merged.startswith(COMMENTED.removesuffix("# The end."))
    said = yaml.safe_load(merged)["rooms"]
    assert len(said) == 112
    # What these defaults would change is kept from them.
    assert "defaults" not in said["same"]
    assert said["unknown"] == {"defaults": False, "privacy": "public"}
    export_variables(world, world.folder / "secrets")
    in_sync(world)
    again = world.run("import", "--merge", "config.yaml", "--include-expiring")
    assert again.out == merged
    assert "added: 0 rooms and 0 numbers" in again.err


def test_a_merge_leaves_what_the_file_speaks_of(make_world: MakeWorld) -> None:
    """Rooms that differ, or are to be deleted, are the file's own business."""
    world = make_world(assume=Assume(case="folded"))
    store = world.sandbox.store
    for name in ("Lobby", "old", "new"):
        store.add_room(name, privacy="private")
    store.add_dialin_config(PIN, {"phone_number": NUMBERS[0]})
    world.write(
        "rooms:\n  lobby: {privacy: public}\n  old: {state: absent}\n"
        f'phone_numbers: {{"{NUMBERS[0]}": {{state: absent}}}}\n'
    )
    before = world.config.read_bytes()

    ran = world.run("import", "--merge", "config.yaml")

    assert ran.code == 0, ran.err
    assert world.config.read_bytes() == before
    assert list(yaml.safe_load(ran.out)["rooms"]) == ["lobby", "old", "new"]
    assert "added: 1 room and 0 numbers" in ran.err


def test_in_place_keeps_bytes_and_mode(make_world: MakeWorld) -> None:
    """A file with Windows line ends keeps them, and stays as readable as it was."""
    world = make_world()
    world.sandbox.store.add_room("hall")
    world.config.write_bytes(b"version: 1\r\ndomain: acme\r\nrooms: {}\r\n")
    world.config.chmod(0o640)

    ran = world.run("import", "--merge", "config.yaml", "--in-place")

    assert ran.code == 0, ran.err
    assert world.config.read_bytes() == (
        b"version: 1\r\ndomain: acme\r\nrooms: {\r\n  hall: {privacy: public}\r\n}\r\n"
    )
    assert stat.S_IMODE(world.config.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rooms:\n  lobby: {lang: de}\n", "unknown property"),
        ("rooms: &x\n  b: {}\nrooms2: *x\n", "unknown property"),
        ("defaults: {rooms: &x {}}\nrooms: *x\n", "nothing can be added to 'rooms'"),
    ],
)
def test_a_merge_that_cannot_be_done_is_refused(
    make_world: MakeWorld, text: str, message: str
) -> None:
    """A file with errors, or of an odd layout, is left as it is."""
    world = make_world()
    world.sandbox.store.add_room("hall")
    world.write(text)
    before = world.config.read_bytes()

    ran = world.run("import", "--merge", "config.yaml", "--in-place")

    assert (ran.code, ran.out) == (1, "")
    assert message in ran.err
    assert world.config.read_bytes() == before


def test_files_are_not_overwritten(make_world: MakeWorld) -> None:
    """What exists is replaced only on request, and nothing is read before that."""
    world = make_world()
    world.write("# mine\n")

    refused = world.run("import", "--out", "config.yaml")

    assert refused.code == 1
    assert "config.yaml exists already" in refused.err
    assert world.sent() == []
    assert world.run("import", "--out", "config.yaml", "--force").code == 0
    assert "# mine" not in world.config.read_text(encoding="utf-8")


def test_a_key_of_another_domain_is_refused(make_world: MakeWorld) -> None:
    """`--domain` and the domain of a merged file guard against the wrong account."""
    world = make_world(domain="other")
    world.write("")

    for options in (["--domain", "acme"], ["--merge", "config.yaml"]):
        ran = world.run("import", *options)

        assert (ran.code, ran.out) == (4, "")
        assert "the API key belongs to 'other'" in ran.err


@pytest.mark.parametrize(
    "options",
    [
        ["--in-place"],
        ["--merge", "config.yaml", "--defaults"],
        ["--merge", "config.yaml", "--in-place", "--out", "x"],
        ["--merge", "config.yaml", "--store", "legacy"],
        ["--store", "both"],
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense_are_usage(
    make_world: MakeWorld, options: list[str]
) -> None:
    """What cannot be meant ends with 64, before anything is written."""
    world = make_world()
    world.write("")

    assert world.run("import", *options).code == 64


def test_a_sandbox_needs_nothing(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--sandbox` alone imports an example domain, later the one of its state."""
    world = make_world()
    first = world.run("import", "--sandbox")
    world.write("version: 1\ndomain: globex\nrooms: {hall: {}}\n", head=False)
    other = ("--sandbox", "--sandbox-state", "other.json")
    assert world.run("apply", "config.yaml", "--yes", *other).code == 0

    later = world.run("import", *other)

    assert first.code == 0
    assert "domain: acme\n" in first.out
    assert "domain: globex\n" in later.out
    assert "hall:" in later.out
