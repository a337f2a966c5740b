"""The deadline of an exchange, on a clock and with connections from memory."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from answers import Clock

from reconciler.daily.http.deadline import (
    BoundedBackend,
    Deadline,
    DeadlinePassedError,
)

ADDRESSES = ["2001:db8::1", "192.0.2.1", "192.0.2.2"]


class Backend:
    """Connects to one address; at every other one it uses up its time."""

    def __init__(self, clock: Clock, answers: str = "") -> None:
        self.clock = clock
        self.answers = answers
        self.asked: list[tuple[str, float]] = []

    def connect_tcp(
        self, host: str, _port: int, timeout: float, *_options: Any
    ) -> Stream:
        self.asked.append((host, timeout))
        if host == self.answers:
            return Stream(self.clock)
        self.clock.now += timeout
        raise TimeoutError(host)


class Stream:
    """Takes a second for each step, and notes how long each might have taken."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.allowed: list[float] = []

    def read(self, _most: int, timeout: float) -> bytes:
        self._step(timeout)
        return b"x"

    def write(self, _text: bytes, timeout: float) -> None:
        self._step(timeout)

    def _step(self, timeout: float) -> None:
        self.allowed.append(timeout)
        self.clock.now += 1


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int, **_named: Any) -> list[Any]:
        if host != "daily.example.com":
            raise socket.gaierror
        # Once for each kind of socket, as systems do.
        return [(0, 0, 0, "", (address, port)) for address in ADDRESSES for _ in "ab"]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_every_step_gets_the_time_that_is_left() -> None:
    """Reads and writes share one deadline, and none begins after it."""
    clock = Clock()
    deadline = Deadline(clock)
    backend = BoundedBackend(Backend(clock), deadline)
    inner = Stream(clock)
    stream = backend.bounded(inner)
    deadline.set(3)

    stream.write(b"x", 3)
    for _ in range(3):
        stream.read(1, 3)
    with pytest.raises(DeadlinePassedError):
        stream.read(1, 3)
    with pytest.raises(DeadlinePassedError):
        stream.write(b"x", 3)

    assert inner.allowed == pytest.approx([3, 2, 1, 0.001])


def test_the_next_exchange_has_its_own_deadline() -> None:
    """A connection may be used again after an hour."""
    clock = Clock()
    deadline = Deadline(clock)
    inner = Stream(clock)
    stream = BoundedBackend(Backend(clock), deadline).bounded(inner)
    for _ in range(3):
        clock.now += 3_600
        deadline.set(2)
        stream.read(1, 2)

    assert inner.allowed == [2, 2, 2]


def test_addresses_share_the_time_to_connect() -> None:
    """A host that does not answer at any address is given up in time."""
    clock = Clock()
    deadline = Deadline(clock)
    backend = Backend(clock)
    deadline.set(30)

    with pytest.raises(TimeoutError, match=ADDRESSES[-1]):
        BoundedBackend(backend, deadline).connect_tcp("daily.example.com", 443, 30)

    assert backend.asked == [(address, 10) for address in ADDRESSES]
    assert clock.now == 1_030


def test_an_address_that_is_dead_is_passed_over() -> None:
    """Where IPv6 leads nowhere, there is time left for IPv4."""
    clock = Clock()
    deadline = Deadline(clock)
    backend = Backend(clock, answers=ADDRESSES[1])
    deadline.set(30)

    BoundedBackend(backend, deadline).connect_tcp("daily.example.com", 443, 30)

    assert backend.asked == [(ADDRESSES[0], 10), (ADDRESSES[1], 10)]


def test_a_name_that_does_not_resolve_is_the_backend_s_error() -> None:
    """What it raises has the kind that the HTTP library knows."""
    clock = Clock()
    deadline = Deadline(clock)
    backend = Backend(clock)
    deadline.set(30)

    with pytest.raises(TimeoutError, match="nowhere"):
        BoundedBackend(backend, deadline).connect_tcp("nowhere.example.com", 443, 30)

    assert backend.asked == [("nowhere.example.com", 30)]
