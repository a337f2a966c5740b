"""`--format json` puts one JSON document on stdout, however the run ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

import click
import pytest
from kit import World

from reconciler.cli.main import COMMANDS, cli

MakeWorld = Callable[..., World]
CONFIG = "rooms:\n  lobby: {privacy: private}\n"
RUNS: dict[str, tuple[str, ...]] = {
    "validate": ("validate", "config.yaml"),
    "plan": ("plan", "config.yaml"),
    "apply": ("apply", "config.yaml", "--yes"),
    "apply-quiet": ("apply", "config.yaml", "--yes", "--quiet"),
    "renewals": ("apply", "config.yaml", "--yes", "--only-renewals"),
    "renewals-quiet": ("apply", "config.yaml", "--yes", "--quiet", "--only-renewals"),
    "callers": ("check", "config.yaml"),
    "callers-quiet": ("check", "config.yaml", "--quiet"),
    "dialin": ("dialin", "config.yaml"),
    "numbers": ("numbers", "config.yaml"),
    "effective": ("effective", "config.yaml", "lobby"),
    "explain": ("explain", "rooms"),
    "check": ("restore", "rescue.json", "--check", "--config", "config.yaml"),
    "restore": ("restore", "rescue.json", "--yes", "--config", "config.yaml"),
    "dismiss": ("restore", "rescue.json", "--dismiss"),
}
OFFLINE = {"validate", "effective", "explain", "dismiss"}


def _in_sync(world: World) -> None:
    world.apply()


def _invalid(world: World) -> None:
    world.write("rooms: []\n")
    (world.folder / "rescue.json").write_text("{}")


def _missing(world: World) -> None:
    world.config.unlink()
    (world.folder / "rescue.json").unlink()


def _no_key(world: World) -> None:
    settings = replace(world.sandbox.settings, key="")
    world.monkeypatch.setattr(world.sandbox, "settings", settings)


def _down(world: World) -> None:
    world.sandbox.faults.add("reset*all")


def _failing(world: World) -> None:
    world.sandbox.faults.add("html-502*all")


def _other(world: World) -> None:
    store = world.sandbox.store
    store.settings = replace(store.settings, domain="other")


SCENES: dict[str, tuple[Callable[[World], None], set[int]]] = {
    "to-do": (lambda _world: None, {0}),
    "in-sync": (_in_sync, {0}),
    "invalid": (_invalid, {1}),
    "missing": (_missing, {1}),
    "no-key": (_no_key, {1}),
    "down": (_down, {1}),
    "failing": (_failing, {1}),
    "other-domain": (_other, {4}),
}


@pytest.fixture(name="world")
def _world(make_world: MakeWorld) -> World:
    world = make_world()
    world.write(CONFIG)
    rescue = {"version": 1, "domain": "acme", "saved": int(time.time())}
    (world.folder / "rescue.json").write_text(
        json.dumps({**rescue, "managed": [], "assignments": []})
    )
    return world


def test_every_command_with_json_is_tried() -> None:
    """A new command with `--format json` is added to the runs above."""
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in COMMANDS}
    with_json = {
        name
        for name, command in commands.items()
        for param in (command.params if command else [])
        if param.name == "format_"
    }

    assert with_json == {args[0] for args in RUNS.values()}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("scene", SCENES)
def test_stdout_is_one_document(world: World, run: str, scene: str) -> None:
    """Also of a run with nothing to do, and of one that says nothing as text."""
    prepare, codes = SCENES[scene]
    prepare(world)

    ran = world.run(*RUNS[run], "--format", "json")

    assert ran.json["kind"], ran.err
    assert ran.json.get("exit_code", ran.code) == ran.code
    if run not in OFFLINE:
        assert ran.code in codes, ran.err


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("format_", [("--format", "json"), ("--format=json",)])
def test_wrong_usage_is_a_document_too(
    world: World, run: str, format_: tuple[str, ...]
) -> None:
    """Code 64, in the document as well."""
    ran = world.run(*RUNS[run], *format_, "--no-such-option")

    assert (ran.code, ran.json["exit_code"]) == (64, 64)
    assert "--no-such-option" in ran.json["message"]


@pytest.mark.parametrize(
    ("run", "option"),
    [
        *(("plan", option) for option in ("--out", "--markdown", "--html")),
        *(("apply", option) for option in ("--report", "--markdown", "--metrics")),
    ],
)
def test_no_other_output_shares_stdout(world: World, run: str, option: str) -> None:
    """Two documents in a row are none; beside text, `-` is allowed."""
    ran = world.run(*RUNS[run], "--format", "json", option, "-")
    requests = world.sent()
    beside_text = world.run(*RUNS[run], option, "-")

    assert (ran.code, ran.json["exit_code"], requests) == (64, 64, [])
    assert f"{option} and --format json both write to stdout" in ran.err
    assert beside_text.code == 0


def test_quiet_text_says_nothing(world: World) -> None:
    """`--quiet` is about people: a run with nothing to do has no text for them."""
    world.apply()

    ran = world.run(*RUNS["apply-quiet"])

    assert (ran.code, ran.out, ran.err) == (0, "", "")
