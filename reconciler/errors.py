"""Every way a run can fail, and the exit code each one ends with.

ReconcilerError                    1
    ConfigError                    1   the file is wrong (in `core.findings`)
    UsageError                    64   the options are wrong; nothing was sent
    RefusedError                   4   a safety gate said no; nothing was sent
        LockedError                4   another run holds the lock
    DailyError                     1
        DailyUnreachableError      1   no answer: DNS, TLS, timeout, reset
            NotSentError           1   nothing was sent: Daily keeps failing, or stop
        DailyRejectedError         1   Daily answered, and said no
        DailyAnswerError           1   an answer that is not what the API promises
            DailyFailingError      1   no usable answer in all attempts
        AnswerLostError            1   a write was sent, and its fate is unknown

A run that stopped part-way does not raise: it returns a report, and the report
knows its exit code (3).
"""

from __future__ import annotations


class ReconcilerError(Exception):
    """Anything this tool raises on purpose.

    `message` says what happened and where; `tip` says what to do next. `effect` says
    what that means for Daily, where it is known; no message says it, since renewals
    may have been written before.
    """

    exit_code: int = 1
    effect: str = ""

    def __init__(self, message: str, *, tip: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.tip = tip

    @property
    def statement(self) -> str:
        """The message, and what it means for Daily."""
        return f"{self.message}; {self.effect}" if self.effect else self.message


class UsageError(ReconcilerError):
    """The options do not go together, or one of them cannot be read."""

    exit_code = 64


class RefusedError(ReconcilerError):
    """A safety gate said no before anything was written."""

    exit_code = 4
    effect = "nothing was changed"


class LockedError(RefusedError):
    """Another run holds the lock."""


class DailyError(ReconcilerError):
    """Talking to Daily failed."""


class DailyUnreachableError(DailyError):
    """No answer came back, or none that can be waited for."""


class NotSentError(DailyUnreachableError):
    """The request was held back: Daily keeps failing, or the run is to end."""


class DailyAnswerError(DailyError):
    """Daily (or something in front of it) answered with something unreadable."""


class DailyFailingError(DailyAnswerError):
    """Daily answered every attempt, each time with nothing that can be used."""


class AnswerLostError(DailyError):
    """A write was sent and no usable answer came back: it may have happened.

    Never repeat the request blindly: read the object first.
    """


class DailyRejectedError(DailyError):
    """Daily answered a request with an error status.

    `code` is Daily's stable error type and is safe to branch on. `info` is
    prose that may change at any time: show it, never parse it.
    """

    def __init__(
        self,
        message: str,
        *,
        tip: str = "",
        status: int,
        code: str = "",
        info: str = "",
        request: str = "",
    ) -> None:
        super().__init__(message, tip=tip)
        self.status = status
        self.code = code
        self.info = info
        self.request = request
