"""No output file may be another output, or a file that the run reads."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from kit import World

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
