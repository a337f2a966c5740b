"""Ctrl-C and SIGTERM while something is written."""

from __future__ import annotations

import signal
from types import FrameType

from reconciler.operations.session import Session


def stop_on_signals(session: Session) -> None:
    """Let Ctrl-C and SIGTERM end a run after what is under way; twice ends it now."""

    def ask(number: int, _frame: FrameType | None) -> None:
        session.stop.set()
        signal.signal(number, signal.SIG_DFL)
        session.say("stopping after what is under way; once more to end now")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
