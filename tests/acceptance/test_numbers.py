"""`numbers`: what each number does, in which store, for whom, and how to manage it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from kit import NUMBERS, World

from reconciler.config.schema.validator import check_document
from reconciler.sandbox.settings import Assume

ONE, TWO, THREE, FOUR = NUMBERS
ORPHAN, CALLER = "+12095550180", "+12095550181"
FILE = f"""
phone_numbers:
  "{ONE}": {{pin_dialin: {{name_prefix: pin-dialin}}}}
rooms:
  standup:
    privacy: private
    expires: {{after: 180d, renew_before: 60d}}
    properties: {{dialin: {{display_name: Caller, room_numbers: ["{ONE}"]}}}}
"""
SUPPORT = {
    "phone_number": TWO,
    "name_prefix": "support $1",
    "room_creation_api": "https://user:hush@example.com/in?key=hush",
    "hmac": "aHVzaA==",
    "timeout_config": {"message": 'Nobody is here: "later"'},
}


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """One managed number, and one of each other kind that there is."""
    world = make_world()
    world.write(FILE)
    world.apply()
    store = world.sandbox.store
    store.add_dialin_config("pinless_dialin", SUPPORT)
    store.add_dialin_config("pin_dialin", {"phone_number": ORPHAN})
    store.add_dialin_config("pinless_dialin", {"name_prefix": "sip-only"})
    caller = replace(store.add_number(CALLER), id="")
    store.numbers[CALLER] = caller
    store.add_room("other", {"dialin": {"room_numbers": [{"phone_number": ONE}]}})
    world.forget()
    return world


def listed(world: World, *args: str) -> dict[str, Any]:
    """The JSON entries by number."""
    document = world.run("numbers", "config.yaml", "--format", "json", *args).json
    return {entry["number"]: entry for entry in document["numbers"]}


def test_each_number_says_what_it_does(world: World) -> None:
    """PIN, pinless, nothing, orphaned, caller id only: each with its word."""
    uses = {number: entry["use"] for number, entry in listed(world).items()}

    assert uses == {
        ONE: "pin_dialin",
        TWO: "pinless_dialin",
        THREE: "nothing",
        FOUR: "nothing",
        ORPHAN: "orphaned",
        CALLER: "caller-id",
    }
    assert {request.method for request in world.sent()} == {"GET"}


def test_who_names_a_number_and_who_manages_it(world: World) -> None:
    """Rooms of the file and rooms in Daily are told apart; so is what is managed."""
    numbers = listed(world, "--all-rooms")

    assert numbers[ONE]["rooms"] == ["standup"]
    assert numbers[ONE]["live_rooms"] == ["other", "standup"]
    assert numbers[ONE]["declared"] == "pin_dialin"
    assert numbers[ONE]["assumed_default"]
    assert numbers[TWO]["declared"] is None


def test_text_is_a_table_with_remarks(world: World) -> None:
    """One aligned line per number; what is odd is said below."""
    ran = world.run("numbers", "config.yaml", "--all-rooms")

    assert ran.code == 0
    lines = ran.out.splitlines()
    row = {line.split()[0]: line for line in lines[1:7]}
    assert "managed  standup, other" in row[ONE]
    assert "caller id only" in row[CALLER]
    assert "orphaned" in row[ORPHAN]
    assert f"{ORPHAN}: assigned, but this domain does not own it" in ran.out
    assert "1 entry without a number" in ran.out


def test_rooms_that_were_not_read_are_counted(world: World) -> None:
    """Without --all-rooms it says how many rooms it did not look at."""
    for number in range(300):
        world.sandbox.store.add_room(f"r-{number}")

    ran = world.run("numbers", "config.yaml")
    whole = world.run("numbers", "config.yaml", "--all-rooms")

    assert "--all-rooms reads all of them" in ran.out
    assert "--all-rooms" not in whole.out


@pytest.mark.parametrize("store", ["current", "legacy"])
@pytest.mark.parametrize("hmac", ["shown", "hidden"])
def test_what_it_suggests_plans_to_nothing(
    make_world: Callable[..., World],
    monkeypatch: pytest.MonkeyPatch,
    store: str,
    hmac: str,
) -> None:
    """The YAML is valid, holds no secret, and describes what is there."""
    world = make_world(assume=Assume(hmac=hmac))
    head = f"dialin_store: {store}\n"
    world.write(head + "rooms: {}\n")
    if store == "current":
        world.sandbox.store.add_dialin_config("pinless_dialin", SUPPORT)
    else:
        world.sandbox.store.add_legacy("pinless_dialin", SUPPORT)

    document = world.run("numbers", "config.yaml", "--format", "json").json

    made = document["suggested_yaml"]
    assert "hush" not in made
    assert "aHVzaA" not in made
    world.write(head + made)
    monkeypatch.setenv(f"DAILY_ROOM_CREATION_API_{TWO[1:]}", SUPPORT_URL)
    monkeypatch.setenv(f"DAILY_HMAC_{TWO[1:]}", "aHVzaA==")
    plan = world.plan()
    assert plan.code == 0, plan.out + plan.err


SUPPORT_URL = str(SUPPORT["room_creation_api"])


def test_a_number_in_both_stores_is_one_line(make_world: Callable[..., World]) -> None:
    """Mirrored stores show every entry twice; the list shows it once, in both."""
    world = make_world(assume=Assume(stores="mirrored"))
    world.write(FILE)
    world.apply()

    numbers = listed(world)

    stores = [entry["store"] for entry in numbers[ONE]["assignments"]]
    assert sorted(stores) == ["current", "legacy"]
    assert " both " in world.run("numbers", "config.yaml").out


def test_variables_need_not_be_set(world: World) -> None:
    """Nothing is compared, so nothing has to be known."""
    world.write(
        FILE.replace(
            "rooms:", f'  "{TWO}": {{pinless_dialin: {{hmac: "${{X}}"}}}}\nrooms:'
        )
    )

    assert listed(world)[TWO]["declared"] == "pinless_dialin"


def test_a_domain_without_numbers_says_so(make_world: Callable[..., World]) -> None:
    """An empty list is a sentence, and an empty list in JSON."""
    world = make_world(numbers=())
    world.write("rooms: {}\n")

    assert "no phone numbers" in world.run("numbers", "config.yaml").out
    assert listed(world) == {}


def test_sip_addresses_are_shown_as_daily_shows_them(world: World) -> None:
    """Of pinless numbers, and of entries without a number."""
    text = world.run("numbers", "config.yaml").out
    document = world.run("numbers", "config.yaml", "--format", "json").json
    numbers = {entry["number"]: entry for entry in document["numbers"]}

    (assigned,) = numbers[TWO]["assignments"]
    (address,) = assigned["sip_addresses"]
    assert f"{TWO}: SIP address {address}" in text
    (alone,) = document["sip_only"]
    assert alone["name"] == "sip-only"
    assert f"SIP entry sip-only: SIP address {alone['sip_addresses'][0]}" in text


def test_titles_of_the_file_are_shown(world: World) -> None:
    """What people call a number stands beside it."""
    world.write(FILE.replace("{pin_dialin", "{title: Main line, pin_dialin", 1))

    lines = world.run("numbers", "config.yaml").out.splitlines()

    assert lines[0].split()[:2] == ["NUMBER", "TITLE"]
    assert any(line.startswith(ONE) and "Main line" in line for line in lines)
    assert listed(world)[ONE]["title"] == "Main line"
    assert listed(world)[TWO]["title"] is None


def test_generated_secrets_go_to_a_private_file_only(world: World) -> None:
    """As import writes them: the same names and form, and nothing on a stream."""
    ran = world.run("numbers", "config.yaml", "--secrets-out", "secrets.sh")

    file = world.folder / "secrets.sh"
    assert ran.code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    lines = file.read_text(encoding="utf-8").splitlines()
    assert f"export DAILY_HMAC_{TWO[1:]}='aHVzaA=='" in lines
    generated = world.sandbox.store.dialin_configs.values()
    (made,) = [c.fields["hmac"] for c in generated if not c.fields.get("phone_number")]
    assert f"export DAILY_HMAC_SIP_SIP_ONLY='{made}'" in lines
    assert "aHVzaA==" not in ran.out + ran.err
    assert str(made) not in ran.out + ran.err
    assert f"${{DAILY_HMAC_{TWO[1:]}}}" in ran.out


def test_a_file_of_secrets_is_replaced_when_that_is_asked_for(world: World) -> None:
    """It may hold the only copy of something; --force is the word."""
    file = world.folder / "secrets.sh"
    file.write_text("mine")
    world.forget()

    refused = world.run("numbers", "config.yaml", "--secrets-out", "secrets.sh")

    assert refused.code == 1
    assert "--force" in refused.err
    assert file.read_text() == "mine"
    assert world.sent() == []
    args = ("--secrets-out", "secrets.sh", "--force")
    assert world.run("numbers", "config.yaml", *args).code == 0
    assert "mine" not in file.read_text()


@pytest.mark.parametrize("name", ["config.yaml", "-", "missing/secrets.sh"])
def test_secrets_go_nowhere_else(world: World, name: str) -> None:
    """Not over the config, not to stdout, not to a folder that is not there."""
    world.forget()

    ran = world.run(
        "numbers", "config.yaml", "--format", "json", "--force", "--secrets-out", name
    )

    assert ran.code in (1, 64)
    assert "aHVzaA==" not in ran.out + ran.err
    assert world.sent() == []


def test_a_hidden_hmac_is_counted(make_world: Callable[..., World]) -> None:
    """Where Daily hides it, nobody is left to think that the file is complete."""
    world = make_world(assume=Assume(hmac="hidden"))
    world.write(FILE)
    world.sandbox.store.add_dialin_config("pinless_dialin", SUPPORT)

    ran = world.run("numbers", "config.yaml", "--secrets-out", "secrets.sh")

    assert ran.code == 0
    assert "Daily shows no hmac for 1 of the pinless entries" in ran.err


def test_json_is_as_its_schema_says(world: World) -> None:
    """Other programs rely on it: every key, also of odd numbers and entries."""
    world.write(FILE.replace("{pin_dialin", "{title: Main line, pin_dialin", 1))

    for args in ((), ("--all-rooms",)):
        ran = world.run("numbers", "config.yaml", "--format", "json", *args)
        assert check_document("numbers", ran.json) == ""
