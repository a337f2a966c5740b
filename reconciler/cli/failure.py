"""How a run ends: every error to stderr and to an exit code, in one place."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

import click

import reconciler
from reconciler.cli.options import NOWHERE, Output, Target
from reconciler.cli.session import Session, wants_colour
from reconciler.errors import ConfigError, DailyRejectedError, ReconcilerError


def session_of(
    format_: str, no_color: bool, verbose: int = 0, target: Target = NOWHERE
) -> Session:
    """A session from the shared options, with its stop flag."""
    output = Output(format_, wants_colour(no_color), verbose)
    return Session(output, target, threading.Event())


def guarded(session: Session, work: Callable[[], int]) -> int:
    """Run a command; what it raises on purpose becomes a message and a code."""
    try:
        return work()
    except ReconcilerError as error:
        _tell(session, error)
        return error.exit_code
    except KeyboardInterrupt:
        session.say("interrupted; nothing was changed")
        return 1


def _tell(session: Session, error: ReconcilerError) -> None:
    from reconciler.render.text import findings_text
    from reconciler.render.words import Paint, clean

    paint = Paint(session.output.colour)
    if isinstance(error, ConfigError) and error.findings:
        session.say(findings_text(error.findings, paint))
        session.say(error.message)
    else:
        session.say(f"{paint('error:', 'red', 'bold')} {clean(error.message)}")
    if isinstance(error, DailyRejectedError) and error.request:
        session.say(f"  {clean(error.request)}")
    if error.tip:
        session.say(f"tip: {clean(error.tip)}")
    if session.output.format == "json":
        from reconciler.render.json import dump, error_document

        session.result(dump(error_document(error, reconciler.__version__)))


def stop_on_signals(stop: threading.Event) -> None:
    """Let Ctrl-C and SIGTERM end a run after what is under way; twice ends it now."""

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)
        click.echo("stopping after what is under way; once more to end now", err=True)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
