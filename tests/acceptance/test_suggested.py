"""Every command that a message suggests can be pasted as it is printed, and runs."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kit import Ran, World

import reconciler
from reconciler.cli.main import cli

MakeWorld = Callable[..., World]
COMMAND = re.compile(r"`(daily-reconciler [^`\n]+)`")
FILE = "the config's file.yaml"
PHONE = """rooms:
  phone:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Phone}}
"""
MANY = "rooms:\n" + "".join(f"  r{n:02}: {{privacy: private}}\n" for n in range(40))


def _write(world: World, text: str) -> None:
    (world.folder / FILE).write_text(f"version: 1\ndomain: acme\n{text}")


def _gate(world: World) -> Ran:
    _write(world, MANY)
    assert world.run("apply", FILE, "--yes").code == 0
    _write(world, MANY.replace("privacy: private", "state: absent"))
    return world.run("apply", FILE, "--only", "room:r*", "--yes", "--timeout", "20")


def _no_plan_file(world: World) -> Ran:
    _write(world, PHONE)
    (world.folder / "no plan.json").write_text("{}")
    return world.run("apply", FILE, "--yes", "--plan", "no plan.json")


def _unapproved(world: World) -> Ran:
    _write(world, MANY)
    assert world.run("plan", FILE, "--out", "a plan.json").code == 0
    _write(world, MANY + "  one-more: {privacy: private}\n")
    return world.run("apply", FILE, "--yes", "--plan", "a plan.json")


def _unverified(world: World) -> Ran:
    _write(world, PHONE)
    world.run("apply", FILE, "--yes")
    text = "dialin: {display_name: Phone, wait_for_meeting_start: true}"
    _write(world, PHONE.replace("dialin: {display_name: Phone}", text))
    return world.run("plan", FILE, "--only", "room:ph*")


def _new_pin(world: World) -> Ran:
    _write(world, PHONE)
    return world.run("apply", FILE, "--yes", "--only", "room:phone")


def _no_key(world: World) -> Ran:
    return world.run("explain", "qqqqqqqqqqqq")


SCENES: dict[str, tuple[Callable[[World], Ran], str]] = {
    "gate": (_gate, "--timeout 20.0 --allow delete=40"),
    "no-plan-file": (_no_plan_file, "plan 'the config'\"'\"'s file.yaml' --out"),
    "unapproved": (_unapproved, "--skip-unapproved"),
    "unverified": (_unverified, "--only 'room:ph*' --resend room:phone"),
    "new-pin": (_new_pin, "dialin 'the config'\"'\"'s file.yaml' --only room:phone"),
    "no-key": (_no_key, "explain"),
}


def _commands(ran: Ran) -> list[str]:
    # A hint is broken into lines, or stands in a line of its own.
    return COMMAND.findall(ran.out) + COMMAND.findall(ran.err)


@pytest.mark.parametrize(("scene", "part"), SCENES.values(), ids=SCENES)
def test_what_a_message_suggests_can_be_pasted(
    make_world: MakeWorld, scene: Callable[[World], Ran], part: str
) -> None:
    """It names the files and the options of its run, and does what the message says."""
    world = make_world()
    commands = _commands(scene(world))

    assert [c for c in commands if part in c], commands
    for command in commands:
        program, *words = shlex.split(command)
        yes = ["--yes"] if words[0] == "apply" and "--yes" not in words else []
        ran = world.run(*words, *yes)
        assert program == "daily-reconciler"
        assert ran.code != 64, (command, ran.err)
        assert ran.code in (0, 3), (command, ran.err)


def _suggestions() -> Iterator[tuple[str, str]]:
    """Each command between backquotes in a text of the source, docstrings aside."""
    for path in sorted(Path(reconciler.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in documented
            ):
                for command in COMMAND.findall(node.value):
                    yield path.name, command


def test_no_text_has_a_command_without_its_files() -> None:
    """A command that needs files is made for the run, and never written out."""
    for name, command in _suggestions():
        words = shlex.split(command)[1:]
        found = cli.get_command(
            cli.make_context("x", [], resilient_parsing=True), words[0]
        )
        assert found, (name, command)
        found.make_context(words[0], words[1:])
