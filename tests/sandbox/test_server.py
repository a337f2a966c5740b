"""The sandbox on a socket."""

import http.client
import json
import socket
import socketserver
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from sandbox.world import NOW

from reconciler.sandbox.server import serve
from reconciler.sandbox.settings import Settings


def test_address(start):
    """It listens on loopback, on a free port."""
    sandbox, _ = start()

    assert sandbox.url.startswith("http://127.0.0.1:")
    assert sandbox.url.endswith("/v1")


def test_port_that_is_taken(start):
    """A port that is taken is an error."""
    sandbox, _ = start()

    with pytest.raises(OSError), serve(port=urlsplit(sandbox.url).port):
        pass


def test_what_is_recorded(start):
    """A record holds method, path, query, status and arrival, and no secret."""
    sandbox, client = start()
    client.get("/rooms", params={"limit": 3})
    client.post("/rooms/missing", json={"properties": {"exp": 1}})

    first, second = sandbox.requests

    assert (first.method, first.path, first.query) == ("GET", "/rooms", {"limit": "3"})
    assert (second.method, second.path, second.status) == (
        "POST",
        "/rooms/missing",
        404,
    )
    assert first.at < second.at
    assert set(first.__slots__) == {"method", "path", "query", "status", "at"}


def test_clock(start):
    """The clock, offset included, decides what expires and what Date says."""
    clock = [NOW]
    sandbox, client = start(
        Settings(rate_limit_scale=0, clock_offset=3600), clock=lambda: clock[0]
    )
    client.post("/rooms", json={"name": "r", "properties": {"exp": NOW + 3700}})

    answer = client.get("/rooms/r")
    clock[0] += 100

    assert answer.headers["Date"] == "Fri, 15 Jan 2027 09:00:00 GMT"
    assert client.get("/rooms/r").status_code == 404
    assert sandbox.now() == NOW + 3700


def test_connections_are_kept(start):
    """Requests share one connection, refused ones included."""
    sandbox, _ = start()
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(sandbox.url).port)
    sockets = set()
    for key in ("sandbox", "wrong", "sandbox"):
        connection.request(
            "GET", "/v1/rooms", headers={"Authorization": f"Bearer {key}"}
        )
        sockets.add(connection.sock)
        connection.getresponse().read()
    connection.close()

    assert len(sockets) == 1


def test_parallel_requests_overlap(start):
    """Latency is waited by each request on its own."""
    sandbox, client = start()
    meeting = threading.Barrier(4, timeout=5)
    sandbox.stopping.wait = lambda _: meeting.wait()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.get("/rooms"), range(4)))

    assert [one.status_code for one in answers] == [200] * 4


def test_concurrent_creates_of_one_name(start):
    """Of creates of one name at the same time exactly one succeeds."""
    _, client = start()

    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(
            lambda _: client.post("/rooms", json={"name": "r"}), range(8)
        )

    assert sorted(one.status_code for one in answers) == [200] + [400] * 7


def test_concurrent_writes_are_all_saved(start, tmp_path):
    """Writes at the same time all reach the state file."""
    path = tmp_path / "state.json"
    _, client = start(state_path=path)
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda i: client.post("/rooms", json={"name": f"r{i}"}), range(40))
        )

    sandbox, _ = start(state_path=path)

    assert len(sandbox.store.rooms) == 40


def test_end_with_open_connections():
    """Leaving the context ends at once, whatever clients keep open or wait for."""
    began = time.monotonic()
    with serve(Settings(latency_ms=60_000)) as sandbox:
        port = urlsplit(sandbox.url).port
        idle = socket.create_connection(("127.0.0.1", port))
        waiting = socket.create_connection(("127.0.0.1", port))
        waiting.sendall(b"GET /v1/rooms HTTP/1.1\r\nHost: x\r\n\r\n")
    idle.close()
    waiting.close()

    assert time.monotonic() - began < 30
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url, trust_env=False)


@pytest.mark.skipif(sys.platform != "linux", reason="the poll runs out elsewhere")
def test_the_end_waits_for_no_poll(monkeypatch):
    """A sandbox ends when it is told to, not at the next look of its loop."""
    loop = socketserver.BaseServer.serve_forever
    monkeypatch.setattr(
        socketserver.BaseServer, "serve_forever", lambda server, _: loop(server, 60)
    )
    began = time.monotonic()

    with serve():
        pass

    assert time.monotonic() - began < 30


def _raw(sandbox, request):
    """Send bytes as they are; gives the status and the body of the answer."""
    address = ("127.0.0.1", urlsplit(sandbox.url).port)
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, json.loads(answer.read())


def _chunked(*lines):
    head = (
        "POST /v1/rooms HTTP/1.1",
        "Host: x",
        "Authorization: Bearer sandbox",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "",
    )
    return "\r\n".join((*head, *lines)).encode()


@pytest.mark.parametrize("pieces", [1, 3, 17])
def test_body_in_chunks(start, pieces):
    """A body in chunks is read whole, and the connection stays usable."""
    sandbox, client = start()
    body = b'{"name": "r", "properties": {"lang": "de"}}'
    chunks = [body[at : at + pieces] for at in range(0, len(body), pieces)]

    kind = {"Content-Type": "application/json"}
    made, again = (
        client.post("/rooms", content=iter(chunks), headers=kind) for _ in range(2)
    )

    assert (made.status_code, made.json()["config"]) == (200, {"lang": "de"})
    assert again.json()["info"] == "a room named r already exists"
    assert set(sandbox.store.rooms) == {"r"}


def test_extensions_and_trailers_of_chunks(start):
    """Both are passed over, as HTTP allows."""
    sandbox, _ = start()

    lines = ("D;a=b", '{"name": "r"}', "000", "Trailer: x", "", "")
    assert _raw(sandbox, _chunked(*lines))[0] == 200


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("many", ""), 400),
        (("-1", ""), 400),
        (("", ""), 400),
        (("2", "{}more", ""), 400),
        (("FFFFFFFF", ""), 413),
        (("F" * 5000, ""), 413),
        (("2000000", "x" * 0x2000000, "1", ""), 413),
        (("0", *["x" * 1000] * 10, ""), 400),
        (("1" + " " * 10_000, ""), 400),
    ],
)
def test_wrong_chunks(start, lines, status):
    """Chunks that are wrong or too many are refused, and not read to their end."""
    sandbox, _ = start()

    assert _raw(sandbox, _chunked(*lines))[0] == status
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Content-Length: many", 400),
        ("Content-Length: -1", 400),
        ("Content-Length: 999999999999", 413),
        (f"Content-Length: {'9' * 5000}", 413),
        ("Transfer-Encoding: gzip", 501),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0", 400),
    ],
)
def test_bodies_of_unknown_or_absurd_length(start, headers, status):
    """A body whose length is unknown or absurd is refused unread, in JSON."""
    sandbox, _ = start()

    got, body = _raw(sandbox, f"POST /v1/rooms HTTP/1.1\r\n{headers}\r\n\r\n".encode())

    assert (got, body["error"]) == (status, "invalid-request-error")


@pytest.mark.parametrize("method", ["BREW", "TRACE", "CONNECT", "PATCH"])
def test_methods_that_nothing_has(start, method):
    """A method that no call has is answered as a path that does not exist."""
    _, client = start()

    answer = client.request(method, "/rooms")

    assert (answer.status_code, answer.json()["error"]) == (404, "not-found")


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET /v1/rooms HTTP/9.9\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    ],
)
def test_what_is_no_request(start, request_):
    """What is not even HTTP gets a refusal in JSON as well."""
    sandbox, _ = start()

    status, body = _raw(sandbox, request_)

    assert status >= 400
    assert body["error"] == "invalid-request-error"


def test_head(start):
    """HEAD is answered without a body, and the connection stays usable."""
    _, client = start()

    assert client.head("/rooms").status_code == 404
    assert client.get("/rooms").status_code == 200


def test_failure_of_the_sandbox_itself(start, monkeypatch, capsys):
    """A bug in the sandbox is a 500 to the client, and a traceback on stderr."""
    sandbox, client = start()
    monkeypatch.delattr(sandbox.store, "index")

    answer = client.get("/rooms")

    assert (answer.status_code, answer.json()["error"]) == (500, "server-error")
    assert "Traceback" in capsys.readouterr().err


def test_many_rooms(start):
    """A page of a large domain is found without walking through it."""
    sandbox, client = start()
    for index in range(10_000):
        sandbox.store.add_room(f"r{index}")
    cursor = sandbox.store.rooms["r5000"].id

    page = client.get("/rooms", params={"starting_after": cursor}).json()

    assert page["total_count"] == 10_000
    assert page["data"][0]["name"] == "r4999"
