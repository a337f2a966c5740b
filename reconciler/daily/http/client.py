"""One HTTP client for Daily: key, timeouts, pace, retries, errors.

The only module that imports httpx. Retries depend on method and cause:

* 429: whatever the method, after a pause of the whole rate class;
* a connection that was never made: whatever the method, since nothing was sent;
* 5xx, a lost or an unreadable answer: only for GET. A write may have happened, so
  it raises `AnswerLostError` and the caller reads before it decides;
* any other 4xx: never.

A client is made for reading unless it is asked to write: on a reading client
every method but GET raises before anything is sent.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from reconciler.core.secrecy import Secret, reveal
from reconciler.daily.http.address import check_url, is_loopback
from reconciler.daily.http.answers import (
    Answer,
    describe,
    is_refusal,
    parsed,
    reject,
    retry_after,
    secrets,
    written,
)
from reconciler.daily.http.pace import Pace, RateClass
from reconciler.environment import Environment
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyError,
    DailyUnreachableError,
    ReconcilerError,
)

WORKERS: Final = 20
"""Enough to keep 20 requests a second going when each takes 0.8 s or more."""

MAX_ANSWER: Final = 16 * 1024 * 1024
"""Bytes of one answer, unpacked. A batch of 1,000 rooms with every setting has 4 MB."""

_ATTEMPTS: Final = 6
_LONGEST_WAIT: Final = 30.0
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

Item = TypeVar("Item")
Made = TypeVar("Made")


class ReadOnlyError(ReconcilerError):
    """A write was tried on a client that reads: a mistake in this program."""


@dataclass(slots=True)
class Counters:
    """What was sent so far, and how many answers were 429."""

    requests: int = 0
    throttled: int = 0


class DailyClient:
    """A connection to one Daily domain.

    Args:
        url: base address, ending in /v1. https, or http on loopback.
        key: the API key.
        environment: its clock, its waiting and its threads.
        timeout: seconds to wait for a connection and for each answer.
        share: which part of Daily's rate limits to take, see `daily.http.pace`.
        writable: False makes every method but GET raise.
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
        transport: httpx.BaseTransport | None = None,
        log: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.url = check_url(url)
        self.writable = writable
        self.share = share
        self.counters = Counters()
        self._environment = environment
        self._timeout = timeout
        self._log = log
        self._lock = threading.Lock()
        self._pool: Executor | None = None
        paces: dict[RateClass, Pace] = {
            name: Pace(name, share, clock=environment.clock, sleep=environment.sleep)
            for name in ("general", "deletion")
        }
        self._paces = paces
        self._key = _checked_key(key)
        headers = {
            "Authorization": f"Bearer {self._key}",
            "User-Agent": user_agent,
            "Accept": "application/json",
        }
        self._http = _connected(url, headers, timeout, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._http.close()

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
        """Wait, on the clock that this client was given."""
        self._environment.sleep(seconds)

    def clock(self) -> float:
        """Monotonic seconds, on the clock that this client was given."""
        return self._environment.clock()

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> object:
        """Read something. Raises DailyError; see the module for what is retried."""
        request = self._http.build_request("GET", self.url + path, params=params)
        last: Answer | Exception | None = None
        for attempt in range(_ATTEMPTS):
            try:
                answer = self._exchange(request, "general")
            except httpx.RequestError as error:
                last = error
            else:
                if answer.status < 300 and (found := parsed(answer)) is not None:
                    return found[0]
                if is_refusal(answer):
                    reject(answer, "GET", path, (self._key,))
                last = answer
                if self._was_throttled(answer, attempt, "general"):
                    continue
            self._back_off(attempt)
        raise _gave_up(f"GET {path}", last, self.url)

    def send(self, method: str, path: str, body: object = None) -> object:
        """Write something. Secrets in `body` are opened here and nowhere else.

        Raises:
            DailyRejectedError: Daily said no; nothing was done.
            AnswerLostError: it may or may not have been done. Read, then decide.
            DailyUnreachableError: it was never sent.
        """
        if not self.writable:
            raise ReadOnlyError(f"refused to send {method} {path}: this run only reads")
        slow = method == "DELETE" and path.startswith("/rooms/")
        rate_class: RateClass = "deletion" if slow else "general"
        request = self._http.build_request(method, self.url + path, json=reveal(body))
        last: Answer | Exception | None = None
        for attempt in range(_ATTEMPTS):
            try:
                answer = self._exchange(request, rate_class)
            except _UNSENT as error:
                last = error
                self._back_off(attempt)
                continue
            except httpx.RequestError as error:
                raise AnswerLostError(
                    f"the answer to {method} {path} was lost ({_why(error)})"
                ) from error
            if not self._was_throttled(answer, attempt, rate_class):
                if 300 <= answer.status < 500:
                    reject(answer, method, path, (self._key, *secrets(body)))
                return written(answer, method, path)
            last = answer
        raise _gave_up(f"{method} {path}", last, self.url)

    def _exchange(self, request: httpx.Request, rate_class: RateClass) -> Answer:
        pace = self._paces[rate_class]
        ticket = pace.enter()
        with self._lock:
            self.counters.requests += 1
        started = self._environment.clock()
        line = f"{request.method} {request.url.path}"
        try:
            answer = self._whole(self._http.send(request, stream=True), started)
        except httpx.RequestError as error:
            self._log(f"{line} -> {_why(error)}")
            raise
        finally:
            pace.leave(ticket)
        spent = (self._environment.clock() - started) * 1000
        self._log(f"{line} -> {answer.status} in {spent:.0f} ms")
        return answer

    def _whole(self, answer: httpx.Response, started: float) -> Answer:
        """Read the body, as far as anybody would send it, and no longer than asked."""
        pieces: list[bytes] = []
        size = 0
        with contextlib.closing(answer):
            for piece in answer.iter_bytes():
                # httpx knows how long a pause may be, and not how many there are.
                if pieces and self._environment.clock() - started > self._timeout:
                    raise httpx.ReadTimeout("the answer did not come to an end")
                size += len(piece)
                if size > MAX_ANSWER:
                    raise httpx.DecodingError(
                        f"an answer of more than {MAX_ANSWER >> 20} MiB"
                    )
                pieces.append(piece)
        return Answer(
            status=answer.status_code,
            content_type=answer.headers.get("content-type", ""),
            retry_after=answer.headers.get("Retry-After", ""),
            body=b"".join(pieces),
        )

    def _was_throttled(
        self, answer: Answer, attempt: int, rate_class: RateClass
    ) -> bool:
        if answer.status != 429:
            return False
        with self._lock:
            self.counters.throttled += 1
        asked = retry_after(answer)
        pause = self._delay(attempt) if asked is None else asked
        self._paces[rate_class].pause(min(pause, 2 * _LONGEST_WAIT))
        return True

    def _back_off(self, attempt: int) -> None:
        if attempt < _ATTEMPTS - 1:
            self._environment.sleep(self._delay(attempt))

    def _delay(self, attempt: int) -> float:
        """Full jitter around an exponential: 0.5 to 1 s, 1 to 2 s, ... up to 30 s."""
        longest = min(_LONGEST_WAIT, 2.0**attempt)
        return longest * (0.5 + self._environment.jitter() / 2)


def _connected(
    url: str,
    headers: Mapping[str, str],
    timeout: float,
    transport: httpx.BaseTransport | None,
) -> httpx.Client:
    try:
        return httpx.Client(
            timeout=timeout,
            transport=transport,
            # Loading the CA bundle takes 25 ms, and plain http never needs it.
            verify=url.startswith("https:"),
            # Loopback is this machine: a proxy has no business there.
            trust_env=not is_loopback(url),
            limits=httpx.Limits(max_connections=WORKERS),
            headers=dict(headers),
        )
    except (ValueError, OSError, ImportError, httpx.InvalidURL) as error:
        # The text may hold a proxy's password, so only its kind is told.
        raise ReconcilerError(
            "the proxy or certificate settings of the environment cannot be used "
            f"({type(error).__name__})",
            tip="check HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR",
        ) from None


def _checked_key(key: Secret) -> str:
    # httpx would quote a malformed header value in its error.
    if not key.value or not all("!" <= char <= "~" for char in key.value):
        raise ReconcilerError(
            "the API key is empty or has characters that no key has",
            tip="check DAILY_API_KEY, or the file that --api-key-file names",
        )
    return key.value


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _gave_up(request: str, last: Answer | Exception | None, url: str) -> DailyError:
    host = urlsplit(url).netloc
    if isinstance(last, Answer):
        return DailyAnswerError(
            f"{host} gave no usable answer to {request} "
            f"in {_ATTEMPTS} attempts ({describe(last)})",
            tip="check DAILY_API_URL, and Daily's status page",
        )
    why = _why(last) if last else "not tried"
    return DailyUnreachableError(
        f"cannot reach {host} for {request} in {_ATTEMPTS} attempts ({why})",
        tip="check the network, the proxy settings and DAILY_API_URL",
    )
