"""What acceptance tests stand on: a sandbox, a config file, the command line.

`World.apply` plans again after every apply that ended well, and expects nothing to
do, so that no test can forget to.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run
from reconciler.environment import Environment, MakeEnvironment, real
from reconciler.sandbox.server import Sandbox, serve
from reconciler.sandbox.settings import Assume, Settings

NUMBERS = ("+12095550100", "+12095550101", "+12095550102", "+12095550103")


@dataclass(frozen=True)
class Ran:
    """One run of the command line."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as JSON."""
        return json.loads(self.out)


@dataclass
class Clock:
    """Today's time, moved by `ahead` seconds."""

    ahead: float = 0

    def __call__(self) -> float:
        return time.time() + self.ahead


def without_waiting(stop: threading.Event) -> Environment:
    """The real world, in which nothing sleeps."""
    return replace(real(stop), sleep=lambda _seconds: None)


@dataclass
class World:
    """One sandbox with one config file in front of it."""

    sandbox: Sandbox
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    options: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    environment: MakeEnvironment = without_waiting
    _forgotten: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def write(self, text: str, *, head: bool = True) -> None:
        """Write the config file; version and domain are put before it."""
        top = "version: 1\ndomain: acme\n" if head else ""
        self.config.write_text(top + text, encoding="utf-8")

    def run(self, *args: str) -> Ran:
        """Run the command line against this world's sandbox."""
        self.monkeypatch.setenv("DAILY_API_URL", self.sandbox.url)
        self.monkeypatch.setenv("DAILY_API_KEY", self.sandbox.settings.key)
        self.monkeypatch.chdir(self.folder)
        self.capsys.readouterr()
        code = run(list(args), environment=self.environment)
        captured = self.capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    def travel(self, days: int) -> None:
        """Let it be so many days later, for the sandbox and for every run."""
        self.clock.ahead = days * 86_400
        self.options = ["--clock-offset", f"{days}d"]

    def plan(self, *args: str) -> Ran:
        return self.run(
            "plan", "config.yaml", "--detailed-exitcode", *self.options, *args
        )

    def plan_json(self, *args: str) -> Any:
        return self.plan("--format", "json", *args).json

    def apply(self, *args: str, expect: int = 0) -> Ran:
        """Apply, check the exit code, and after a clean end plan again: empty."""
        ran = self.run("apply", "config.yaml", "--yes", *self.options, *args)
        assert ran.code == expect, ran.out + ran.err
        if expect == 0 and not any(a.startswith("--only") for a in args):
            again = self.plan("--format", "json")
            assert again.json["changes"] == [], again.out + again.err
        return ran

    def sent(self, method: str = "", path: str = "") -> list[Any]:
        """What reached the sandbox, optionally only these."""
        return [
            r
            for r in self.sandbox.requests[self._forgotten :]
            if (not method or r.method == method) and (not path or r.path == path)
        ]

    def writes(self) -> list[str]:
        """What was asked but GETs, as `POST /rooms`, in order of arrival."""
        return [f"{r.method} {r.path}" for r in self.sent() if r.method != "GET"]

    def forget(self) -> None:
        """Leave out the requests so far."""
        self._forgotten = len(self.sandbox.requests)


@contextmanager
def world(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    assume: Assume | None = None,
    **settings: Any,
) -> Iterator[World]:
    """A world without rate limits and without waiting, unless told otherwise."""
    settings.setdefault("numbers", NUMBERS)
    settings.setdefault("rate_limit_scale", 0)
    made = Settings(assume=assume or Assume(), **settings)
    monkeypatch.setenv("DAILY_RATE", "1000")
    # Locks of worlds in other test processes are not this one's.
    locks = (tmp_path / "locks",)
    monkeypatch.setattr("reconciler.operations.lock.places", lambda: locks)
    clock = Clock()
    with serve(made, clock=clock) as sandbox:
        yield World(sandbox, tmp_path, monkeypatch, capsys, clock=clock)
