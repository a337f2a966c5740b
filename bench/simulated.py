"""The simulated Daily that is measured against: the shipped one, in its own process.

With `log` every request is noted with the moment at which it was answered; the
latency is the same for all, so that distances between them are those of arrival.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from bench import samples

SANDBOX: Final = (sys.executable, "-m", "reconciler", "sandbox", "--no-seed")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the sandbox logged it; `at` in monotonic seconds."""

    at: float
    method: str
    path: str
    status: str


@dataclass(slots=True)
class Simulated:
    """A running sandbox."""

    url: str
    key: str
    asked: list[Asked] = field(default_factory=list)
    marks: int = 0

    @property
    def env(self) -> dict[str, str]:
        """What a command needs to talk to it."""
        return {"DAILY_API_URL": self.url, "DAILY_API_KEY": self.key}

    def fill(self, kind: str, count: int) -> None:
        """Give it rooms."""
        samples.batches(kind, count, lambda body: self.post("/batch/rooms", body))

    def post(self, path: str, body: bytes) -> None:
        """Send one request, without the tool."""
        request = urllib.request.Request(self.url + path, data=body, method="POST")
        request.add_header("Authorization", f"Bearer {self.key}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as answer:
            answer.read()

    def taken(self) -> list[Asked]:
        """The requests since the last call.

        A request is logged before it is answered, so that one of our own, sent now,
        comes after all of them.
        """
        self.marks += 1
        mark = f"/mark-{self.marks}"
        with contextlib.suppress(urllib.error.HTTPError):
            self.post(mark, b"{}")
        while not any(one.path == mark for one in self.asked):
            time.sleep(0.02)
        found = [one for one in self.asked if not one.path.startswith("/mark-")]
        self.asked.clear()
        return found


@contextlib.contextmanager
def simulated(
    *options: str, log: bool = False, limits: bool = False
) -> Iterator[Simulated]:
    """Run a sandbox; without latency and limits unless told otherwise."""
    args = [*SANDBOX, *options, *(["--log"] if log else [])]
    if not limits:
        args += ["--rate-limit-scale", "0"]
    process = subprocess.Popen(
        args,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout
    assert process.stderr
    try:
        lines = [process.stdout.readline().strip() for _ in range(2)]
        values = [line.partition("=")[2] for line in lines]
        if not all(values):
            raise RuntimeError(f"the sandbox did not start: {process.stderr.read()}")
        running = Simulated(values[0], values[1])
        reader = threading.Thread(
            target=_note, args=(process.stderr, running.asked), daemon=True
        )
        reader.start()
        yield running
    finally:
        process.terminate()
        process.wait(30)


def _note(lines: IO[str], asked: list[Asked]) -> None:
    for line in lines:
        now = time.monotonic()
        parts = line.split()
        if len(parts) == 3 and parts[1].startswith("/"):
            asked.append(Asked(now, *parts))
        else:
            sys.stderr.write(line)
