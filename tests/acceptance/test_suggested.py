"""Every command that a message suggests can be pasted as it is printed, and runs."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kit import Ran, World

import reconciler
from reconciler.cli.main import COMMANDS, cli
from reconciler.sandbox.settings import Assume

MakeWorld = Callable[..., World]
COMMAND = re.compile(r"`(daily-reconciler [^`\n]+)`")
FILE = "the config's file.yaml"
PHONE = """rooms:
  phone:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Phone}}
"""
FOREIGN = {
    "phone_number": "+12095550101",
    "name_prefix": "theirs",
    "room_creation_api": "https://example.com/theirs",
    "hmac": "dGhlaXJzIGFuZCBub2JvZHkgZWxzZSdz",
}
RESCUE = "a rescue.json"
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


def _no_pin(world: World) -> Ran:
    _write(world, PHONE)
    world.run("apply", FILE, "--yes")
    world.sandbox.store.rooms["phone"].dialin_code = None
    return world.run("plan", FILE)


def _lost_entries(world: World) -> Ran:
    (world.folder / "old.yaml").write_text(f"version: 1\ndomain: acme\n{MANY}")
    assert world.run("apply", "old.yaml", "--yes").code == 0
    _write(world, MANY[: MANY.index("  r10")])
    args = ("--base", "old.yaml", "--out", "a plan.json")
    assert world.run("plan", FILE, *args).code == 0
    return world.run("apply", FILE, "--yes", "--plan", "a plan.json")


def _rescue(world: World, *, days: int = 0, store: str = "current") -> None:
    fields = {key: value for key, value in FOREIGN.items() if key != "phone_number"}
    entry = {
        "store": store,
        "type": "pinless_dialin",
        "fields": fields,
        "phone_number": FOREIGN["phone_number"],
    }
    saved = int(world.clock()) - days * 86_400
    head = {"version": 1, "domain": "acme", "saved": saved, "managed": []}
    (world.folder / RESCUE).write_text(json.dumps({**head, "assignments": [entry]}))


def _old_rescue(world: World) -> Ran:
    _write(world, PHONE)
    _rescue(world, days=400)
    return world.run("restore", RESCUE, "--yes", "--config", FILE)


def _gated_restore(world: World) -> Ran:
    _write(world, PHONE)
    _rescue(world, store="legacy")
    other = {**FOREIGN, "phone_number": "+12095550102"}
    world.sandbox.store.add_dialin_config("pinless_dialin", other)
    return world.run("restore", RESCUE, "--yes", "--config", FILE)


def _lost_entry(world: World) -> Ran:
    store = world.sandbox.store
    store.settings = replace(store.settings, assume=Assume(stores="erasing"))
    store.add_dialin_config("pinless_dialin", FOREIGN)
    number = "phone_numbers: {'+12095550100': {pin_dialin: {name_prefix: p}}}"
    _write(world, f"dialin_store: legacy\n{number}\n")
    return world.run("apply", FILE, "--yes", "--allow", "may-erase=1")


SCENES: dict[str, tuple[Callable[[World], Ran], str]] = {
    "gate": (_gate, "--timeout 20.0 --allow delete=40"),
    "no-plan-file": (_no_plan_file, "plan 'the config'\"'\"'s file.yaml' --out"),
    "unapproved": (_unapproved, "--skip-unapproved"),
    "unverified": (_unverified, "--only 'room:ph*' --resend room:phone"),
    "new-pin": (_new_pin, "dialin 'the config'\"'\"'s file.yaml' --only room:phone"),
    "no-key": (_no_key, "explain"),
    "no-pin": (_no_pin, "--resend room:phone"),
    "lost-entries": (_lost_entries, "--allow lost-entries=30"),
    "old-rescue": (_old_rescue, "--max-age 402d"),
    "old-rescue-check": (_old_rescue, "--check"),
    "gated-restore": (_gated_restore, "--allow may-erase=1"),
    "lost-entry": (_lost_entry, "--config 'the config'"),
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
        asks = words[0] in ("apply", "restore") and "--yes" not in words
        yes = ["--yes"] if asks else []
        ran = world.run(*words, *yes)
        assert program == "daily-reconciler"
        assert ran.code != 64, (command, ran.err)
        # What is missing may be shown (2); restored is what a test checks elsewhere.
        assert ran.code in (0, 3) or "--check" in words, (command, ran.err)


def _texts() -> Iterator[tuple[str, str]]:
    """Each text of the source that may be shown, docstrings aside."""
    package = Path(reconciler.__file__).parent
    for path in sorted(package.rglob("*.py")):
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
                yield path.relative_to(package).as_posix(), node.value


def test_no_text_has_a_command_without_its_files() -> None:
    """A command that needs files is made for the run, and never written out."""
    suggested = [(name, c) for name, text in _texts() for c in COMMAND.findall(text)]

    assert suggested
    for name, command in suggested:
        words = shlex.split(command)[1:]
        found = cli.get_command(
            cli.make_context("x", [], resilient_parsing=True), words[0]
        )
        assert found, (name, command)
        found.make_context(words[0], words[1:])


def test_no_text_has_half_a_command() -> None:
    """Neither a command without its program, nor a gate without its number.

    Help texts are about options, and no messages.
    """
    names = "|".join(COMMANDS)
    half = re.compile(rf"(?<!daily-reconciler )\b({names}) --[a-z]|--allow [a-z-]+=N")

    assert [
        (name, text)
        for name, text in _texts()
        if half.search(text) and not name.startswith("cli/")
    ] == []
