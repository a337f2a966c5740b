"""One client for Daily: key, deadlines, pace, retries, errors.

Retries depend on method and cause:

* 429: whatever the method, after a pause of the whole rate class. Others may write in
  a pause, so the body of a write is built anew after each, see `send_built`;
* a connection that was never made: whatever the method, since nothing was sent;
* 5xx, a lost or an unreadable answer: only for GET. A write may have happened, so
  it raises `AnswerLostError` and the caller reads before it decides;
* any other 4xx, and a certificate that is not accepted: never.

What fails again and again ends the run, see `daily.http.breaker`.

A client is made for reading unless it is asked to write: on a reading client
every method but GET raises before anything is sent.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

from reconciler.core.secrecy import Secret, reveal
from reconciler.daily.http.address import check_url
from reconciler.daily.http.answers import (
    Answer,
    contradiction,
    describe,
    http_date,
    is_error,
    is_refusal,
    parsed,
    reject,
    retry_after,
    secrets,
    written,
)
from reconciler.daily.http.breaker import Breaker
from reconciler.daily.http.network import Network, NoAnswerError, Transport
from reconciler.daily.http.pace import Pace, RateClass, Ticket
from reconciler.environment import Environment
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyError,
    DailyFailingError,
    DailyUnreachableError,
    NotSentError,
    ReconcilerError,
)

WORKERS: Final = 20
"""Enough to keep 20 requests a second going when each takes 0.8 s or more."""

_ATTEMPTS: Final = 6
_LONGEST_WAIT: Final = 30.0
_LONGEST_PAUSE: Final = 60.0
"""Seconds; the most that a Retry-After is obeyed for."""
_REST: Final = 10.0
"""Seconds between giving Daily up and the last look at what became of writes."""

_STOPPING: Final = 2.0
"""Seconds that a stopped run still waits for a request's turn, and no longer."""

Item = TypeVar("Item")
Made = TypeVar("Made")


class ReadOnlyError(ReconcilerError):
    """A write was tried on a client that reads: a mistake in this program."""


@dataclass(slots=True)
class Counters:
    """What was sent so far, how many answers were 429, and the bytes that came.

    `written`: writes that Daily answered as done.
    """

    requests: int = 0
    written: int = 0
    throttled: int = 0
    received: int = 0


class _Done(threading.local):
    """What one thread wrote. `since`: the count when it began what must be whole."""

    writes: int = 0
    since: int | None = None

    @property
    def is_half(self) -> bool:
        """True in the midst of writes that belong together."""
        return self.since is not None and self.writes > self.since


class DailyClient:
    """A connection to one Daily domain.

    Args:
        url: base address, ending in /v1. https, or http on loopback.
        key: the API key.
        environment: its clock, its waiting and its threads.
        timeout: seconds that a request may take, from connecting to the last byte.
        share: which part of Daily's rate limits to take, see `daily.http.pace`.
        writable: False makes every method but GET raise.
        variables: of the environment; proxies and certificates are read from them.
        transport: stands in for the network in tests.
        log: called with one line per request; never with a key or a body.
    """

    def __init__(
        self,
        url: str,
        key: Secret,
        *,
        environment: Environment,
        user_agent: str,
        timeout: float = 30.0,
        share: float = 0.5,
        writable: bool = False,
        variables: Mapping[str, str] = MappingProxyType({}),
        transport: Transport | None = None,
        log: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.url = check_url(url)
        self.writable = writable
        self.share = share
        self.counters = Counters()
        self.skew: float | None = None
        self._environment = environment
        self._log = log
        self._lock = threading.Lock()
        self._done = _Done()
        self._ended = threading.Event()
        self._pool: Executor | None = None
        paces: dict[RateClass, Pace] = {
            name: Pace(name, share, clock=environment.clock, sleep=self._wait)
            for name in ("general", "deletion")
        }
        self._paces = paces
        self._reads = Breaker(self._wait)
        self._writes = Breaker(self._wait)
        self._key = _checked_key(key)
        headers = {
            "Authorization": f"Bearer {self._key}",
            "User-Agent": user_agent,
            "Accept": "application/json",
        }
        self._network = Network(
            url,
            headers,
            timeout=timeout,
            connections=WORKERS,
            clock=environment.clock,
            environ=variables,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            # What other threads still do is of no use: their waits end here.
            self._ended.set()
            self._network.hang_up()
        try:
            if self._pool:
                self._pool.shutdown(cancel_futures=True)
        finally:
            self._network.close()

    def parallel(
        self, work: Callable[[Item], Made], items: Iterable[Item]
    ) -> list[Made]:
        """Do the same thing for many, several at a time; results in order.

        The first error is raised after what was under way has ended.
        """
        futures = [self.start(partial(work, item)) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def start(self, work: Callable[[], Made]) -> Future[Made]:
        """Begin something on a thread of this client's."""
        with self._lock:
            if self._pool is None:
                self._pool = self._environment.executor(WORKERS)
            return self._pool.submit(work)

    def sleep(self, seconds: float) -> None:
        """Wait, on the clock that this client was given; not long in a stopped run."""
        longest = _STOPPING if self._environment.stopped() else seconds
        self._environment.sleep(min(seconds, longest))

    def clock(self) -> float:
        """Monotonic seconds, on the clock that this client was given."""
        return self._environment.clock()

    @property
    def failing(self) -> bool:
        """True once Daily failed so often that nothing is sent any more."""
        return self._reads.open or self._writes.open

    @property
    def writes_here(self) -> int:
        """How many writes of the current thread Daily did, or may have done."""
        return self._done.writes

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Writes of one thread that belong together.

        Once one of them was sent, the others are waited for as long as it takes, also
        when the run is to end.
        """
        self._done.since = self._done.writes
        try:
            yield
        finally:
            self._done.since = None

    def rest(self) -> None:
        """When Daily keeps failing, wait, and let one more request read something."""
        if self.failing:
            self._wait(_REST)
            self._reads.relent()

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> object:
        """Read something. Raises DailyError; see the module for what is retried."""
        last: Answer | NoAnswerError | None = None
        for attempt in range(_ATTEMPTS):
            try:
                answer, found = self._exchange("GET", path, "general", params=params)
            except NoAnswerError as error:
                last = error
            else:
                if is_refusal(answer) or (answer.status < 300 and is_error(found)):
                    reject(answer, "GET", path, (self._key,))
                if answer.status < 300 and found is not None:
                    return found[0]
                last = answer
                if self._was_throttled(answer, attempt, "general"):
                    continue
            self._back_off(attempt, f"GET {path}")
        raise _gave_up(f"GET {path}", last, self.url)

    def send(self, method: str, path: str, body: object = None) -> object:
        """Write something that depends on nothing that was read; as `send_built`."""
        return self.send_built(method, path, lambda: body)

    def send_built(self, method: str, path: str, build: Callable[[], object]) -> object:
        """Write something. Secrets in its body are opened here and nowhere else.

        Args:
            method: of HTTP.
            path: below the base address.
            build: gives the body, as late as possible: anew for each attempt, and
                when a pause came between building and sending. It may read. What it
                raises is raised, and nothing is sent.

        Raises:
            DailyRejectedError: Daily said no; nothing was done.
            AnswerLostError: it may or may not have been done. Read, then decide.
            DailyUnreachableError: it was never sent.
        """
        if not self.writable:
            raise ReadOnlyError(f"refused to send {method} {path}: this run only reads")
        slow = method == "DELETE" and path.startswith("/rooms/")
        rate_class: RateClass = "deletion" if slow else "general"
        last: Answer | NoAnswerError | None = None
        for attempt in range(_ATTEMPTS):
            body: object = None

            def built() -> object:
                nonlocal body
                body = build()
                return reveal(body)

            try:
                answer, found = self._exchange(method, path, rate_class, build=built)
            except NoAnswerError as error:
                if error.sent:
                    raise AnswerLostError(
                        f"the answer to {method} {path} was lost ({error})"
                    ) from error
                last = error
                self._back_off(attempt, f"{method} {path}")
                continue
            if not self._was_throttled(answer, attempt, rate_class):
                return self._result(answer, found, method, path, body)
            last = answer
        raise _gave_up(f"{method} {path}", last, self.url)

    def _result(
        self,
        answer: Answer,
        found: tuple[object] | None,
        method: str,
        path: str,
        body: object,
    ) -> object:
        hidden = (self._key, *secrets(body))
        if 300 <= answer.status < 500:
            reject(answer, method, path, hidden)
        if answer.status < 300 and is_error(found):
            raise contradiction(answer, method, path, hidden)
        made = written(answer, found, method, path)
        with self._lock:
            self.counters.written += 1
        return made

    def _exchange(
        self,
        method: str,
        path: str,
        rate_class: RateClass,
        *,
        params: Mapping[str, str | int] | None = None,
        build: Callable[[], object] = lambda: None,
    ) -> tuple[Answer, tuple[object] | None]:
        """One request and its answer, with the JSON in it; None when unreadable."""
        line = f"{method} {path}"
        logged = f"{method} {urlsplit(self.url).path}{path}"
        breaker = self._reads if method == "GET" else self._writes
        with breaker.passage(line):
            ticket, body = self._turn(rate_class, build)
            self._check_going(line)
            with self._lock:
                self.counters.requests += 1
            started = self._environment.clock()
            try:
                answer = self._network.exchange(method, self.url + path, params, body)
            except NoAnswerError as error:
                self._log(f"{logged} -> {error}")
                breaker.count(str(error))
                self._done.writes += method != "GET" and error.sent
                self._check_trust(error)
                raise
            finally:
                self._paces[rate_class].leave(ticket)
            spent = (self._environment.clock() - started) * 1000
            self._log(f"{logged} -> {answer.status} in {spent:.0f} ms")
            found = parsed(answer)
            self._note(answer)
            # A 5xx tells nothing about what was done before it.
            self._done.writes += method != "GET" and not 300 <= answer.status < 500
            if answer.status != 429:
                usable = is_refusal(answer) or (answer.status < 300 and found)
                breaker.count("" if usable else describe(answer))
        return answer, found

    def _turn(
        self, rate_class: RateClass, build: Callable[[], object]
    ) -> tuple[Ticket, object]:
        """Wait for a request's turn; its body is not older than the last pause.

        Turns of deletions come seldom: one waits for its own before it reads.
        """
        pace = self._paces[rate_class]
        while True:
            pauses = pace.wait_out()
            body = None if rate_class == "deletion" else build()
            ticket = pace.enter()
            if pace.pauses != pauses:
                continue
            if rate_class == "deletion":
                body = build()
                ticket.sent = self._environment.clock()
            return ticket, body

    def _note(self, answer: Answer) -> None:
        """Keep what an answer says beside its body: its size, and what time it is."""
        with self._lock:
            self.counters.received += len(answer.body)
            date = http_date(answer.date) if answer.status < 500 else None
            if self.skew is None and date is not None:
                self.skew = date - self._environment.now()

    def _check_trust(self, error: NoAnswerError) -> None:
        if not error.distrust:
            return
        raise DailyUnreachableError(
            f"the certificate of {urlsplit(self.url).netloc} was not accepted: "
            f"{error.distrust}",
            tip="behind a proxy that opens connections, name its certificate in "
            "SSL_CERT_FILE; also check DAILY_API_URL and the clock of this machine",
        ) from error

    def _was_throttled(
        self, answer: Answer, attempt: int, rate_class: RateClass
    ) -> bool:
        """Obey Retry-After; True after a 429, whose request is sent again."""
        throttled = answer.status == 429
        asked = None
        if throttled or answer.status == 503:
            asked = retry_after(answer, self._environment.now())
        if throttled or asked is not None:
            # Never shorter than our own pause: 0 would have us ask six times at once.
            pause = max(asked or 0.0, self._delay(attempt))
            self._paces[rate_class].pause(min(pause, _LONGEST_PAUSE))
        if throttled:
            with self._lock:
                self.counters.throttled += 1
        return throttled

    def _back_off(self, attempt: int, request: str) -> None:
        if attempt < _ATTEMPTS - 1:
            if self._is_stopping:
                raise _interrupted(request)
            self._wait(self._delay(attempt))

    def _delay(self, attempt: int) -> float:
        """Full jitter around an exponential: 0.5 to 1 s, 1 to 2 s, ... up to 30 s."""
        longest = min(_LONGEST_WAIT, 2.0**attempt)
        return longest * (0.5 + self._environment.jitter() / 2)

    def _wait(self, seconds: float) -> None:
        """Wait; every wait before a request is this one.

        Raises:
            NotSentError: the run is to end. Only a short wait is still kept then:
                what is under way needs its turn, and the look at what became of it.
        """
        until = self._environment.clock() + seconds
        self._check_going("the next request", seconds)
        self._environment.sleep(seconds)
        if self._environment.stopped():
            # It may have ended the sleep.
            left = until - self._environment.clock()
            self._check_going("the next request", left)
            if left > 0:
                self._environment.sleep(left)

    def _check_going(self, request: str, seconds: float = 0.0) -> None:
        stopped = self._is_stopping and seconds > _STOPPING
        if stopped or self._ended.is_set():
            raise _interrupted(request)

    @property
    def _is_stopping(self) -> bool:
        """True when nothing is begun any more, and nothing is half done."""
        return self._environment.stopped() and not self._done.is_half


def _interrupted(request: str) -> NotSentError:
    return NotSentError(f"interrupted: {request} was not sent")


def _checked_key(key: Secret) -> str:
    # httpx would quote a malformed header value in its error.
    if not key.text or not all("!" <= char <= "~" for char in key.text):
        raise ReconcilerError(
            "the API key is empty or has characters that no key has",
            tip="check DAILY_API_KEY, or the file that --api-key-file names",
        )
    return key.text


def _gave_up(request: str, last: Answer | NoAnswerError | None, url: str) -> DailyError:
    host = urlsplit(url).netloc
    if isinstance(last, Answer):
        # A 429 says that Daily is there, and may concern this request alone.
        kind = DailyAnswerError if last.status == 429 else DailyFailingError
        return kind(
            f"{host} gave no usable answer to {request} "
            f"in {_ATTEMPTS} attempts ({describe(last)})",
            tip="check DAILY_API_URL, and Daily's status page",
        )
    return DailyUnreachableError(
        f"cannot reach {host} for {request} in {_ATTEMPTS} attempts ({last})",
        tip="check the network, the proxy settings and DAILY_API_URL",
    )
