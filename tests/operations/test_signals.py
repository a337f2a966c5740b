"""What a signal does while a run writes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.environment import real
from reconciler.operations.options import Output, Target
from reconciler.operations.session import Session
from reconciler.operations.signals import ENDING, stop_on_signals


class Ended(BaseException):
    """In place of the end of this process."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds that a test sets; a run that writes, and that a signal may end."""
    handlers = {number: signal.getsignal(number) for number in ENDING}
    now = [100.0]
    stop = threading.Event()
    environment = replace(real(stop), clock=lambda: now[0])
    session = Session(Output("text", False, 0, "text"), Target(), stop, environment)

    def end(number: int) -> None:
        assert signal.getsignal(number) is signal.SIG_DFL
        raise Ended

    monkeypatch.setattr(signal, "raise_signal", end)
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    stop_on_signals(session)
    yield now
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_the_same_wish_twice_is_one(clock: list[float], number: int) -> None:
    """A closing terminal and `timeout` send one signal more than once."""
    for _ in range(3):
        os.kill(os.getpid(), number)
        clock[0] += 0.3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_another_signal_later_ends_the_run_now(clock: list[float], number: int) -> None:
    """Whoever waits for what is under way may give it up."""
    os.kill(os.getpid(), number)
    clock[0] += 1.5
    with pytest.raises(Ended):
        os.kill(os.getpid(), number)


def test_a_hangup_never_ends_what_is_under_way(clock: list[float]) -> None:
    """Shells send it again when they end, which may be later."""
    for _ in range(3):
        os.kill(os.getpid(), signal.SIGHUP)
        clock[0] += 60


def test_different_signals_are_asked_one_by_one(clock: list[float]) -> None:
    """A scheduler goes from SIGINT to SIGTERM, and ends the run by itself."""
    for number in ENDING:
        os.kill(os.getpid(), number)
        clock[0] += 60
