"""Names of pages: one for each room, on every file system, whatever it is called."""

from __future__ import annotations

import pytest

from reconciler.operations.callers.sheet import page_names


def test_a_page_is_called_as_its_room() -> None:
    """Who knows the room finds its page."""
    assert page_names(["dr-miller", "Desk_2"]) == {
        "dr-miller": "dr-miller.html",
        "Desk_2": "Desk_2.html",
    }


def test_names_that_differ_in_case_are_two_files_everywhere() -> None:
    """Where case does not count, one page must not replace the other."""
    names = page_names(["lobby", "Lobby", "LOBBY", "other"])

    assert len({name.casefold() for name in names.values()}) == 4
    assert names == page_names(["other", "LOBBY", "Lobby", "lobby"])


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "", ".", "..", "a\0b", "-", "a\nb", "\ud800", "x" * 300]
)
def test_a_hostile_name_stays_in_the_folder(name: str) -> None:
    """A page is a plain file of the folder, with a short name."""
    (file,) = page_names([name]).values()

    assert set(file) <= set("abcdefghijklmnopqrstuvwxyz0123456789~.-")
    assert file.endswith(".html")
    assert not file.startswith(".")
    assert len(file) < 100
