"""What happens to the key on its way: only https, only Daily, only a known host."""

from __future__ import annotations

import gzip
import http.server
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from answers import KEY, Clock
from security.hosts import Host, body, certificate, endless, redirect, serving

from reconciler.cli.main import COMMANDS, cli, run
from reconciler.core.secrecy import Secret
from reconciler.daily.http.client import DailyClient
from reconciler.daily.http.network import MAX_ANSWER
from reconciler.errors import AnswerLostError, DailyError, DailyUnreachableError

Serve = Callable[..., Host]
NAME = "daily.example.com"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that misbehave, and ends them with the test."""
    with ExitStack() as stack:
        yield lambda *args: stack.enter_context(serving(*args))


def client_of(url: str, *, timeout: float = 5, real: bool = False) -> DailyClient:
    """A writing client on the real network code, with waits that take no time."""
    environment = Clock().environment()
    if real:
        environment = replace(environment, clock=time.monotonic)
    return DailyClient(
        url,
        Secret(KEY),
        environment=environment,
        variables=os.environ,
        user_agent="test",
        timeout=timeout,
        share=1000,
        writable=True,
    )


# Where the key goes.


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_takes_the_key_along(
    serve: Serve, status: int, method: str
) -> None:
    """A redirect to another server ends the request; that server hears nothing."""
    elsewhere = serve(body(b"{}"))
    here = serve(redirect(status, elsewhere.url()))

    with client_of(here.url()) as client, pytest.raises(DailyError):
        client.get("/") if method == "GET" else client.send(method, "/rooms", {})

    assert len(here.seen) == 1
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    "url", ["http://api.daily.co/v1", "http://192.0.2.7/v1", "http://[2001:db8::1]/v1"]
)
@pytest.mark.parametrize("command", ["plan", "apply", "dialin", "import"])
def test_nothing_is_sent_without_encryption(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    url: str,
) -> None:
    """Every command refuses plain http before it opens a connection."""
    config = tmp_path / "config.yaml"
    config.write_text("version: 1\ndomain: acme\n")
    monkeypatch.setenv("DAILY_API_URL", url)
    monkeypatch.setenv("DAILY_API_KEY", KEY)
    monkeypatch.setattr(socket, "create_connection", _never)
    args = {"import": ["import"], "apply": ["apply", str(config), "--yes"]}

    code = run(args.get(command, [command, str(config)]))

    assert code == 1
    assert "without encryption" in capsys.readouterr().err


def _never(*_args: object, **_named: object) -> Any:
    raise AssertionError("a connection was opened")


# Who is at the other end.


@pytest.fixture
def tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Serve
) -> tuple[Path, Host]:
    """A server with a self-signed certificate, whose name leads to this machine."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed, and makes the certificate")
    pem, context = certificate(tmp_path, NAME)
    resolve = socket.getaddrinfo

    def to_here(host: str, *args: Any, **named: Any) -> Any:
        return resolve("127.0.0.1" if host == NAME else host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", to_here)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return pem, serve(body(b'{"fine": true}'), context)


# What other programs take as "do not look at certificates".
_TURNED_OFF = {
    "PYTHONHTTPSVERIFY": "0",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "GIT_SSL_NO_VERIFY": "1",
    "SSL_VERIFY": "false",
    "SSL_NO_VERIFY": "1",
    "HTTPX_VERIFY": "0",
    "DAILY_VERIFY": "0",
    "DAILY_INSECURE": "1",
    "CURL_CA_BUNDLE": "",
    "REQUESTS_CA_BUNDLE": "",
    "SSL_CERT_FILE": "",
}


@pytest.mark.parametrize("host", [NAME, "127.0.0.1"])
@pytest.mark.parametrize("name", [None, *_TURNED_OFF])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls: tuple[Path, Host],
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
    host: str,
) -> None:
    """Whatever the environment says, an unknown certificate never gets the key."""
    if name:
        monkeypatch.setenv(name, _TURNED_OFF[name])

    with (
        client_of(tls[1].url(host, "https")) as client,
        pytest.raises(DailyUnreachableError, match="was not accepted: self"),
    ):
        client.get("/")

    # It cannot heal, so it is not tried again.
    assert client.counters.requests == 1
    assert tls[1].seen == []


def test_an_authority_of_ones_own_can_be_trusted(
    tls: tuple[Path, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE names what is trusted, which is how a company's proxy works."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))

    with client_of(tls[1].url(NAME, "https")) as client:
        answer = client.get("/")

    assert answer == {"fine": True}


def test_a_certificate_of_another_host_is_refused_at_once(
    tls: tuple[Path, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trusted certificate counts for its own host; the message says what to do."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))

    with (
        client_of(tls[1].url("localhost", "https")) as client,
        pytest.raises(DailyUnreachableError, match="was not accepted") as caught,
    ):
        client.send("POST", "/rooms", {})

    assert client.counters.requests == 1
    assert "SSL_CERT_FILE" in caught.value.tip
    assert tls[1].seen == []


def test_a_write_that_a_proxy_refused_was_not_sent(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What never got past the proxy is tried again, and then never called lost."""
    proxy = serve(body(b"{}"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url().removesuffix("/v1"))

    with (
        client_of(f"https://{NAME}/v1") as client,
        pytest.raises(DailyUnreachableError, match="ProxyError"),
    ):
        client.send("POST", "/rooms", {})

    assert client.counters.requests == 6
    assert client.writes_here == 0


def test_no_option_turns_verification_off() -> None:
    """No command has an option, or a variable for one, that is about certificates."""
    found = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        for option in command.params:
            variables = option.envvar or ""
            words = [*option.opts, *option.secondary_opts, str(variables)]
            found += [w for w in words for bad in _ABOUT_TLS if bad in w.lower()]

    assert found == []


_ABOUT_TLS = ("insecure", "verify", "cert", "ssl", "tls", "trust")


# How much is read.


def test_an_answer_without_end_is_cut(serve: Serve) -> None:
    """After 16 MiB reading stops, and the run ends with an error that says so."""
    host = serve(endless(b" " * 65_536))

    with client_of(host.url()) as client:
        with pytest.raises(AnswerLostError, match="more than 16 MiB"):
            client.send("POST", "/rooms", {})
        with pytest.raises(DailyUnreachableError, match="more than 16 MiB"):
            client.get("/rooms")


def test_a_compressed_bomb_is_cut(serve: Serve) -> None:
    """What counts is the size after unpacking."""
    bomb = gzip.compress(b" " * (4 * MAX_ANSWER), 9)
    host = serve(body(bomb, Content_Encoding="gzip"))

    with (
        client_of(host.url()) as client,
        pytest.raises(AnswerLostError, match="more than 16 MiB"),
    ):
        client.send("POST", "/rooms", {})


def test_a_compressed_answer_is_read(serve: Serve) -> None:
    """An honest compressed answer is what it was before."""
    host = serve(body(gzip.compress(b'{"fine": true}'), Content_Encoding="gzip"))

    with client_of(host.url()) as client:
        answer = client.get("/")

    assert answer == {"fine": True}


def _drip(*pieces: bytes) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    """Send the first piece, then the second for ever, with 20 ms between them."""
    stop = threading.Event()

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(pieces[0])
        while not stop.wait(0.02):
            handler.wfile.write(pieces[-1])
            handler.wfile.flush()

    return answer


_HEAD = b"HTTP/1.1 200 OK\r\n"
_DRIPS = {
    "status": _drip(b"HTTP/1.1 2", b"0"),
    "header": _drip(_HEAD + b"X-A: ", b"a"),
    "headers": _drip(_HEAD, b"X-A: a\r\n"),
    "interim": _drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": _drip(_HEAD + b"Content-Length: 99999\r\n\r\n", b" "),
    "chunks": _drip(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "chunk-size": _drip(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "until-closed": _drip(_HEAD + b"Connection: close\r\n\r\n", b" "),
    "silence": _drip(b"", b""),
}


@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("name", _DRIPS)
def test_an_answer_is_whole_within_the_timeout(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Serve,
    name: str,
    encrypted: bool,
) -> None:
    """However an answer is spread over time, --timeout bounds all of it."""
    context = None
    if encrypted:
        if not shutil.which("openssl"):
            pytest.skip("openssl is not installed, and makes the certificate")
        pem, context = certificate(tmp_path, "localhost")
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    host = serve(_DRIPS[name], context)
    url = host.url("localhost", "https" if encrypted else "http")
    started = time.monotonic()

    with (
        client_of(url, timeout=0.3, real=True) as client,
        pytest.raises(AnswerLostError, match=r"ReadTimeout|RemoteProtocolError"),
    ):
        client.send("POST", "/rooms", {})

    assert len(host.seen) == 1
    assert time.monotonic() - started < 2


def test_a_second_request_on_a_connection_has_its_own_deadline(serve: Serve) -> None:
    """What counts is each request's time, not how long a connection is open."""
    host = serve(_slowly)

    with client_of(host.url(), timeout=0.5, real=True) as client:
        answers = [client.get("/") for _ in range(4)]

    assert answers == [{}] * 4


def _slowly(handler: http.server.BaseHTTPRequestHandler) -> None:
    time.sleep(0.2)
    handler.wfile.write(_HEAD + b"Content-Length: 2\r\n\r\n{}")


def test_an_error_in_one_thread_ends_the_waits_of_the_others(serve: Serve) -> None:
    """Leaving the client by an exception does not wait for answers that drip."""
    host = serve(_DRIPS["silence"])
    started = time.monotonic()

    def interrupted() -> None:
        with client_of(host.url(), timeout=30, real=True) as client:
            client.start(lambda: client.get("/"))
            while not host.seen:
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert time.monotonic() - started < 5
    assert len(host.seen) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"[" * 1_000_000, id="deep-list"),
        pytest.param(b'{"a":' * 500_000, id="deep-object"),
        pytest.param(b'{"n": ' + b"9" * 1_000_000 + b"}", id="endless-number"),
        pytest.param(b'{"n": 1e999}', id="infinite-number"),
        pytest.param(b'{"s": "\\ud800"', id="cut-surrogate"),
        pytest.param(b"\xff\xfe\x00", id="not-utf-8"),
    ],
)
def test_hostile_json_is_an_unreadable_answer(serve: Serve, text: bytes) -> None:
    """JSON that would exhaust a parser ends like any other answer that is damaged."""
    host = serve(body(text, Content_Type="application/json"))

    with client_of(host.url()) as client:
        with pytest.raises(DailyError):
            client.get("/")
        with pytest.raises(AnswerLostError):
            client.send("POST", "/rooms", {})
