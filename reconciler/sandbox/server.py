"""The sandbox on a socket: the standard library's threading server, loopback only.

This is the one module that knows about sockets. It reads a request, notes when
its first line arrived, and writes the answer or ends the connection as a fault
asks for.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from reconciler.sandbox import seed as seeding
from reconciler.sandbox.api.routes import BASE, Request, Response, answer
from reconciler.sandbox.bodies import UnreadableBodyError, read_body
from reconciler.sandbox.faults import Drop
from reconciler.sandbox.running import Recorded, Sandbox
from reconciler.sandbox.settings import Settings
from reconciler.sandbox.state.statefile import StateFile
from reconciler.sandbox.state.store import Store


class _Server(socketserver.ThreadingMixIn, HTTPServer):
    request_queue_size = 1024
    # Threads are joined at the end, so that no answer outlives the sandbox.
    daemon_threads = False

    def __init__(self, port: int, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._open: set[socket.socket] = set()
        self._opening = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up the name of the host, which may take seconds.
        socketserver.TCPServer.server_bind(self)

    def finish_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)  # noqa: S101
        with self._opening:
            # Accepted too late for `hang_up` to see: nobody would ever end it.
            if self.sandbox.stopping.is_set():
                return
            self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._opening:
                self._open.discard(request)

    def stop(self) -> None:
        """Stop accepting connections, and wait until the loop has ended.

        The loop looks for the end between polls. A listening socket that is shut down
        ends the poll; where the system does not support that, the poll runs out.
        """
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()

    def hang_up(self) -> None:
        """End the connections that clients keep open."""
        with self._opening:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        """Pass over clients that hang up, which is their right."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Header and body leave in one packet, at once.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server
    _arrived = 0.0

    def parse_request(self) -> bool:
        self._arrived = time.monotonic()
        return super().parse_request()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing; what is logged is decided by the caller of `serve`."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer every method alike: which ones exist is decided by the calls."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def send_error(
        self, code: int, message: str | None = None, _: str | None = None
    ) -> None:
        """Answer what is no HTTP request in JSON, not with a page."""
        # What was not understood may have no version, and would get no status line.
        self.request_version = self.protocol_version
        self._refuse(code, message or "this is no HTTP request")

    def _answer(self) -> None:
        body = self._read_body()
        if body is None:
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, headers, body)
        outcome = self.server.sandbox.respond(request, self._arrived)
        if isinstance(outcome, Response):
            self._send(outcome)
        else:
            self._drop(outcome)

    def _read_body(self) -> bytes | None:
        """Read the body; None when the request was answered already."""
        try:
            return read_body(self.headers, self.rfile)
        except UnreadableBodyError as error:
            self._refuse(error.status, str(error))
        except EOFError:
            self.close_connection = True
        return None

    def _refuse(self, status: int, info: str) -> None:
        self.close_connection = True
        self._send(answer(status, {"error": "invalid-request-error", "info": info}))

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        now = self.server.sandbox.now()
        headers = {
            "Date": formatdate(now, usegmt=True),
            **response.headers,
            "Content-Length": str(len(response.body)),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _drop(self, how: Drop) -> None:
        self.close_connection = True
        if how is Drop.RESET:
            # Lingering for no time makes the kernel send a reset instead of an end.
            option = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
            # Without this the server would end the connection politely first.
            self.connection.close()


@contextlib.contextmanager
def serve(
    settings: Settings | None = None,
    *,
    state_path: str | Path | None = None,
    port: int = 0,
    clock: Callable[[], float] = time.time,
    seed: bool = False,
    on_request: Callable[[Recorded], None] | None = None,
) -> Iterator[Sandbox]:
    """Run a sandbox in a thread for as long as the context lasts.

    `port=0` takes a free one. `seed` applies to a new state only.

    Raises:
        StateError: the state file cannot be used.
        ValueError: a fault spec is wrong.
        OSError: the port is taken, or the state file cannot be written.
    """
    settings = settings or Settings()
    store = Store(settings)
    state = StateFile(Path(state_path), store) if state_path is not None else None
    sandbox = Sandbox(settings, store, state, clock, on_request)
    if state is None or not state.load():
        if seed:
            seeding.sow(store, sandbox.now())
        if state is not None:
            state.save()
    for room, count in settings.present:
        sandbox.set_present(room, count)
    server = _Server(port, sandbox)
    sandbox.url = f"http://127.0.0.1:{server.server_address[1]}{BASE}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield sandbox
    finally:
        sandbox.stopping.set()
        server.stop()
        server.hang_up()
        server.server_close()
        thread.join()
