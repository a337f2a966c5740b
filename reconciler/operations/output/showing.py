"""Results on the terminal while an apply goes on.

They pass through a queue with a thread of its own: a terminal that is slow, full or
gone keeps no write waiting, and a mistake in showing them reaches no writing thread.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import click

from reconciler.core.report import Result
from reconciler.operations.session import Session
from reconciler.render.text.report import result_line

_LONG: Final = 20
"""From this many changes on, a terminal gets a progress bar."""

Show = Callable[[Result], None]


@contextlib.contextmanager
def showing(session: Session, total: int) -> Iterator[Show]:
    """What takes each result as it comes. At the end, those that wait are shown."""
    queue = session.environment.executor(1)
    plain = session.output.log_format == "text" and not session.output.verbose
    is_long = total >= _LONG and plain
    with (
        _bar(total)
        if is_long and sys.stderr.isatty()
        else contextlib.nullcontext(_line(session)) as show,
        queue,
    ):
        # What `show` raises stays in the future that nobody asks.
        yield lambda result: _submit(queue, show, result)


def _submit(queue: Any, show: Show, result: Result) -> None:
    queue.submit(show, result)


def _line(session: Session) -> Show:
    paint = session.paint
    return lambda result: session.say(result_line(result, paint))


@contextlib.contextmanager
def _bar(total: int) -> Iterator[Show]:
    """A progress bar on stderr; a terminal that is gone is no error."""
    bar: Any = click.progressbar(length=total, label="applying", file=sys.stderr)
    with contextlib.suppress(OSError, ValueError):
        bar.__enter__()
    yield lambda _result: bar.update(1)
    with contextlib.suppress(OSError, ValueError):
        bar.__exit__(None, None, None)
