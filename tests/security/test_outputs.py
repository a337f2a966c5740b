"""Everything that runs write is searched for every secret: streams, files, crashes."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hush import PINS, SECRETS, found, secret_world
from kit import World

MakeWorld = Callable[..., World]

# The two files that hold secrets on purpose, and the one in which they were written.
_MEANT = ("rescue.json", "values.sh", "config.yaml")


def _files(world: World) -> dict[str, str]:
    return {
        path.relative_to(world.folder).as_posix(): path.read_text(encoding="utf-8")
        for path in world.folder.rglob("*")
        if path.is_file() and path.name not in _MEANT
    }


def _runs(format_: str) -> list[list[str]]:
    plan = ["plan", "config.yaml", "--show-unmanaged", "--format", format_]
    pages = ["--out", "plan.json", "--markdown", "plan.md", "--html", "plan.html"]
    apply = ["apply", "config.yaml", "--yes", "--format", format_]
    reports = ["--report", "report.json", "--markdown", "report.md"]
    more = ["--metrics", "metrics.prom", "--rescue-file", "rescue.json"]
    return [
        ["validate", "config.yaml", "--format", format_],
        ["effective", "config.yaml", "lobby"],
        [*plan, *pages],
        [*apply, *reports, *more, "--lock-file", "lock", "--plan", "plan.json"],
        [*plan],
        ["dialin", "config.yaml", "--format", format_],
        ["import", "--out", "imported.yaml", "--secrets-out", "values.sh"],
        ["restore", "rescue.json", "--yes"],
    ]


@pytest.mark.parametrize("loud", [[], ["-v"], ["-vvv"], ["-v", "--log-format=json"]])
@pytest.mark.parametrize("format_", ["text", "json"])
def test_nothing_that_a_full_run_writes_holds_a_secret(
    make_world: MakeWorld, format_: str, loud: list[str]
) -> None:
    """Streams and files of every command, at every loudness, are free of secrets."""
    world = secret_world(make_world)
    written = {}

    for args in _runs(format_):
        ran = world.run(*args, *([] if args[0] == "effective" else loud))
        assert ran.code in (0, 1), (args, ran.out, ran.err)
        written[args[0]] = ran.out + ran.err
        written |= _files(world)

    assert {"plan.json", "plan.md", "plan.html", "report.json", "report.md"} <= set(
        written
    )
    assert {"metrics.prom", "imported.yaml"} <= set(written)
    # `import` sees no config: that Daily's display name came from a variable of one,
    # nobody tells it.
    assert set(found(written.pop("imported.yaml"))) <= {"variable", "variable-part"}
    assert {name: found(text) for name, text in written.items() if found(text)} == {}
    pins = {n for n, text in written.items() if any(pin in text for pin in PINS)}
    assert pins <= {"dialin"}


# A mistake of ours, anywhere. What is broken: a function, by its module and name.
_BREAKABLE = [
    "reconciler.config.load:load",
    "reconciler.config.build:config",
    "reconciler.core.plan.rooms:plan_rooms",
    "reconciler.core.compare.diff:diff_fields",
    "reconciler.daily.wire:domain_from_json",
    "reconciler.daily.wire:assignment_from_json",
    "reconciler.daily.wire:assignment_to_json",
    "reconciler.daily.wire:room_from_json",
    "reconciler.daily.wire:room_to_json",
    "reconciler.daily.rescue.file:save",
    "reconciler.daily.http.client:parsed",
    "reconciler.core.compare.equality:reveal",
    "reconciler.render.text.plan:plan_text",
    "reconciler.render.json.documents:plan_document",
    "reconciler.render.json.documents:report_document",
]


class _RevealError(Exception):
    """An error whose text quotes everything that was at hand."""


def _break(world: World, target: str) -> list[int]:
    """Let a function fail with all its arguments in the text of the error."""
    module_name, name = target.split(":")
    module = importlib.import_module(module_name)
    broken = getattr(module, name)
    calls: list[int] = []

    @functools.wraps(broken)
    def fail(*args: Any, **named: Any) -> Any:
        calls.append(1)
        raise _RevealError(f"{args!r} {named!r} {SECRETS!r}")

    # Wherever the name was imported to, as well.
    for other in list(importlib.sys.modules.values()):  # type: ignore[attr-defined]
        if getattr(other, "__name__", "").startswith("reconciler"):
            for key, value in list(vars(other).items()):
                if value is broken:
                    world.monkeypatch.setattr(other, key, fail)
    return calls


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("target", _BREAKABLE)
def test_a_crash_shows_no_secret(
    make_world: MakeWorld, target: str, format_: str
) -> None:
    """A mistake of ours is told by place and type; its text may quote anything."""
    world = secret_world(make_world)
    world.run("plan", "config.yaml", "--format", format_)  # all modules are loaded
    calls = _break(world, target)

    ran = world.run(
        *("apply", "config.yaml", "--yes", "-vv", "--format", format_),
        *("--report", "report.json", "--metrics", "metrics.prom"),
        *("--rescue-file", "rescue.json"),
    )

    written = {"out": ran.out, "err": ran.err, **_files(world)}
    assert {name: found(text) for name, text in written.items() if found(text)} == {}
    if calls:
        assert ran.code in (1, 3)
        assert "_RevealError" in ran.out + ran.err
    if format_ == "json" and ran.out:
        assert ran.json


def test_a_crash_says_where_and_what_to_do(make_world: MakeWorld) -> None:
    """What is shown is enough to find the mistake, and asks for a report of it."""
    world = secret_world(make_world)
    world.run("plan", "config.yaml")
    assert _break(world, "reconciler.core.compare.diff:diff_fields") == []

    ran = world.run("plan", "config.yaml")

    assert ran.code == 1
    assert "a mistake in daily-reconciler" in ran.err
    assert "reconciler/core/plan" in ran.err
    assert "please report these lines" in ran.err
    assert "Traceback" not in ran.err
    assert Path.home().as_posix() not in ran.err
