"""No output file may be another output, or a file that the run reads."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import World

from reconciler import paths
from reconciler.sandbox.state import statefile

MakeWorld = Callable[..., World]

CONFIG = "rooms:\n  lobby: {privacy: private}\n"
APPLY = ("--report", "--markdown", "--metrics", "--rescue-file")
PLAN = ("--out", "--markdown", "--html")
READ = {"apply": ("--plan", "--lock-file", "--api-key-file"), "plan": ()}
PAIRS = [
    (command, *pair)
    for command, options in (("apply", APPLY), ("plan", PLAN))
    for pair in [
        *itertools.combinations(options, 2),
        *itertools.product(options, READ[command]),
        *((option, "") for option in options),
    ]
]


def spelled(folder: Path, spelling: str) -> tuple[str, str]:
    """Two names of one file; the second is that of the config."""
    match spelling:
        case "relative":
            return "./sub/../config.yaml", "config.yaml"
        case "absolute":
            return str(folder / "config.yaml"), "config.yaml"
        case "hard-link":
            (folder / "hard").hardlink_to(folder / "config.yaml")
            return "hard", "config.yaml"
    (folder / "link").symlink_to("config.yaml")
    return "link", "config.yaml"


def refused(world: World, command: str, *args: str) -> None:
    """A usage error with nothing sent, and every file as it was."""
    before = {p.name: p.read_bytes() for p in world.folder.iterdir() if p.is_file()}
    yes = ["--yes"] if command == "apply" else []

    ran = world.run(command, *args, *yes)

    assert ran.code == 64, ran.out + ran.err
    assert "are the same file" in ran.err
    assert world.sent() == []
    after = {p.name: p.read_bytes() for p in world.folder.iterdir() if p.is_file()}
    assert after == before


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A config file with a folder beside it."""
    made = make_world()
    made.write(CONFIG)
    (made.folder / "sub").mkdir()
    return made


@pytest.mark.parametrize(("command", "one", "other"), PAIRS)
def test_two_options_of_one_file_are_refused(
    world: World, command: str, one: str, other: str
) -> None:
    """Each output with each other file of the run; without a name, the config."""
    name = "new" if other else "config.yaml"
    second = [other, "sub/../new"] if other else []

    refused(world, command, "config.yaml", one, name, *second)


@pytest.mark.parametrize("spelling", ["relative", "absolute", "hard-link", "link"])
@pytest.mark.parametrize("config", ["config.yaml", "."])
def test_a_file_is_known_by_every_name(
    world: World, spelling: str, config: str
) -> None:
    """Links, relative names, and a config that is a folder."""
    name, _ = spelled(world.folder, spelling)

    refused(world, "apply", config, "--metrics", name)


@pytest.mark.parametrize(
    "args",
    [
        ("dialin", "config.yaml", "--out", "config.yaml"),
        ("import", "--out", "new.yaml", "--secrets-out", "./new.yaml"),
        (
            *("import", "--merge", "config.yaml", "--in-place", "--force"),
            *("--secrets-out", "config.yaml"),
        ),
    ],
)
def test_other_commands_refuse_it_too(world: World, args: tuple[str, ...]) -> None:
    """`dialin` keeps the config, and `import` does not mix secrets into it."""
    refused(world, *args)


RESCUE = '{"version": 1, "domain": "acme", "managed": [], "assignments": []}'


@pytest.mark.parametrize(
    ("command", "option"),
    [
        *(("apply", option) for option in APPLY if option != "--rescue-file"),
        *(("plan", option) for option in PLAN),
        *(("dialin", "--out"), ("import", "--out"), ("import", "--secrets-out")),
    ],
)
def test_no_output_replaces_a_rescue_file(
    world: World, command: str, option: str
) -> None:
    """Under any name and through a link: what it holds may be nowhere else."""
    kept = world.folder / "kept"
    kept.write_text(RESCUE)
    (world.folder / "link").symlink_to(kept)
    more = {"apply": ["config.yaml", "--yes"], "import": ["--force"]}

    for name in ("kept", "link"):
        args = [*more.get(command, ["config.yaml"]), option, name]
        ran = world.run(command, *args)
        assert ran.code == 64, ran.err
        assert f"{option} would replace the rescue file {name}" in ran.err

    assert kept.read_text() == RESCUE
    assert world.sent() == []


def test_a_rescue_file_of_a_run_lies_beside_an_older_one(world: World) -> None:
    """The name may be taken: a number is appended, and both stay."""
    (world.folder / "rescue.json").write_text(RESCUE)

    world.apply("--rescue-file", "rescue.json")

    assert (world.folder / "rescue.json").read_text() == RESCUE


@pytest.mark.parametrize("base", ["old", "old/config.yaml"])
@pytest.mark.parametrize("option", PLAN)
def test_no_output_is_a_file_of_the_base(world: World, base: str, option: str) -> None:
    """A base that is a file, or a folder with it."""
    (world.folder / "old").mkdir()
    (world.folder / "old" / "config.yaml").write_bytes(world.config.read_bytes())

    refused(world, "plan", "config.yaml", "--base", base, option, "old/config.yaml")
    assert (world.folder / "old" / "config.yaml").read_bytes() == (
        world.config.read_bytes()
    )


def test_streams_and_devices_may_be_shared(world: World) -> None:
    """They are written into, not replaced."""
    both = ("--report", "/dev/null", "--markdown", "/dev/null")

    world.apply(*both, "--metrics", "metrics.prom")


def _lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder in which nothing is found, also by root."""
    (folder / "locked").mkdir()
    stat, access, open_ = os.stat, os.access, os.open

    def refusing(path: Any, *args: Any, **named: Any) -> os.stat_result:
        if "locked/" in str(path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return stat(path, *args, **named)

    def denied(path: Any, mode: int, **named: Any) -> bool:
        return "locked" not in str(path) and access(path, mode, **named)

    def closed(path: Any, *args: Any, **named: Any) -> int:
        if "locked/" in str(path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return open_(path, *args, **named)

    monkeypatch.setattr(os, "open", closed)
    monkeypatch.setattr(os, "stat", refusing)
    monkeypatch.setattr(os, "access", denied)
    return "locked/new"


@pytest.mark.parametrize("place", ["locked", "long", "long-folder", "loop"])
@pytest.mark.parametrize(
    ("command", "option"),
    [
        *(("apply", option) for option in (*APPLY, "--plan", "--lock-file")),
        *(("plan", option) for option in (*PLAN, "--base")),
        *(("dialin", "--out"), ("import", "--out"), ("import", "--secrets-out")),
        *(("import", "--merge"), ("validate", ""), ("restore", "")),
    ],
)
def test_a_path_of_which_nothing_can_be_told_is_an_error_that_names_it(
    world: World, monkeypatch: pytest.MonkeyPatch, command: str, option: str, place: str
) -> None:
    """A folder that cannot be entered, names that are too long, a link to itself."""
    (world.folder / "loop").symlink_to("loop")
    names = {"long": "n" * 300, "long-folder": "n" * 300 + "/new", "loop": "loop"}
    name = names[place] if place in names else _lock(world.folder, monkeypatch)
    given = [option, name] if option else [name]
    config = ["config.yaml"] if command in ("apply", "plan", "dialin") else []
    yes = ["--yes"] if command in ("apply", "restore") else []

    ran = world.run(command, *config, *given, *yes)

    assert ran.code in (1, 4, 64), ran.out + ran.err
    assert "mistake" not in ran.err
    assert name.split("/", maxsplit=1)[0] in ran.out + ran.err
    assert (world.folder / "loop").is_symlink()


@pytest.mark.parametrize("option", APPLY)
@pytest.mark.parametrize("place", ["locked", "long"])
def test_a_due_renewal_is_done_whatever_the_outputs_are(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, option: str, place: str
) -> None:
    """The PIN is kept; the rest is refused, because its report could not be left."""
    world = make_world()
    world.write(
        'phone_numbers:\n  "+12095550100": {pin_dialin: {}}\n'
        "rooms:\n  doc:\n    privacy: private\n"
        "    expires: {after: 90d, renew_before: 30d}\n"
        '    properties: {dialin: {room_numbers: ["+12095550100"]}}\n'
    )
    assert world.apply().code == 0
    world.travel(80)
    name = "n" * 300 if place == "long" else _lock(world.folder, monkeypatch)

    ran = world.run(
        "apply", "config.yaml", "--yes", option, name, *world.options, "--format=json"
    )

    assert ran.code == 1, ran.out + ran.err
    assert "doc" in str(ran.json["renewed"])


@pytest.mark.parametrize(
    "args",
    [
        ("plan", "config.yaml", "--api-key-file", "/dev/zero"),
        ("apply", "config.yaml", "--yes", "--plan", "/dev/zero"),
        ("restore", "/dev/zero", "--check"),
        ("plan", "config.yaml", "--sandbox", "--sandbox-state", "/dev/zero"),
        ("import", "--sandbox", "--sandbox-state", "/dev/zero"),
        ("plan", "config.yaml", "--base", "/dev/zero"),
        ("validate", "/dev/zero"),
    ],
)
def test_no_input_is_read_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    """A device that never ends is an error of the file, and nothing is sent."""
    monkeypatch.setattr(statefile, "MOST", 1_000)
    monkeypatch.setattr(paths, "MOST", 1_000)

    ran = world.run(*args)

    assert ran.code in (0, 1), ran.out + ran.err
    assert "mistake" not in ran.err
    assert "/dev/zero" in ran.out + ran.err
