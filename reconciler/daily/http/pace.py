"""How fast Daily may be asked: one evenly paced budget per rate class.

Classes and windows: Daily's page on authentication and rate limits. A share of
them is taken (`--rate`), because the domain's own applications live on the same
limits. Requests leave evenly spaced, so a window never holds more than it may:

* requests are spaced slightly wider than the limit needs, so that one which
  travels slower than its neighbours does not crowd the window it lands in;
* when an answer took longer than the fastest one so far, its request may have
  arrived late by that much, and the request that shares a window with it waits.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

RateClass: TypeAlias = Literal["general", "deletion"]

WINDOWS: Final[Mapping[RateClass, tuple[tuple[int, float], ...]]] = {
    "general": ((20, 1.0), (100, 5.0)),
    "deletion": ((2, 1.0), (50, 30.0)),
}
"""Requests and seconds, as Daily publishes them."""

SLACK: Final = 1.035
"""Spacing between requests, as a multiple of what the windows need."""

_GUARD: Final = 1.01
"""Stretch of a window: the fastest way to Daily is only known from those seen."""


def interval(rate_class: RateClass, share: float) -> float:
    """Seconds between two requests of a class."""
    return max(s / n for n, s in WINDOWS[rate_class]) * SLACK / share


@dataclass(slots=True)
class Ticket:
    """One request's place in the pace: when it left, and when its answer was there."""

    sent: float = 0.0
    answered: float | None = None


class Pace:
    """The budget of one rate class, shared by all threads of a run."""

    def __init__(
        self,
        rate_class: RateClass,
        share: float,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._interval = interval(rate_class, share)
        self._limit, self._window = WINDOWS[rate_class][0]
        # Above Daily's own limits (loopback only) there is no window to keep.
        self._windowed = share <= 1
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self._resumes = 0.0
        self.pauses = 0
        self._fastest = float("inf")
        self._landed = 0.0
        self._recent: deque[Ticket] = deque(maxlen=self._limit)

    def enter(self) -> Ticket:
        """Wait for this request's turn."""
        with self._lock:
            turn = self._reserve(self._clock())
        self._wait_until(turn)
        with self._lock:
            late = self._crowded_until()
            ticket = Ticket(sent=max(self._clock(), late))
            self._recent.append(ticket)
            self._next = max(self._next, late + self._interval)
        self._wait_until(late)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Say that the answer to a request is there."""
        with self._lock:
            now = self._clock()
            self._fastest = min(self._fastest, now - ticket.sent)
            ticket.answered = now

    def pause(self, seconds: float) -> None:
        """Hold the whole class back: Daily said that it was too fast."""
        with self._lock:
            self.pauses += 1
            self._resumes = max(self._resumes, self._clock() + seconds)
            self._next = max(self._next, self._resumes)

    def wait_out(self) -> int:
        """Wait until no pause is left, and return how many there were so far."""
        while True:
            with self._lock:
                pauses, resumes = self.pauses, self._resumes
            self._wait_until(resumes)
            if pauses == self.pauses:
                return pauses

    def _reserve(self, now: float) -> float:
        turn = max(now, self._next)
        self._next = turn + self._interval
        return turn

    def _crowded_until(self) -> float:
        if not self._windowed or len(self._recent) < self._limit:
            return 0.0
        oldest = self._recent[0]
        # Requests overtake each other: one sent earlier may have landed later.
        # The latest it can have landed is the fastest answer before its own answer.
        landed = oldest.sent
        if oldest.answered is not None:
            landed = oldest.answered - self._fastest
        self._landed = max(self._landed, landed)
        return self._landed + self._window * _GUARD

    def _wait_until(self, moment: float) -> None:
        left = moment - self._clock()
        if left > 0:
            self._sleep(left)
