"""Sending a write whose answer may be lost: read, then decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from reconciler.errors import AnswerLostError, DailyError, DailyRejectedError

Made = TypeVar("Made")
Seen = TypeVar("Seen")


class HeldBackError(Exception):
    """Nothing was sent, on purpose; the text says why."""


class NothingLeftError(Exception):
    """A reading shows that there is nothing left to write."""


TRIES: int = 3
"""How often a write whose answer was lost is tried, each time after a reading."""


def settle(
    send: Callable[[], Made],
    read: Callable[[], Seen],
    is_done: Callable[[Seen], bool | None],
) -> Made | Seen:
    """Send until an answer comes, or until reading shows that it was done.

    Args:
        send: writes. What it raises is raised, unless the answer was lost: what holds
            back a second one says nothing of what became of the first.
        read: what Daily has now, read after each lost answer.
        is_done: True when that is what was to be written, False to send again, None
            when sending again would not help.

    Returns:
        What `send` gave, or what `read` gave.

    Raises:
        AnswerLostError: what became of the write is unknown.
    """
    lost: AnswerLostError | None = None
    for _ in range(TRIES):
        try:
            return send()
        except AnswerLostError as error:
            lost = error
        except HeldBackError as reason:
            if lost is None:
                raise
            raise AnswerLostError(f"{lost.message}; {reason}") from reason
        with looking_after(lost):
            seen = read()
        done = is_done(seen)
        if done:
            return seen
        if done is None:
            break
    assert lost is not None  # noqa: S101  without one, `send` has returned or raised
    raise lost


@contextmanager
def looking_after(lost: AnswerLostError) -> Iterator[None]:
    """Read what became of a write. When that fails too, its fate stays unknown."""
    try:
        yield
    except DailyError as error:
        raise AnswerLostError(
            f"{lost.message}, and what became of it could not be read: {error.message}"
        ) from error


@contextmanager
def no_error_when_gone() -> Iterator[None]:
    """Delete something: what is not there need not go."""
    try:
        yield
    except DailyRejectedError as error:
        if error.status != 404:
            raise
