"""One signal ends any wait of a run that reads; the real command line, real time."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.sandbox.server import serve
from reconciler.sandbox.settings import Settings

ROOMS = "version: 1\ndomain: acme\nrooms:\n" + "".join(
    f"  room-{n:02}: {{privacy: private}}\n" for n in range(30)
)
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def _start(folder: Path, url: str, *args: str) -> subprocess.Popen[str]:
    (folder / "config.yaml").write_text(ROOMS)
    # What runs the tests may have been told to ignore some of them.
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "reconciler", *args],
        cwd=folder,
        env={**os.environ, "DAILY_API_URL": url, "DAILY_API_KEY": "sandbox"},
        preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in SIGNALS],
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
    # It gets to the wait; a signal that comes sooner ends it in the same way.
    time.sleep(0.1)


def _interrupt(process: subprocess.Popen[str], number: int) -> tuple[str, str]:
    sent = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - sent < 3
    assert process.returncode == 1, out + err
    assert err == "interrupted; nothing was changed\n"
    return out, err


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    "fault",
    [
        # Held back by Daily: in the main thread, and in threads that read lists.
        "429-retry-after=60:GET:/*all",
        "429-retry-after=60:GET:/rooms*all",
        "503:GET:/rooms*all",
    ],
)
def test_one_signal_ends_any_wait(
    tmp_path: Path, number: signal.Signals, fault: str
) -> None:
    """Whatever reading waits for, one signal ends it: code 1, nothing was changed."""
    with serve(Settings(faults=(fault,), rate_limit_scale=0)) as sandbox:
        process = _start(tmp_path, sandbox.url, "apply", "config.yaml", "--yes")
        path = fault.split(":")[2].removesuffix("*all")
        _wait(lambda: any(r.path == path for r in sandbox.requests))
        _interrupt(process, number)


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_one_signal_ends_the_wait_for_an_answer(
    tmp_path: Path, number: signal.Signals
) -> None:
    """An answer that does not come is not waited for, in whichever thread."""
    with serve(Settings(faults=("slow=20:GET:/rooms*all",))) as sandbox:
        process = _start(
            tmp_path, sandbox.url, "plan", "config.yaml", "--format", "json"
        )
        _wait(lambda: bool(sandbox.requests))
        out, _ = _interrupt(process, number)

    assert json.loads(out)["exit_code"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_an_interrupted_run_leaves_metrics(
    tmp_path: Path, number: signal.Signals
) -> None:
    """With its code; counters go on from the file that was there."""
    counter = 'daily_reconciler_changed_pins_total{domain="acme"} 3\n'
    (tmp_path / "m.prom").write_text(counter)
    with serve(Settings(faults=("slow=20:GET:/rooms*all",))) as sandbox:
        args = ["apply", "config.yaml", "--yes", "--metrics", "m.prom"]
        process = _start(tmp_path, sandbox.url, *args)
        _wait(lambda: bool(sandbox.requests))
        _interrupt(process, number)

    metrics = (tmp_path / "m.prom").read_text()
    assert 'daily_reconciler_exit_code{domain="acme"} 1\n' in metrics
    assert counter in metrics


@pytest.mark.slow
def test_one_signal_ends_the_wait_for_a_turn(tmp_path: Path) -> None:
    """At a low --rate the next request may be minutes away."""
    with serve(Settings(rate_limit_scale=0)) as sandbox:
        args = ["plan", "config.yaml", "--rate", "0.001"]
        process = _start(tmp_path, sandbox.url, *args)
        _wait(lambda: bool(sandbox.requests))
        _interrupt(process, signal.SIGTERM)


@pytest.mark.slow
def test_a_timeout_bounds_an_answer_that_drips_and_the_lock_is_free_again(
    tmp_path: Path,
) -> None:
    """Headers that never end are given up after --timeout; the next run can begin."""
    asked: list[socket.socket] = []
    args = ["apply", "config.yaml", "--yes", "--lock-file", "lock"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_drip, args=(server, asked), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        process = _start(tmp_path, url, *args, "--timeout", "0.2")
        # The second attempt shows that the first was given up.
        _wait(lambda: len(asked) >= 2)
        _interrupt(process, signal.SIGTERM)
    with serve() as sandbox:
        process = _start(tmp_path, sandbox.url, *args)
        process.communicate(timeout=60)

    assert process.returncode == 0


def _drip(server: socket.socket, asked: list[socket.socket]) -> None:
    while True:
        try:
            asked.append(server.accept()[0])
        except OSError:
            return
        threading.Thread(target=_drip_into, args=(asked[-1],), daemon=True).start()


def _drip_into(connection: socket.socket) -> None:
    with connection:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
            while True:
                connection.sendall(b"a")
                time.sleep(0.05)
        except OSError:
            return
