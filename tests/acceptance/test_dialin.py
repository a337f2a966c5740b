"""`dialin`: who dials what, in every format, to stdout or to a private file."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from kit import NUMBERS, World, without_waiting

from reconciler.config.schema.validator import check_document
from reconciler.core.dialin.sheet import dialins
from reconciler.core.model import Config, Desired, Live, LiveDomain
from reconciler.daily.wire import room_from_json
from reconciler.render.json.dialin import dialin_document
from reconciler.render.text.dialin import dialin_text
from reconciler.sandbox.settings import Assume

FILE = """
phone_numbers:
  "+12095550100": {pin_dialin: {name_prefix: pin-dialin}}
  "+12095550101":
    pinless_dialin:
      room_creation_api: https://example.com/in
      hmac: ${NOT_SET_HERE}
rooms:
  named:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Caller, room_numbers: ["+12095550100"]}}
  unnamed:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Caller}}
  no-phone: {privacy: private}
"""
FORMATS = ("text", "json", "csv", "markdown", "html")


@pytest.fixture
def world(make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    """A domain that is as the file says; the variable is set for applying only."""
    world = make_world()
    world.write(FILE)
    monkeypatch.setenv("NOT_SET_HERE", "aHVzaA==")
    world.apply()
    monkeypatch.delenv("NOT_SET_HERE")
    world.forget()
    return world


def pin_of(world: World, room: str) -> str:
    """The PIN that the simulated Daily gave a room."""
    code = world.sandbox.store.rooms[room].dialin_code
    assert code
    return code


def test_text_has_a_line_for_each_room_and_number(world: World) -> None:
    """The dial string is on the room's own line, so that grep finds it."""
    ran = world.run("dialin", "config.yaml")

    assert ran.code == 0
    lines = {line.split()[0]: line for line in ran.out.splitlines()}
    for room in ("named", "unnamed"):
        assert f"{NUMBERS[0]},,{pin_of(world, room)}" in lines[room]
    assert "no-phone" not in lines
    assert {request.method for request in world.sent()} == {"GET"}


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_shows_the_pin_and_a_mask_hides_it(
    world: World, format_: str
) -> None:
    """--mask leaves number and room, and not one PIN."""
    pins = [pin_of(world, room) for room in ("named", "unnamed")]

    shown = world.run("dialin", "config.yaml", "--format", format_)
    hidden = world.run("dialin", "config.yaml", "--format", format_, "--mask")

    assert shown.code == hidden.code == 0
    assert all(f"{NUMBERS[0]},,{pin}" in shown.out for pin in pins)
    assert not any(pin in hidden.out.replace(" ", "") for pin in pins)
    assert NUMBERS[0] in hidden.out


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_is_private_and_holds_the_same(world: World, format_: str) -> None:
    """--out writes with mode 0600, and stdout stays empty."""
    args = ("dialin", "config.yaml", "--format", format_)
    now = world.clock()
    world.environment = lambda stop: replace(without_waiting(stop), now=lambda: now)
    shown = world.run(*args)

    ran = world.run(*args, "--out", "sheet")

    file = world.folder / "sheet"
    assert (ran.code, ran.out) == (0, "")
    assert "holds PINs" in ran.err
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open(newline="") as written:
        assert written.read() == shown.out


def test_csv_is_read_by_a_program(world: World) -> None:
    """One row per room and number, with everything a mail merge needs."""
    ran = world.run("dialin", "config.yaml", "--format", "csv")

    rows = {row["room"]: row for row in csv.DictReader(io.StringIO(ran.out))}
    pin = pin_of(world, "named")
    assert rows["named"]["pin"] == pin
    assert rows["named"]["tel"] == f"tel:{NUMBERS[0]},,{pin}"
    assert rows["named"]["source"] == "room"
    assert rows["unnamed"]["source"] == "daily"


def test_json_has_each_form_of_a_number(world: World) -> None:
    """E.164 for machines, spaced for people, and the link."""
    document = world.run("dialin", "config.yaml", "--format", "json").json

    (number,) = document["rooms"][0]["numbers"]
    assert document["kind"] == "dialin"
    assert (number["number"], number["formatted"]) == (NUMBERS[0], "+1 209-555-0100")
    assert number["tel"] == f"tel:{NUMBERS[0]},,{pin_of(world, 'named')}"


def test_only_some_rooms(world: World) -> None:
    """--only gives a sheet for the people of one room."""
    ran = world.run("dialin", "config.yaml", "--only", "room:named")

    assert pin_of(world, "named") in ran.out
    assert pin_of(world, "unnamed") not in ran.out


@pytest.mark.parametrize("expired", ["gone", "zombie"])
def test_rooms_that_are_not_there_or_have_ended_say_so(
    make_world: Callable[..., World], expired: str
) -> None:
    """A room without a working PIN is listed with the reason."""
    world = make_world(assume=Assume(expired=expired))
    world.write(f"rooms:\n  new:\n    privacy: private\n{NEW}")
    missing = world.run("dialin", "config.yaml")
    world.apply()
    pin = pin_of(world, "new")
    world.travel(days=200)

    ended = world.run("dialin", "config.yaml", *world.options)

    assert "not in Daily yet" in missing.out
    assert ("has expired on" if expired == "zombie" else "not in Daily") in ended.out
    assert pin not in ended.out


NEW = """    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Caller}}
"""


def test_the_number_bought_first_is_marked_as_assumed(world: World) -> None:
    """Where neither the file nor Daily names a number, the guess is called one."""
    world.sandbox.store.rooms["unnamed"].dialin_number = None

    ran = world.run("dialin", "config.yaml")

    line = next(x for x in ran.out.splitlines() if x.startswith("unnamed"))
    assert f"{NUMBERS[0]},," in line
    assert line.endswith("assumed")
    assert "bought first" in ran.out


def test_a_domain_without_numbers_has_dailys_own(
    make_world: Callable[..., World],
) -> None:
    """Daily's numbers work for every domain, and are marked as what they are."""
    world = make_world(numbers=())
    world.write(f"rooms:\n  new:\n    privacy: private\n{NEW}")
    world.apply()

    numbers = world.run("dialin", "config.yaml", "--format", "json").json["rooms"][0][
        "numbers"
    ]

    assert numbers[0]["number"] == "+12095038039"
    assert {n["source"] for n in numbers} == {"global"}


def test_without_the_extra_the_sheet_says_what_to_install(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sheet is made all the same; how to get its codes goes to stderr."""
    monkeypatch.setitem(sys.modules, "segno", None)

    ran = world.run("dialin", "config.yaml", "--format", "html")

    assert ran.code == 0
    assert "<svg" not in ran.out
    assert "pip install 'daily-reconciler[report]'" in ran.err


def test_pins_are_shown_by_this_command_only(world: World) -> None:
    """Plans, reports and lists of numbers name rooms, never their PINs."""
    pins = [pin_of(world, room) for room in ("named", "unnamed")]
    world.monkeypatch.setenv("NOT_SET_HERE", "aHVzaA==")
    world.write(FILE.replace("Caller", "Somebody"))
    runs: list[Any] = [
        world.run("numbers", "config.yaml", "--all-rooms"),
        world.run("numbers", "config.yaml", "--format", "json"),
        world.plan("--show-unmanaged", "-v"),
        world.plan("--format", "json"),
        world.apply("--format", "json", "-v"),
    ]

    assert not any(pin in ran.out + ran.err for ran in runs for pin in pins)


def test_json_is_as_its_schema_says(world: World) -> None:
    """Other programs rely on it: ready, masked, not there, without a PIN."""
    world.write(FILE + f"  new:\n    privacy: private\n{NEW}")
    world.sandbox.store.rooms["unnamed"].dialin_code = None

    for args in ((), ("--mask",)):
        ran = world.run("dialin", "config.yaml", "--format", "json", *args)
        assert check_document("dialin", ran.json) == ""
        assert ran.code == 3
        assert [room["problem"] is None for room in ran.json["rooms"]] == [
            True,
            False,
            False,
        ]


@pytest.mark.parametrize("format_", ["text", "json", "csv", "html"])
def test_the_address_of_a_room_is_the_one_daily_shows(
    world: World, format_: str
) -> None:
    """It is read, never made from the names of domain and room."""
    ran = world.run("dialin", "config.yaml", "--format", format_)

    assert "https://acme.daily.co/named" in ran.out


def test_an_address_that_daily_does_not_show_is_not_made_up() -> None:
    """Null in JSON, and nothing in text."""
    room = room_from_json({"name": "a", "config": {"dialin_code": "12345678901"}})
    wanted = Desired("room", "a", {"dialin": {"display_name": "x"}})
    live = Live(LiveDomain("acme", "1", {}), {"a": room})
    entries = dialins(Config("acme", resources=(wanted,)), live)

    (shown,) = dialin_document(entries, "acme", tool="1")["rooms"]  # type: ignore[misc, attr-defined]
    assert shown["url"] is None
    assert "LINK" not in dialin_text(entries)
