"""A deadline for a whole exchange, kept at the socket.

An HTTP library counts a timeout from one byte to the next, so an answer that drips
never meets it. Here every read and write gets the time that is left of the exchange,
and none begins after it.

The classes stand in for the network backend of httpcore, and need nothing of it.
"""

from __future__ import annotations

import contextlib
import math
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

_LEAST: Final = 0.001
"""Seconds; a socket takes 0 for "do not wait", which is another kind of error."""


class DeadlinePassedError(TimeoutError):
    """The exchange took longer than it may."""


class Deadline(threading.local):
    """When the exchange of the current thread must be over, on the given clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._moment = math.inf

    def set(self, seconds: float) -> None:
        """Begin an exchange that may take so many seconds from now."""
        self._moment = self._clock() + seconds

    def left(self, timeout: float | None = None) -> float:
        """Seconds that the next step may wait, `timeout` at most."""
        longest = math.inf if timeout is None else timeout
        return max(_LEAST, min(longest, self._moment - self._clock()))

    def check(self) -> None:
        """Raise DeadlinePassedError once there is no time left."""
        if self._clock() > self._moment:
            raise DeadlinePassedError("the answer did not come to an end")


class BoundedBackend:
    """Opens connections that keep the deadline, and can end all of them."""

    def __init__(self, backend: Any, deadline: Deadline) -> None:
        self._backend = backend
        self._deadline = deadline
        self._open: set[BoundedStream] = set()
        self._lock = threading.Lock()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> BoundedStream:
        """Connect within the time that is left, shared by the addresses of the host."""
        addresses = _addresses(host, port) or [host]
        for left in range(len(addresses), 0, -1):
            share = self._deadline.left(timeout) / left
            try:
                stream = self._backend.connect_tcp(
                    addresses[-left], port, share, local_address, socket_options
                )
            except Exception:
                if left == 1:
                    raise
            else:
                return self.bounded(stream)
        raise AssertionError("a host has at least its name")

    def sleep(self, seconds: float) -> None:
        """Wait; httpcore does so between its own attempts, of which there are none."""
        self._backend.sleep(seconds)

    def bounded(self, stream: Any) -> BoundedStream:
        """The stream with the deadline on it."""
        made = BoundedStream(stream, self._deadline, self)
        with self._lock:
            self._open.add(made)
        return made

    def forget(self, stream: BoundedStream) -> None:
        """The stream is closed, or has become another one."""
        with self._lock:
            self._open.discard(stream)

    def hang_up(self) -> None:
        """End every connection: a thread that waits for bytes wakes at once."""
        with self._lock:
            streams = tuple(self._open)
        for stream in streams:
            stream.hang_up()


def _addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, each once; none when it has no name that resolves."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class BoundedStream:
    """One connection, each step of which gets the time that is left."""

    def __init__(
        self, stream: Any, deadline: Deadline, backend: BoundedBackend
    ) -> None:
        self._stream = stream
        self._deadline = deadline
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes of the answer."""
        self._deadline.check()
        read: bytes = self._stream.read(max_bytes, self._deadline.left(timeout))
        return read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes of the request."""
        self._deadline.check()
        self._stream.write(buffer, self._deadline.left(timeout))

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> BoundedStream:
        """Encrypt the connection; it becomes another stream."""
        left = self._deadline.left(timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        self._backend.forget(self)
        return self._backend.bounded(stream)

    def close(self) -> None:
        """Close the connection."""
        self._backend.forget(self)
        self._stream.close()

    def hang_up(self) -> None:
        """End the connection while another thread may be reading from it."""
        sock = self._stream.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about the connection."""
        return self._stream.get_extra_info(info)
