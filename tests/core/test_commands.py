"""Commands in messages: whole, quoted, for the same files and the same Daily."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.commands import UNKNOWN, Invocation, quoted

RUN = Invocation(
    "apply",
    ("config.yaml", "more files/numbers.yaml"),
    (
        ("--only", "room:support-*"),
        ("--yes",),
        ("--sandbox",),
        ("--clock-offset", "-3600s"),
        ("--allow", "delete=2"),
    ),
)


def test_the_same_command_keeps_everything() -> None:
    """What is added stands at the end, where the last value of an option counts."""
    assert RUN.again("--allow", "delete=12") == (
        "daily-reconciler apply config.yaml 'more files/numbers.yaml' "
        "--only 'room:support-*' --yes --sandbox --clock-offset -3600s "
        "--allow delete=2 --allow delete=12"
    )


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("plan", "--only 'room:support-*' --sandbox --clock-offset -3600s"),
        ("dialin", "--only 'room:support-*' --sandbox --clock-offset -3600s"),
        ("numbers", "--sandbox --clock-offset -3600s"),
    ],
)
def test_another_command_keeps_what_it_knows(command: str, options: str) -> None:
    """It is about the same files and the same Daily, and says yes to nothing."""
    files = "config.yaml 'more files/numbers.yaml'"

    assert RUN.other(command) == f"daily-reconciler {command} {files} {options}"


def test_other_files_can_be_named() -> None:
    """`restore` takes a rescue file instead of the config."""
    command = RUN.other("restore", files=("-odd name.json",))

    assert command == (
        "daily-reconciler restore --sandbox --clock-offset -3600s -- '-odd name.json'"
    )


def test_without_a_command_line_the_files_are_a_placeholder() -> None:
    """A program that calls the library has no files on a command line."""
    assert UNKNOWN.other("plan") == "daily-reconciler plan CONFIG"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_word_stays_itself_in_a_shell(word: str) -> None:
    """Printable words are quoted as POSIX shells read them, in one clean line."""
    command = quoted(word)

    assert command.isprintable()
    if not command.startswith("$"):
        assert shlex.split(command) == [word]


@pytest.mark.parametrize(
    "word",
    [
        "a\nb",
        "\x1b[31m",
        "it's\ta \\ tab",
        "\u202egpj.exe",
        "\udcff.yaml",
        "##[error]x",
    ],
)
def test_what_is_not_shown_is_spelled_as_bash_reads_it(word: str) -> None:
    """Control and bidi characters can be pasted without being sent to a terminal."""
    echoed = subprocess.run(
        ["bash", "-c", f"printf %s {quoted(word)}"], capture_output=True, check=True
    )

    assert echoed.stdout == word.encode("utf-8", "surrogateescape")
