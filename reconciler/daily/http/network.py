"""Sending one request and reading one answer. The only module that imports httpx.

An exchange is over within the timeout, whatever the other side does: connecting,
headers and body share one deadline.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import httpx

from reconciler.daily.http.answers import Answer
from reconciler.daily.http.deadline import (
    BoundedBackend,
    Deadline,
    DeadlinePassedError,
)
from reconciler.daily.http.surroundings import (
    Proxy,
    own_trust,
    proxy_in_use,
    unusable_proxy,
)
from reconciler.errors import ReconcilerError

MAX_ANSWER: Final = 16 * 1024 * 1024
"""Bytes of one answer, unpacked. A batch of 1,000 rooms with every setting has 4 MB."""

Transport: TypeAlias = httpx.BaseTransport
"""What stands in for the network in tests."""

_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
)


class NoAnswerError(Exception):
    """No usable answer came back.

    `sent` is False when Daily cannot have got the request. `distrust` holds why the
    certificate was not accepted, which no further attempt changes.
    """

    def __init__(self, why: str, *, sent: bool = True, distrust: str = "") -> None:
        super().__init__(why)
        self.sent = sent
        self.distrust = distrust


class Network:
    """The connections to one host, kept open between requests."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        timeout: float,
        connections: int,
        clock: Callable[[], float],
        environ: Mapping[str, str],
        transport: Transport | None = None,
    ) -> None:
        self._timeout = timeout
        self._deadline = Deadline(clock)
        self._backend: BoundedBackend | None = None
        if transport is None:
            made = _transport(url, connections, environ)
            pool: Any = made._pool
            # httpx has no public way to its sockets; a test on a socket holds this one.
            self._backend = BoundedBackend(pool._network_backend, self._deadline)
            pool._network_backend = self._backend
            transport = made
        self._http = httpx.Client(
            timeout=timeout,
            transport=transport,
            headers=dict(headers),
            # The surroundings were read above; httpx is not to read them again.
            trust_env=False,
        )

    def exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
    ) -> Answer:
        """Send a request and read the whole answer.

        Raises:
            NoAnswerError: there is none, or not a whole one, or not in time.
        """
        request = self._http.build_request(method, url, params=params, json=body)
        self._deadline.set(self._timeout)
        try:
            return self._whole(self._http.send(request, stream=True))
        except httpx.RequestError as error:
            unsent = isinstance(error, _UNSENT)
            raise NoAnswerError(
                _why(error), sent=not unsent, distrust=_distrust(error)
            ) from error
        except DeadlinePassedError as error:
            raise NoAnswerError(f"ReadTimeout: {error}") from error

    def _whole(self, answer: httpx.Response) -> Answer:
        pieces: list[bytes] = []
        size = 0
        with contextlib.closing(answer):
            for piece in answer.iter_bytes():
                size += len(piece)
                if size > MAX_ANSWER:
                    raise httpx.DecodingError(
                        f"an answer of more than {MAX_ANSWER >> 20} MiB"
                    )
                pieces.append(piece)
                self._deadline.check()
        return Answer(
            status=answer.status_code,
            content_type=answer.headers.get("content-type", ""),
            retry_after=answer.headers.get("Retry-After", ""),
            date=answer.headers.get("Date", ""),
            body=b"".join(pieces),
        )

    def hang_up(self) -> None:
        """End what is under way in other threads."""
        if self._backend is not None:
            self._backend.hang_up()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()


def _transport(
    url: str, connections: int, environ: Mapping[str, str]
) -> httpx.HTTPTransport:
    proxy = proxy_in_use(url, environ)
    # Loading certificates takes 25 ms, and plain http never needs them.
    verify: ssl.SSLContext | bool = False
    if url.startswith("https:"):
        trust = own_trust(environ)
        verify = httpx.create_ssl_context(trust_env=False) if trust is None else trust
    limits = httpx.Limits(max_connections=connections)
    if proxy is None:
        return httpx.HTTPTransport(verify=verify, limits=limits, trust_env=False)
    return _by_proxy(proxy, verify, limits)


def _by_proxy(
    proxy: Proxy, verify: ssl.SSLContext | bool, limits: httpx.Limits
) -> httpx.HTTPTransport:
    try:
        return httpx.HTTPTransport(
            verify=verify, limits=limits, trust_env=False, proxy=proxy.url
        )
    except ImportError:
        raise ReconcilerError(
            f"{proxy.variable} names a SOCKS proxy, which needs the package socksio",
            tip=f"run: pip install socksio; or unset {proxy.variable}, "
            "or name Daily's host in NO_PROXY",
        ) from None
    except (ValueError, httpx.InvalidURL):
        raise unusable_proxy(proxy.variable) from None


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _distrust(error: BaseException | None) -> str:
    """Why a certificate was not accepted; "" when the error is about something else."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message or str(error)
        error = error.__cause__ or error.__context__
    return ""
