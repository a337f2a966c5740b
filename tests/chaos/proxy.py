"""A proxy between the command line and the sandbox that can damage any exchange.

It shares nothing with the sandbox's own fault switches: requests are read from plain
sockets, sent on over HTTP, and each one may be handed to a fault instead. One
connection carries one request, so that the number of a request is also the number
of its connection. Requests take turns, which makes "the n-th request" mean the same
in every run of one case.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_LINGER_NOT = struct.pack("ii", 1, 0)
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in. `number` counts from 0, `target` has the query."""

    number: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path below /v1, without the query."""
        return self.target.partition("?")[0].removeprefix("/v1") or "/"

    @property
    def kind(self) -> str:
        """What sort of request this is: names and ids of the path are left out."""
        parts = self.path.split("/")
        if len(parts) == 3 and parts[1] in ("rooms", "domain-dialin-config"):
            parts[2] = "*"
        page = " page" if "starting_after=" in self.target else ""
        return f"{self.method} {'/'.join(parts)}{page}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as the sandbox gave it or as a fault made it up."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"Content-Type": "application/json"}
    )


Later = Callable[[], None]
Fault = Callable[["Exchange"], Later | None]
"""Deals with one exchange. What it returns is done when others have their turn."""
Chooser = Callable[[Asked], Fault | None]


class Exchange:
    """One request in the hands of a fault: send it on, answer it, or break it off."""

    def __init__(self, proxy: Proxy, asked: Asked, client: socket.socket) -> None:
        self.proxy = proxy
        self.asked = asked
        self._client = client

    def forward(self) -> Answer:
        """Let the sandbox do it; returns its answer."""
        return self.proxy.forward(self.asked)

    def reply(self, answer: Answer, *, cut: bool = False) -> None:
        """Answer the client; `cut` stops half-way through the body."""
        head = [f"HTTP/1.1 {answer.status} Chaos", "Connection: close"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        head += [f"Content-Length: {len(answer.body)}", "", ""]
        body = answer.body[: len(answer.body) // 2] if cut else answer.body
        with contextlib.suppress(OSError):
            self._client.sendall("\r\n".join(head).encode() + body)

    def reset(self) -> None:
        """End the connection as a machine does that was switched off."""
        with contextlib.suppress(OSError):
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._client.close()

    def wait_gone(self) -> None:
        """Say nothing until the client has given up."""
        with contextlib.suppress(OSError):
            self._client.settimeout(_PATIENCE)
            self._client.recv(1)


class Proxy:
    """Listens on a port of its own for as long as the context lasts."""

    def __init__(self, url: str, choose: Chooser = lambda _asked: None) -> None:
        parts = urlsplit(url)
        self._sandbox = (parts.hostname or "", parts.port or 0)
        self._choose = choose
        self._turn = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.asked: list[Asked] = []
        self.struck = 0
        self.dead = False
        self.underway = False
        """Whether what the dead process had sent still reaches the sandbox."""
        self.refuse_at: int | None = None
        """The number of the request from which on connections are refused."""
        self._listener: socket.socket | None = None
        self._port = 0

    def __enter__(self) -> Proxy:
        self._open()
        if self.refuse_at == 0:
            self.close_door()
            self.struck += 1
        return self

    def __exit__(self, *error: object) -> None:
        self.dead = True
        self.close_door()
        for thread in self._threads:
            thread.join()

    @property
    def url(self) -> str:
        """What the command line gets as DAILY_API_URL."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def kinds(self) -> list[str]:
        """What was asked, in order of arrival."""
        return [asked.kind for asked in self.asked]

    def close_door(self) -> None:
        """Refuse connections from now on."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone would not wake the thread that waits for a connection.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def open_door(self) -> None:
        """Accept connections again, on the same port."""
        if self._listener is None and not self.dead:
            self.refuse_at = None
            self._open()

    def forward(self, asked: Asked) -> Answer:
        """Ask the sandbox."""
        connection = http.client.HTTPConnection(*self._sandbox, timeout=_PATIENCE)
        with contextlib.closing(connection):
            headers = {k: v for k, v in asked.headers.items() if k != "connection"}
            connection.request(asked.method, asked.target, asked.body, headers)
            answer = connection.getresponse()
            body = answer.read()
            kind = {"Content-Type": answer.getheader("Content-Type", "")}
            return Answer(answer.status, body, kind)

    def _open(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen(64)
        self._port = listener.getsockname()[1]
        self._listener = listener
        self._start(lambda: self._accept(listener))

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._start(lambda client=client: self._serve(client))  # type: ignore[misc]

    def _serve(self, client: socket.socket) -> None:
        with client:
            request = _read(client)
            if request is None:
                return
            with self._turn:
                later = self._deal(client, *request)
            if later is not None:
                later()

    def _deal(
        self,
        client: socket.socket,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Later | None:
        asked = Asked(len(self.asked), method, target, headers, body)
        exchange = Exchange(self, asked, client)
        if self.dead:
            if self.underway:
                self.forward(asked)
            exchange.reset()
            return None
        self.asked.append(asked)
        fault = self._choose(asked)
        if fault is not None:
            self.struck += 1
            return fault(exchange)
        answer = exchange.forward()
        if self.refuse_at == len(self.asked):
            self.close_door()
            self.struck += 1
        exchange.reply(answer)
        return None


def _read(
    client: socket.socket,
) -> tuple[str, str, Mapping[str, str], bytes] | None:
    """One whole request; None when the client went away instead."""
    client.settimeout(_PATIENCE)
    try:
        with client.makefile("rb") as file:
            words = file.readline().decode().split()
            if len(words) != 3:
                return None
            headers = dict(_headers(iter(file.readline, b"")))
            length = int(headers.get("content-length", "0"))
            body = file.read(length)
    except OSError:
        return None
    return None if len(body) < length else (words[0], words[1], headers, body)


def _headers(lines: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.decode().partition(":")
        if not colon:
            return
        yield name.strip().lower(), value.strip()
