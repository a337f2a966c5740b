"""When to send nothing more to a Daily that keeps failing.

A failure is a request without a usable answer: 5xx, unreadable, or none at all. A
refusal is an answer. A 429 counts as neither.

After `LIMIT` failures in a row, over all threads, requests go one at a time, each
after a longer pause (1, 2, 4, 8 s); a success lets all of them go on. When these
failed too, every request ends at once with NotSentError, but for one after each
`relent`, so that a run can look what became of its writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from reconciler.errors import NotSentError

LIMIT: Final = 10
"""More than the attempts of one request: a single object that fails ends no run."""

PROBES: Final = 4


class Breaker:
    """Counts what fails in a row. Reads and writes have one each.

    One of them may work while the other does not, and must not hide that.
    """

    def __init__(self, wait: Callable[[float], None]) -> None:
        self._wait = wait
        self._lock = threading.Lock()
        self._single = threading.Lock()
        self._failures = 0
        self._probes = 0
        self._chance = False
        self._last = ""

    @property
    def open(self) -> bool:
        """True once nothing is sent any more."""
        return self._failures >= LIMIT and self._probes >= PROBES

    @contextmanager
    def passage(self, request: str) -> Iterator[None]:
        """Let one exchange through, or raise NotSentError. `count` is called inside."""
        if self._failures < LIMIT:
            yield
            return
        self._single.acquire()
        # While this one waited, another may have got its answer.
        alone = self._failures >= LIMIT
        if not alone:
            self._single.release()
        try:
            if alone:
                self._hold(request)
            yield
        finally:
            if alone:
                self._single.release()

    def _hold(self, request: str) -> None:
        if self._probes < PROBES:
            self._probes += 1
            self._wait(2.0 ** (self._probes - 1))
        elif self._chance:
            self._chance = False
        else:
            raise NotSentError(
                f"{request} was not sent: {self._failures} requests in a row "
                f"got no usable answer (the last one: {self._last})",
                tip="check the network and Daily's status page, then run again",
            )

    def relent(self) -> None:
        """Let one more request through."""
        self._chance = True

    def count(self, failure: str) -> None:
        """Note how an exchange ended; `failure` is empty after a usable answer."""
        with self._lock:
            if not failure:
                self._failures = self._probes = 0
                return
            self._failures += 1
            self._last = failure
