"""Signals in a real process: what is under way ends, and is reported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kit import World

from reconciler.sandbox.server import Sandbox, serve
from reconciler.sandbox.settings import Settings

COUNT = 60
ROOMS = "rooms:\n" + "".join(
    f"  room-{n:02}: {{privacy: private, properties: {{enable_chat: true}}}}\n"
    for n in range(COUNT)
)
ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
COMMAND = [sys.executable, "-W", "error", "-m", "reconciler"]


def _start(folder: Path, url: str, *args: str) -> subprocess.Popen[str]:
    environ = {
        **os.environ,
        "DAILY_API_URL": url,
        "DAILY_API_KEY": "sandbox",
        "DAILY_RATE": "1",
    }
    return subprocess.Popen(
        [*COMMAND, *args],
        cwd=folder,
        env=environ,
        # What runs the tests may have been told to ignore some, as a job of a script
        # in the background is.
        preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in ENDING],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def _hold(sandbox: Sandbox) -> tuple[threading.Event, threading.Event]:
    """Have the sandbox keep its slow answers back: events for "reached" and "go on"."""
    reached, released = threading.Event(), threading.Event()

    def wait(seconds: float) -> bool:
        if seconds:
            reached.set()
            released.wait(15)
        return False

    sandbox.stopping.wait = wait  # type: ignore[method-assign]
    return reached, released


def _config(folder: Path, text: str) -> None:
    head = "version: 1\ndomain: acme\nlimits: {update: 100}\n"
    (folder / "config.yaml").write_text(head + text)


@pytest.mark.slow
@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_signal_ends_an_apply_after_what_is_under_way(
    tmp_path: Path, number: signal.Signals, format_: str
) -> None:
    """Some rooms are done, the others named as not tried, code 3, no traceback."""
    _config(tmp_path, ROOMS)
    with serve(Settings(latency_ms=100, rate_limit_scale=0)) as sandbox:
        for n in range(COUNT):
            sandbox.store.add_room(f"room-{n:02}", privacy="private")
        args = ["apply", "config.yaml", "--yes", "--format", format_]
        process = _start(tmp_path, sandbox.url, *args)
        _wait(lambda: sum(r.method == "POST" for r in sandbox.requests) >= 5)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        written = sum(r.method == "POST" for r in sandbox.requests)
        changed = sum(
            "enable_chat" in r.properties for r in sandbox.store.rooms.values()
        )

    assert process.returncode == 3, out + err
    assert "Traceback" not in err
    assert "stopping after what is under way" in err
    assert 5 <= written == changed < COUNT
    if format_ == "json":
        report = json.loads(out)
        assert report["summary"]["done"] == written
        assert report["summary"]["not tried"] == COUNT - written
        assert report["stopped"] == "interrupted"
    else:
        assert (
            f"{written} done, {COUNT - written} not tried; stopped: interrupted" in out
        )


@pytest.mark.slow
@pytest.mark.parametrize("number", ENDING)
def test_a_signal_before_anything_was_written_is_1(
    tmp_path: Path, number: signal.Signals
) -> None:
    """When the signal comes between planning and the first write, nothing is done."""
    _config(
        tmp_path, "phone_numbers:\n  '+12095550100': {pin_dialin: {name_prefix: p}}\n"
    )
    # The second reading of the domain is the one for the safety copy.
    with serve(Settings(faults=("slow:GET:/@2",), rate_limit_scale=0)) as sandbox:
        reached, released = _hold(sandbox)
        process = _start(tmp_path, sandbox.url, "apply", "config.yaml", "--yes")
        assert reached.wait(15)
        process.send_signal(number)
        assert process.stderr is not None
        stopping = process.stderr.readline()
        released.set()
        out, err = process.communicate(timeout=30)
        writes = [r for r in sandbox.requests if r.method != "GET"]

    assert "stopping after what is under way" in stopping
    assert process.returncode == 1, out + err
    assert "Traceback" not in err
    assert writes == []


@pytest.mark.slow
def test_ctrl_c_while_reading_says_that_nothing_was_changed(tmp_path: Path) -> None:
    """Ctrl-C during a plan ends with 1 and one line."""
    _config(tmp_path, ROOMS)
    with serve(Settings(faults=("slow:GET:/rooms",))) as sandbox:
        reached, released = _hold(sandbox)
        process = _start(tmp_path, sandbox.url, "plan", "config.yaml")
        assert reached.wait(15)
        process.send_signal(signal.SIGINT)
        # The signal is there before the answer can be.
        released.set()
        out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (1, "")
    assert err == "interrupted; nothing was changed\n"


@pytest.mark.slow
def test_the_next_run_finishes_what_a_signal_left(
    tmp_path: Path, make_world: Callable[..., World]
) -> None:
    """After an interrupted run, the next one does the rest and is in sync."""
    world = make_world(latency_ms=50)
    world.write("limits: {update: 100}\n" + ROOMS)
    for n in range(COUNT):
        world.sandbox.store.add_room(f"room-{n:02}", privacy="private")
    process = _start(world.folder, world.sandbox.url, "apply", "config.yaml", "--yes")
    _wait(lambda: sum(r.method == "POST" for r in world.sandbox.requests) >= 3)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    done = len(world.writes())

    world.apply()

    assert len(world.writes()) == COUNT
    assert 3 <= done < COUNT


AT_EXIT = (
    "import atexit, os, signal, sys; from reconciler.cli.main import main; "
    "atexit.register(lambda: os.kill(os.getpid(), int(sys.argv.pop()))); "
    "main(sys.argv[1:-1])"
)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["apply", "validate"])
def test_a_signal_after_the_report_changes_nothing(
    make_world: Callable[..., World], number: signal.Signals, command: str
) -> None:
    """What ends while Python shuts down ends with the code that was reported."""
    world = make_world()
    world.write("rooms: {lobby: {privacy: private}}")
    options = ["--yes"] if command == "apply" else []
    ran = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-c", AT_EXIT),
            *(command, "config.yaml", *options, str(int(number))),
        ],
        cwd=world.folder,
        env={
            **os.environ,
            "DAILY_API_URL": world.sandbox.url,
            "DAILY_API_KEY": "sandbox",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "stopping" not in ran.stderr
