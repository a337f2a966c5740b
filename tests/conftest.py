"""What holds for every test: loopback only, no colours, no key from outside."""

from __future__ import annotations

import gc
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from kit import World, world
from order import (
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_configure_node,
    pytest_terminal_summary,
)

# pytest finds its hooks here by their names.
__all__ = (
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_terminal_summary",
)


def pytest_collection_finish() -> None:
    """Keep the collected tests out of every later garbage collection."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that talks to anything but this machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        local = self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1")
        if not local:
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # Temporary folders may lie inside a checkout of this project.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", tempfile.gettempdir())
    for name in (
        *("DAILY_API_KEY", "DAILY_API_URL", "DAILY_LEDGER_KEY"),
        *("DAILY_RATE", "NO_COLOR"),
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """Handlers that an apply installs do not outlive its test."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {n: signal.getsignal(n) for n in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def make_world(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Callable[..., World]]:
    """Makes worlds: `make_world(assume=Assume(echo="full"), domain="acme")`."""
    with ExitStack() as stack:

        def make(**settings: Any) -> World:
            return stack.enter_context(world(tmp_path, monkeypatch, capsys, **settings))

        yield make
