"""Kept true by a scheduler: repeat safely, say little, count everything."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from kit import World

from reconciler.sandbox.settings import Assume

CONFIG = """
rooms:
  lobby:
    privacy: public
  support:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties:
      dialin: {display_name: Phone Caller}
"""


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A domain that equals its file."""
    made = make_world()
    made.write(CONFIG)
    made.apply()
    made.forget()
    return made


def _metrics(world: World) -> dict[str, float]:
    text = (world.folder / "daily.prom").read_text()
    return {
        re.sub(r'domain="[^"]*",?|\{\}', "", name).replace("{}", ""): float(value)
        for name, value in re.findall(r"^(\w+\{[^}]*\}) (\S+)$", text, re.MULTILINE)
    }


def test_a_quiet_run_says_nothing_when_nothing_is_to_do(world: World) -> None:
    """--quiet: exit code 0, not a byte on stdout or stderr, nothing written."""
    ran = world.apply("--quiet")

    assert (ran.out, ran.err) == ("", "")
    assert world.writes() == []


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_quiet_run_speaks_when_it_did_something(world: World, format_: str) -> None:
    """--quiet hides nothing that happened."""
    world.sandbox.store.rooms["lobby"].privacy = "private"

    ran = world.apply("--quiet", "--format", format_)

    assert "lobby" in ran.out


def test_the_whole_story(world: World) -> None:
    """Every few minutes: quiet; a hand edit: put back; a date that nears: renewed."""
    room = world.sandbox.store.rooms["support"]
    pin = room.dialin_code
    options = ("--quiet", "--detailed-exitcode", "--metrics", "daily.prom")

    assert world.apply(*options).out == ""
    assert _metrics(world)['daily_reconciler_changes{action="update"}'] == 0

    world.sandbox.store.rooms["lobby"].privacy = "private"
    world.apply(*options, expect=2)
    assert world.sandbox.store.rooms["lobby"].privacy == "public"
    assert _metrics(world)['daily_reconciler_changes{action="update"}'] == 1

    room.properties["exp"] -= 130 * 86_400
    world.apply(*options, expect=2)
    metrics = _metrics(world)
    assert metrics['daily_reconciler_changes{action="renew"}'] == 1
    assert metrics["daily_reconciler_nearest_expiry_seconds"] > 179 * 86_400
    assert room.dialin_code == pin

    world.forget()
    assert world.apply(*options).out == ""
    assert world.writes() == []


def test_metrics_of_a_good_run(world: World) -> None:
    """The file names the domain, the run, its success, its cost and the next expiry."""
    world.apply("--metrics", "daily.prom")

    text = (world.folder / "daily.prom").read_text()
    metrics = _metrics(world)
    assert 'domain="acme"' in text
    assert metrics["daily_reconciler_exit_code"] == 0
    assert metrics["daily_reconciler_failures"] == 0
    assert metrics["daily_reconciler_requests"] >= 2
    assert metrics["daily_reconciler_throttled"] == 0
    assert (
        metrics["daily_reconciler_last_success_timestamp_seconds"]
        == metrics["daily_reconciler_last_run_timestamp_seconds"]
    )
    assert metrics["daily_reconciler_nearest_expiry_seconds"] > 170 * 86_400
    for line in text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) \w+ .+|\w+\{[^}]+\} -?\d+", line), line


def test_metrics_outlive_a_failed_run(world: World) -> None:
    """A run that fails keeps the time of the last success and counts the failure."""
    world.apply("--metrics", "daily.prom")
    good = _metrics(world)["daily_reconciler_last_success_timestamp_seconds"]
    left = _metrics(world)["daily_reconciler_nearest_expiry_seconds"]
    world.config.write_text("version: 1\ndomain: other\n")

    world.apply("--metrics", "daily.prom", expect=4)

    after = _metrics(world)
    assert after["daily_reconciler_exit_code"] == 4
    assert after["daily_reconciler_failures"] == 1
    assert after["daily_reconciler_last_success_timestamp_seconds"] == good
    assert left - 60 <= after["daily_reconciler_nearest_expiry_seconds"] <= left


def test_a_second_run_finds_the_lock(world: World) -> None:
    """While one run holds the lock, another one ends with 4 before it reads Daily."""
    pytest.importorskip("fcntl")
    lock = world.folder / "lock"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys; f = open(sys.argv[1], 'w');"
            "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True);"
            "sys.stdin.read()",
            str(lock),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()

        ran = world.apply("--lock-file", "lock", expect=4)

        assert "another run holds the lock" in ran.err
        assert world.sent() == []
        holder.kill()

    world.apply("--lock-file", "lock")


def test_logs_as_json(world: World) -> None:
    """--log-format json: every line on stderr is an object with time and level."""
    world.sandbox.store.rooms["lobby"].privacy = "private"

    ran = world.apply("--log-format", "json", "-v")

    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert {frozenset(line) for line in lines} == {
        frozenset({"time", "level", "message"})
    }
    assert any(line["message"].startswith("done") for line in lines)


def test_errors_as_json_logs(world: World) -> None:
    """An error is a line of level error, without colours."""
    world.config.write_text("version: 1\ndomain: other\n")

    ran = world.apply("--log-format", "json", expect=4)

    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert {line["level"] for line in lines} == {"error"}


@pytest.mark.parametrize(
    ("workspace", "shown"),
    [
        ("", "config.yaml"),
        ("..", "jobs/config.yaml"),
        ("../link", "jobs/config.yaml"),
        (".", "config.yaml"),
        ("/nonexistent", "config.yaml"),
    ],
)
@pytest.mark.parametrize("absolute", [False, True])
def test_annotations_are_relative_to_the_checkout(
    make_world: Callable[..., World], workspace: str, shown: str, absolute: bool
) -> None:
    """A step in a subfolder, or one that names whole paths, marks the right file."""
    world = make_world()
    root = world.folder / "checkout"
    (root / "jobs").mkdir(parents=True)
    (root / "link").symlink_to(root)
    world.folder = root / "jobs"
    world.write("rooms: {lobby: {privacy: pubic}}\n")
    given = str(world.config) if absolute else "config.yaml"
    there = str(world.folder / workspace) if workspace else ""
    world.monkeypatch.setenv("GITHUB_WORKSPACE", there)

    ran = world.run("validate", given, "--format", "github")

    if absolute and workspace in ("", "/nonexistent"):
        shown = given
    assert f"::error file={shown},line=3," in ran.out


def test_validate_for_github(world: World) -> None:
    """Ten annotations at most, the last one counts the rest; none can be forged."""
    bad = "".join(f"      '::set-output {n}%': 1\n" for n in range(14))
    world.write(f"rooms:\n  lobby:\n    privacy: public\n    properties:\n{bad}")

    ran = world.run("validate", "config.yaml", "--format", "github")

    commands = [line for line in ran.out.splitlines() if line.startswith("::")]
    assert ran.code == 1
    assert len(commands) == 10
    assert commands[0].startswith("::error file=config.yaml,line=7,col=7,title=unknown")
    assert "%25" in commands[0]
    assert "5 more errors" in commands[-1]
    assert not any(line.startswith("::set-output") for line in ran.out.splitlines())


PINS = "daily_reconciler_changed_pins_total"
LOST = "daily_reconciler_lost_entries_total"
RENEWED = "daily_reconciler_last_successful_renewal_timestamp_seconds"
LAST = "daily_reconciler_last_run_timestamp_seconds"


def test_a_changed_pin_counts_once_and_stays_counted(
    make_world: Callable[..., World],
) -> None:
    """Although the report fails, metrics are written twice, and later runs end well."""
    world = make_world(assume=Assume(pin="renewed"))
    world.write(CONFIG)
    world.apply("--metrics", "daily.prom")
    assert (_metrics(world)[PINS], _metrics(world)[LOST]) == (0, 0)
    world.write(CONFIG.replace("Phone Caller", "Caller"))

    allowed = ("--allow", "new-pin=0", "--report", "/dev/full")
    world.apply("--metrics", "daily.prom", *allowed, expect=3)
    assert _metrics(world)[PINS] == 1

    world.apply("--metrics", "daily.prom")
    world.write("rooms: {lobby: {privacy: no}}")
    world.apply("--metrics", "daily.prom", expect=1)
    assert (_metrics(world)[PINS], _metrics(world)[LOST]) == (1, 0)


def test_renewals_count_as_successful_when_none_that_was_due_is_left(
    world: World,
) -> None:
    """Also when nothing was due, and when a gate refuses the rest of the run."""
    metrics = ("--metrics", "daily.prom")
    world.apply(*metrics)
    assert _metrics(world)[RENEWED] == _metrics(world)[LAST]
    before = _metrics(world)[RENEWED]

    later = ("--clock-offset", "3d")
    world.write(CONFIG + "  gone: {state: absent}\nlimits: {delete: 0}\n")
    world.sandbox.store.add_room("gone")
    world.apply(*metrics, *later, expect=4)
    assert _metrics(world)[RENEWED] >= before + 3 * 86_400 - 1

    world.write(CONFIG)
    world.apply(*metrics, "--clock-offset", "130d", "--only", "room:lobby")
    assert _metrics(world)[RENEWED] < before + 4 * 86_400


def test_a_mistake_of_the_program_leaves_metrics(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash is a failed run, and no silence."""

    def fail(*_args: object) -> None:
        raise KeyError

    monkeypatch.setattr("reconciler.operations.apply.read_phase", fail)
    world.apply("--metrics", "daily.prom", expect=1)

    assert _metrics(world)["daily_reconciler_exit_code"] == 1
    assert _metrics(world)["daily_reconciler_failures"] == 1
