"""The sheet for callers: one page, or a page for each room with one PIN on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kit import NUMBERS, Ran, World

FILE = """
phone_numbers:
  "+12095550100": {title: Main line, pin_dialin: {name_prefix: pin-dialin}}
rooms:
  dr-miller:
    title: Dr. Miller
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties:
      enable_knocking: true
      dialin: {display_name: Caller, room_numbers: ["+12095550100"]}
  desk:
    privacy: public
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Caller, room_numbers: ["+12095550100"]}}
"""
LATER = """  later:
    privacy: public
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Caller, room_numbers: ["+12095550100"]}}
"""


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A domain that is as the file says."""
    world = make_world()
    world.write(FILE)
    world.apply()
    return world


def sheet(world: World, *args: str) -> Ran:
    """The sheet of all rooms."""
    return world.run("dialin", "config.yaml", "--format", "html", *args)


def pin_of(world: World, room: str) -> str:
    """The PIN that the simulated Daily gave a room."""
    code = world.sandbox.store.rooms[room].dialin_code
    assert code
    return code


def test_titles_and_links_are_on_it(world: World) -> None:
    """What callers call the room, the number and the address."""
    ran = sheet(world, "--title", "Visits by phone")

    assert ran.code == 0
    assert "Visits by phone" in ran.out
    assert "Dr. Miller" in ran.out
    assert "Main line" in ran.out
    assert 'href="https://acme.daily.co/dr-miller"' in ran.out
    assert "Works until" not in ran.out


def test_a_room_that_is_not_ready_is_named_on_stderr(world: World) -> None:
    """Callers never see it; whoever makes the sheet does."""
    world.write(FILE + LATER)

    ran = sheet(world)

    assert ran.code == 0
    assert "later" not in ran.out
    assert "left out of the sheet: room 'later': not in Daily yet" in ran.err


def test_a_room_without_a_pin_ends_with_3(world: World) -> None:
    """As in every other format, and it is not on the sheet."""
    world.sandbox.store.rooms["desk"].dialin_code = None

    ran = sheet(world)

    assert ran.code == 3
    assert "room 'desk': Daily shows no PIN" in ran.err
    assert "desk" not in ran.out


def test_a_number_that_is_not_assigned_is_not_given_away(world: World) -> None:
    """A caller must not get a number that nothing answers."""
    world.sandbox.store.dialin_configs.clear()

    ran = sheet(world)

    assert ran.code == 3
    assert "not assigned to PIN dial-in" in ran.err
    assert NUMBERS[0] not in ran.out


def test_uncertain_numbers_are_named_on_stderr(
    make_world: Callable[..., World],
) -> None:
    """Where nothing better is known the number is on the page, without a remark."""
    world = make_world()
    world.write(FILE.replace(', room_numbers: ["+12095550100"]', ""))
    world.apply()
    world.sandbox.store.rooms["desk"].dialin_number = None

    ran = sheet(world)

    assert "call once before you hand the sheet out" in ran.err
    assert "bought first): desk" in ran.err
    assert NUMBERS[0] in ran.out
    assert "confirm" not in ran.out


def test_a_private_room_without_knocking_is_named(world: World) -> None:
    """Its link lets nobody in without a token: that is for the engineer to know."""
    world.write(FILE.replace("enable_knocking: true", "enable_knocking: false"))
    world.apply()

    assert "without a meeting token" in sheet(world).err
    world.write(FILE)
    world.apply()
    assert "without a meeting token" not in sheet(world).err


def test_each_room_has_a_page_with_one_pin(world: World) -> None:
    """A patient who gets a page sees one PIN; only its owner can read the file."""
    ran = sheet(world, "--per-room", "pages")

    assert (ran.code, ran.out) == (0, "")
    folder = world.folder / "pages"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(page.name for page in folder.iterdir()) == [
        "desk.html",
        "dr-miller.html",
    ]
    for room, other in (("desk", "dr-miller"), ("dr-miller", "desk")):
        page = folder / f"{room}.html"
        assert page.stat().st_mode & 0o777 == 0o600
        text = page.read_text(encoding="utf-8")
        assert f",,{pin_of(world, room)}" in text
        assert pin_of(world, other) not in text.replace(" ", "")
    assert "wrote 2 pages to pages; each holds a PIN" in ran.err


def test_a_stale_page_is_named_and_stays(world: World) -> None:
    """A page of a room that left the file, or that is not ready any more."""
    sheet(world, "--per-room", "pages")
    world.write(FILE.partition("  desk:")[0])

    ran = sheet(world, "--per-room", "pages")

    assert "to be removed: desk.html" in ran.err
    assert (world.folder / "pages" / "desk.html").exists()
    again = sheet(world, "--per-room", "pages", "--only", "room:dr-*")
    assert "dr-miller.html" not in again.err


def test_only_narrows_and_calls_no_other_page_stale(world: World) -> None:
    """The pages of the rooms that were not asked for are right still."""
    sheet(world, "--per-room", "pages")

    ran = sheet(world, "--per-room", "pages", "--only", "room:desk")

    assert "wrote 1 page to pages" in ran.err
    assert "removed" not in ran.err


def test_a_masked_page_says_that_the_pin_comes_separately(world: World) -> None:
    """The number can be published when PINs are handed out one by one."""
    ran = sheet(world, "--per-room", "pages", "--mask")

    text = (world.folder / "pages" / "desk.html").read_text(encoding="utf-8")
    assert "given to you separately" in text
    assert pin_of(world, "desk") not in text.replace(" ", "")
    assert "holds a PIN" not in ran.err


@pytest.mark.parametrize(
    "args",
    [
        ("--format", "html", "--per-room", "pages", "--out", "sheet.html"),
        ("--format", "text", "--per-room", "pages"),
        ("--format", "json", "--title", "Visits"),
        ("--format", "html", "--title", "Visits", "--update-ledger"),
    ],
)
def test_what_does_not_go_together_is_refused(
    world: World, args: tuple[str, ...]
) -> None:
    """A usage error before anything is read or written."""
    world.forget()

    ran = world.run("dialin", "config.yaml", *args)

    assert ran.code == 64
    assert world.sent() == []
    assert not (world.folder / "pages").exists()


def test_a_page_never_replaces_what_a_link_leads_to(world: World) -> None:
    """A link in the folder could lead anywhere: nothing is written."""
    folder = world.folder / "pages"
    folder.mkdir()
    (folder / "dr-miller.html").symlink_to(world.config)

    ran = sheet(world, "--per-room", "pages")

    assert ran.code == 1
    assert "it is a link" in ran.err
    assert world.config.read_text(encoding="utf-8").endswith(FILE)
    assert not (folder / "desk.html").exists()


def test_a_file_is_no_folder_for_pages(world: World) -> None:
    """A file where the folder should be is left as it is."""
    ran = sheet(world, "--per-room", "config.yaml")

    assert ran.code == 64
    assert world.config.read_text(encoding="utf-8").endswith(FILE)
