"""How a run ends: every error to stderr and to an exit code, in one place."""

from __future__ import annotations

import contextlib
import gc
import io
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import click

import reconciler
from reconciler.cli.main import INTERRUPTED
from reconciler.cli.options import check_partners, invocation_of
from reconciler.core.findings import ConfigError
from reconciler.core.report import RefusedAfterRenewalsError
from reconciler.environment import MakeEnvironment, real
from reconciler.errors import DailyRejectedError, ReconcilerError, UsageError
from reconciler.operations.options import Output, Target
from reconciler.operations.session import Session, wants_colour
from reconciler.operations.signals import interrupt_on_signals


def session_of(
    *,
    format_: str,
    no_color: bool,
    verbose: int,
    log_format: str,
    **target: Any,
) -> Session:
    """A session from the options that commands share, with its stop flag.

    Raises:
        click.UsageError: options that do not go together.
    """
    ctx = click.get_current_context()
    check_partners(ctx)
    _use_encodings(format_)
    output = Output(format_, wants_colour(no_color), verbose, log_format)
    stop = threading.Event()
    make: MakeEnvironment = ctx.obj or real
    invocation = invocation_of(ctx)
    return Session(output, Target(**target), stop, make(stop), invocation)


def _use_encodings(format_: str) -> None:
    """Let no character end a run: documents are UTF-8, as the files of --out are.

    JSON is ASCII. In text, a character that the terminal does not know is spelled.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            whole = stream is sys.stdout and format_ not in ("text", "json")
            encoding = "utf-8" if whole else None
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def guarded(session: Session, work: Callable[[], int]) -> int:
    """Run a command; what it raises on purpose becomes a message and a code."""
    if threading.current_thread() is threading.main_thread():
        interrupt_on_signals(session)
    try:
        with _collecting_rarely():
            return work()
    except UsageError as error:
        raise click.UsageError(error.message) from error
    except ReconcilerError as error:
        _tell(session, error)
        return error.exit_code
    except KeyboardInterrupt:
        session.say(INTERRUPTED, level="error")
        _result(session, ReconcilerError(INTERRUPTED))
        return 1


@contextlib.contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Let the garbage collector look for cycles less often.

    Files, readings and plans hold none and live to the end: on 10,000 rooms, looking
    through them again and again is a sixth of the work.
    """
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _tell(session: Session, error: ReconcilerError) -> None:
    from reconciler.core.text import clean
    from reconciler.render.text.findings import findings_text

    whole = error
    done: tuple[str, ...] = ()
    if isinstance(error, RefusedAfterRenewalsError):
        done, error = error.report.renewed, error.cause
    paint = session.paint
    if isinstance(error, ConfigError) and error.findings:
        session.say(findings_text(error.findings, paint), level="error")
        session.say(whole.statement, level="error")
    else:
        head = paint("error:", "red", "bold")
        session.say(f"{head} {clean(whole.statement)}", level="error")
    if isinstance(error, DailyRejectedError) and error.request:
        session.say(f"  {clean(error.request)}", level="error")
    if error.tip:
        session.say(f"tip: {clean(error.tip)}", level="error")
    if done:
        session.say(f"before that, these rooms were renewed: {', '.join(done)}")
    _result(session, whole)


def _result(session: Session, error: ReconcilerError) -> None:
    """The error as JSON on stdout, where that was asked for."""
    delivered = isinstance(error, RefusedAfterRenewalsError) and error.delivered
    if session.output.format == "json" and not delivered:
        from reconciler.render.json.documents import dump, error_document

        session.deliver(dump(error_document(error, reconciler.__version__)))
