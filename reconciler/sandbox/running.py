"""A running sandbox, between the socket and the rules.

Counts arrivals against the rate limits (arrivals, not completions), waits the
latency without holding a lock, inflicts faults, saves the state after writes,
and records what was asked: `requests` without headers and bodies, for tests, and
the log of API calls with bodies, which GET /logs/api shows.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.sandbox.api import logs
from reconciler.sandbox.api.routes import Request, Response, answer, handle, relative
from reconciler.sandbox.faults import Drop, Fault, Faults, inflict, over_limit
from reconciler.sandbox.rates import RateLimits, rate_class
from reconciler.sandbox.settings import Settings
from reconciler.sandbox.state.calls import Call
from reconciler.sandbox.state.statefile import StateFile
from reconciler.sandbox.state.store import Store

_KEPT_REQUESTS = 200_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is remembered of a request: never a header, never a body.

    `path` is without /v1, `at` a monotonic time in seconds, and `status` None
    when the connection ended without an answer.
    """

    method: str
    path: str
    query: dict[str, str]
    status: int | None
    at: float


class Sandbox:
    """A running sandbox: its address, its state, and what it was asked."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        state: StateFile | None,
        clock: Callable[[], float],
        on_request: Callable[[Recorded], None] | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.faults = Faults(settings.faults)
        self.url = ""
        self.stopping = threading.Event()
        self._state = state
        self._clock = clock
        self._limits = RateLimits(settings.rate_limit_scale)
        self._recorded: deque[Recorded] = deque(maxlen=_KEPT_REQUESTS)
        self._on_request = on_request

    @property
    def requests(self) -> list[Recorded]:
        """Everything asked so far, in order of arrival."""
        return sorted(self._recorded.copy(), key=lambda one: one.at)

    def now(self) -> float:
        """Give the sandbox's time in Unix seconds."""
        return self._clock() + self.settings.clock_offset

    def set_present(self, room: str, count: int) -> None:
        """Have so many participants in a room from now on; 0 empties it."""
        self.store.set_present(room, count, self.now())

    def respond(self, request: Request, at: float) -> Response | Drop:
        """Serve a request that arrived at the monotonic time `at`."""
        wait = self._limits.admit(rate_class(request.method, request.segments), at)
        # A request over the limit must not use up a fault.
        fault = self.faults.take(request) if wait is None else None
        self.stopping.wait(self.settings.latency_ms / 1000)
        if wait is not None:
            outcome: Response | Drop = over_limit(
                max(1.0, round(wait + 0.5)) if self.settings.retry_after else None
            )
        else:
            outcome = self._serve(fault, request)
        self._record(request, outcome, at)
        return outcome

    def _serve(self, fault: Fault | None, request: Request) -> Response | Drop:
        try:
            return inflict(fault, request, self._perform, self.stopping.wait)
        except Exception:
            traceback.print_exc()
            words = "the sandbox itself failed; see its output"
            return answer(500, {"error": "server-error", "info": words})

    def _perform(self, request: Request) -> Response:
        now = self.now()
        response = handle(self.store, request, now)
        self._log(request, response, now)
        if self._state is not None and request.method != "GET":
            self._state.save()
        return response

    def _log(self, request: Request, response: Response, now: float) -> None:
        """Log a call that was done, whatever then becomes of its answer."""
        # Without the right key it is not known which domain the call belongs to, and
        # a log that held answers of the log would double with every reading.
        if response.status == 401 or relative(request.path) == logs.PATH:
            return
        bodies = request.body, response.body
        call = Call(now, request.method, request.path, response.status, *bodies)
        with self.store.lock:
            self.store.calls.add(call)

    def _record(self, request: Request, outcome: Response | Drop, at: float) -> None:
        one = Recorded(
            method=request.method,
            path=relative(request.path),
            query=request.parameters,
            status=outcome.status if isinstance(outcome, Response) else None,
            at=at,
        )
        self._recorded.append(one)
        if self._on_request is not None:
            self._on_request(one)
