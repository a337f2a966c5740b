"""Ctrl-C, SIGTERM and SIGHUP: before anything is written, and while it is."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

from reconciler.operations.session import Session

ENDING: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)
"""What ends a run. SIGHUP comes when a terminal or a connection closes."""

_REPEATABLE: Final = (signal.SIGINT, signal.SIGTERM)
_APART: Final = 1.0
"""Seconds from which on a signal is another wish than the first."""


def interrupt_on_signals(session: Session) -> None:
    """Let each of them end a run that has written nothing, whatever it waits for."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        # Wakes the threads that wait; the main thread gets the exception.
        session.stop.set()
        raise KeyboardInterrupt

    _handle(interrupt)


def stop_on_signals(session: Session) -> None:
    """Let each of them end a run after what is under way; once more ends it now.

    One wish may come as several signals: a terminal that closes sends SIGHUP itself and
    through its shell, `timeout` sends SIGTERM to a process and to its group.
    """
    asked: dict[int, float] = {}

    def ask(number: int, _frame: FrameType | None) -> None:
        session.stop.set()
        now = session.environment.clock()
        if number not in asked:
            asked[number] = now
            session.say("stopping after what is under way; once more to end now")
        elif number in _REPEATABLE and now - asked[number] >= _APART:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    _handle(ask)


def _handle(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in ENDING:
        # `nohup`, and a script's job in the background, want them ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
