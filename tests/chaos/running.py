"""The command line, run here or in a process that can be killed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from unittest import mock

from chaos.proxy import Chooser, Proxy

from reconciler.cli.main import run
from reconciler.environment import Environment, real

KEY = "sandbox"
BACK_OFF = 0.4
"""Shorter waits are the pace's; from this on the program waits before a new try."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: its exit code, or minus the signal that ended it."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as JSON."""
        return json.loads(self.out)


def environment(url: str) -> dict[str, str]:
    """What the command line is told about its Daily."""
    return {"DAILY_API_URL": url, "DAILY_API_KEY": KEY, "DAILY_RATE": "1000"}


def run_here(
    folder: Path,
    url: str,
    *args: str,
    on_pause: Callable[[], None] = lambda: None,
    now: Callable[[], float] = time.time,
) -> Ran:
    """Run the command line in this process. Nothing sleeps.

    `on_pause` is told whenever the program would wait before another try. `now`: Unix
    seconds.
    """

    def sleep(seconds: float) -> None:
        if seconds >= BACK_OFF:
            on_pause()

    def surroundings(stop: threading.Event) -> Environment:
        return replace(real(stop), sleep=sleep, now=now)

    out, err = io.StringIO(), io.StringIO()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {n: signal.getsignal(n) for n in numbers}
    with (
        mock.patch.dict(os.environ, environment(url)),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run(list(args), environment=surroundings)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    return Ran(code, out.getvalue(), err.getvalue())


Kind = Literal["file", "closed", "full", "pipe"]
Streams = tuple[Kind, Kind]


class Launcher:
    """Starts runs as processes; see `launch`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("launch.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._runs = 0

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(
        self,
        folder: Path,
        victim: Victim,
        url: str,
        *args: str,
        name: str = "run",
        streams: Streams = ("file", "file"),
        reader: Reader | None = None,
    ) -> Ran:
        """Run the command line; `victim` learns the process to kill.

        What goes to a stream that is no file is lost.
        """
        self._runs += 1
        out = folder / f"{name}-{self._runs}"
        for stream, kind in zip(("stdout", "stderr"), streams, strict=True):
            if kind == "pipe" and reader is not None:
                reader.open(Path(f"{out}.{stream}"))
        order = {
            "args": args,
            "env": environment(url),
            "folder": str(folder),
            "out": str(out),
            "streams": streams,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        victim.born(int(self._line()))
        code = int(self._line())
        texts = (
            Path(f"{out}.{stream}").read_text() if kind == "file" else ""
            for stream, kind in zip(("stdout", "stderr"), streams, strict=True)
        )
        return Ran(code, *texts)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Victim:
    """A process that can be killed as soon as it is known."""

    def __init__(self) -> None:
        self._pid = 0
        self._known = threading.Event()

    def born(self, pid: int) -> None:
        """Tell which process it is."""
        self._pid = pid
        self._known.set()

    def kill(self, proxy: Proxy) -> None:
        """Stop it hard. Whatever it had under way does not reach the sandbox."""
        proxy.dead = True
        self.signal("SIGKILL")

    def signal(self, name: str) -> None:
        """Send it a signal."""
        self._known.wait(60)
        os.kill(self._pid, signal.Signals[name])


class Reader:
    """Reads what a process writes into pipes, until it goes away."""

    def __init__(self) -> None:
        self._ends: list[int] = []

    def open(self, path: Path) -> None:
        """Make a pipe, and be there before anything is written into it."""
        os.mkfifo(path)
        self._ends.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))

    def leave(self) -> None:
        """Read no more."""
        while self._ends:
            os.close(self._ends.pop())


@contextlib.contextmanager
def through(
    url: str,
    choose: Chooser = lambda _asked: None,
    *,
    refuse_at: int | None = None,
) -> Iterator[Proxy]:
    """A proxy in front of a sandbox for one run; see `Proxy.refuse_at`."""
    proxy = Proxy(url, choose)
    proxy.refuse_at = refuse_at
    with proxy:
        yield proxy
