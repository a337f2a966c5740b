"""The client: what is retried, what is not, and what its errors may say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest
from answers import KEY, URL, Clock, Script, client_on, json_text, refusal

from reconciler.core.secrecy import Secret
from reconciler.daily.http.address import check_url, is_loopback
from reconciler.daily.http.client import WORKERS, DailyClient, ReadOnlyError
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyRejectedError,
    DailyUnreachableError,
    ReconcilerError,
)

OK = {"ok": True}
THROTTLED = refusal(429, "rate-limit-error")
HTML = httpx.Response(502, html="<h1>Bad gateway</h1>")
REFUSED = httpx.ConnectError("refused")
RESET = httpx.ReadError("reset")
SLOW = httpx.ReadTimeout("slow")


def damaged_zip(_request: httpx.Request) -> httpx.Response:
    """A body that says gzip and is not."""
    return httpx.Response(
        200,
        headers={"content-encoding": "gzip", "content-type": "application/json"},
        stream=httpx.ByteStream(b"not gzip"),
    )


def bare_client(url: str, key: str = KEY) -> DailyClient:
    """A client on the real network code, which nobody asks anything."""
    environment = Clock().environment()
    return DailyClient(url, Secret(key), environment=environment, user_agent="test")


# GET.


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(THROTTLED, id="429"),
        pytest.param(refusal(500, "server-error"), id="500"),
        pytest.param(HTML, id="html-502"),
        pytest.param(refusal(503), id="503"),
        pytest.param(json_text('{"data": [1, '), id="truncated-json"),
        pytest.param(json_text("[" * 100_000), id="endless-nesting"),
        pytest.param(json_text('{"exp": NaN}'), id="not-a-number"),
        pytest.param(json_text('{"exp": 1e999}'), id="infinite"),
        pytest.param(httpx.Response(200), id="empty-answer"),
        pytest.param(httpx.Response(204), id="no-content"),
        pytest.param(REFUSED, id="refused"),
        pytest.param(httpx.ConnectTimeout("x"), id="connect-timeout"),
        pytest.param(RESET, id="reset"),
        pytest.param(SLOW, id="timeout"),
        pytest.param(httpx.RemoteProtocolError("x"), id="protocol"),
        pytest.param(httpx.DecodingError("x"), id="undecodable"),
    ],
)
def test_reading_is_repeated_until_it_works(bad: Any) -> None:
    """A read that met trouble is repeated, and its answer is what counts."""
    script = Script([bad, bad, OK])

    with client_on(script) as client:
        answer = client.get("/")

    assert answer == OK
    assert len(script.asked) == 3


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        pytest.param(THROTTLED, DailyAnswerError, id="429"),
        pytest.param(HTML, DailyAnswerError, id="html"),
        pytest.param(json_text("{"), DailyAnswerError, id="truncated-json"),
        pytest.param(REFUSED, DailyUnreachableError, id="refused"),
        pytest.param(SLOW, DailyUnreachableError, id="timeout"),
    ],
)
def test_reading_gives_up_in_the_end(bad: Any, error: type[Exception]) -> None:
    """After six attempts a read ends with what it met last, and where."""
    script = Script([bad])

    with client_on(script) as client, pytest.raises(error) as caught:
        client.get("/rooms")

    assert len(script.asked) == 6
    assert "GET /rooms" in str(caught.value)
    assert "127.0.0.1:9" in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_refusal_is_final(method: str, status: int) -> None:
    """A 4xx answer other than 429 is never repeated, whatever the method."""
    script = Script([refusal(status, "some-code", "some words")])

    with (
        client_on(script, writable=True) as client,
        pytest.raises(DailyRejectedError) as caught,
    ):
        client.get("/x") if method == "GET" else client.send(method, "/x", {})

    assert len(script.asked) == 1
    assert (caught.value.status, caught.value.code) == (status, "some-code")
    assert caught.value.message == "Daily refused: some words"
    assert caught.value.request == f"{method} /x -> {status} some-code"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("body", [b"", b'{"total_count": 0, "data": []}'])
def test_a_redirect_is_never_followed(method: str, status: int, body: bytes) -> None:
    """A redirect is an error, even with a body that could be read: the key stays."""
    away = {"location": "http://127.0.0.1:8/v1/x"}
    script = Script([httpx.Response(status, headers=away, content=body)])

    with (
        client_on(script, writable=True) as client,
        pytest.raises(DailyRejectedError) as caught,
    ):
        client.get("/x") if method == "GET" else client.send(method, "/x", {})

    assert len(script.asked) == 1
    assert "redirects are never followed" in caught.value.tip


# Writes.


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(THROTTLED, id="429"),
        pytest.param(REFUSED, id="refused"),
        pytest.param(httpx.ConnectTimeout("x"), id="connect-timeout"),
        pytest.param(httpx.PoolTimeout("x"), id="no-free-connection"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_that_was_not_done_is_repeated(method: str, bad: Any) -> None:
    """A write that Daily never took is sent again."""
    script = Script([bad, bad, OK])

    with client_on(script, writable=True) as client:
        answer = client.send(method, "/rooms/x", {"privacy": "private"})

    assert answer == OK
    assert len(script.asked) == 3


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(RESET, id="reset"),
        pytest.param(SLOW, id="timeout"),
        pytest.param(httpx.WriteError("x"), id="cut-while-sending"),
        pytest.param(httpx.RemoteProtocolError("x"), id="protocol"),
        pytest.param(httpx.DecodingError("x"), id="undecodable"),
        pytest.param(refusal(500, "server-error"), id="500"),
        pytest.param(HTML, id="html-502"),
        pytest.param(json_text('{"id": "r1", "na'), id="truncated-json"),
        pytest.param(json_text("[" * 100_000), id="endless-nesting"),
        pytest.param(httpx.Response(200), id="empty-answer"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_that_may_have_happened_is_never_repeated(
    method: str, bad: Any
) -> None:
    """A lost or unreadable answer to a write is told, not tried again."""
    script = Script([bad, OK])

    with client_on(script, writable=True) as client, pytest.raises(AnswerLostError):
        client.send(method, "/rooms/x", {})

    assert len(script.asked) == 1


def test_a_write_gives_up_when_it_is_throttled_for_ever() -> None:
    """A write that only met 429s was not done, and says so."""
    script = Script([THROTTLED])

    with (
        client_on(script, writable=True) as client,
        pytest.raises(DailyAnswerError) as caught,
    ):
        client.send("POST", "/rooms", {})

    assert len(script.asked) == 6
    assert client.counters.throttled == 6
    assert "429" in str(caught.value)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_reading_client_cannot_write(method: str) -> None:
    """A client that was not asked to write raises before anything is sent."""
    script = Script([OK])

    with client_on(script) as client, pytest.raises(ReadOnlyError):
        client.send(method, "/rooms", {})

    assert script.asked == []


def test_a_damaged_compression_is_an_unreadable_answer() -> None:
    """A body that cannot be unpacked ends like any other unreadable answer."""
    with client_on(damaged_zip, writable=True) as client:
        with pytest.raises(ReconcilerError):
            client.get("/")
        with pytest.raises(AnswerLostError):
            client.send("POST", "/rooms", {})


# Waiting.


def test_retry_after_pauses_the_class() -> None:
    """The pause that Daily asks for is kept to the second, for every request."""
    clock = Clock()
    asked = httpx.Response(429, headers={"Retry-After": "7"})
    script = Script([asked, OK])

    with client_on(script, clock) as client:
        client.get("/")

    assert clock.waited == pytest.approx(7, abs=0.1)


def test_throttling_holds_back_its_own_class_only() -> None:
    """A pause after a 429 concerns one rate class; the other goes on."""
    clock = Clock()
    asked = httpx.Response(429, headers={"Retry-After": "7"})

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE" and clock.now < 1_001:
            return asked
        return httpx.Response(200, json=OK)

    with client_on(handler, clock, writable=True) as client:
        client._paces["deletion"].pause(7)
        client.get("/")
        general = clock.waited
        client.send("DELETE", "/rooms/x")

    assert general < 0.1
    assert clock.waited == pytest.approx(7, abs=0.1)


@pytest.mark.parametrize(
    ("header", "longest"),
    [
        pytest.param("100000", 60, id="a-day"),
        pytest.param("inf", 60, id="for-ever"),
        pytest.param("-5", 0.1, id="negative"),
        pytest.param("nan", 0.1, id="not-a-number"),
        pytest.param("Wed, 21 Oct 2026 07:28:00 GMT", 1, id="a-date"),
        pytest.param("soon", 1, id="words"),
    ],
)
def test_an_odd_retry_after_does_no_harm(header: str, longest: float) -> None:
    """An unreadable or absurd Retry-After never stops a run for long."""
    clock = Clock()
    script = Script([httpx.Response(429, headers={"Retry-After": header}), OK])

    with client_on(script, clock) as client:
        answer = client.get("/")

    assert answer == OK
    assert clock.waited <= longest + 0.1


@pytest.mark.parametrize("jitter", [0.0, 0.999])
def test_waits_grow_and_are_bounded(jitter: float) -> None:
    """Each wait is half to all of 1, 2, 4, 8 and 16 seconds; none after the last."""
    clock = Clock()

    with (
        client_on(Script([REFUSED]), clock, jitter=jitter) as client,
        pytest.raises(DailyUnreachableError),
    ):
        client.get("/")

    waits = [s for s in clock.slept if s > 0.1]
    part = 0.5 + jitter / 2
    assert waits == pytest.approx([part * n for n in (1, 2, 4, 8, 16)], rel=0.01)


# Secrets.


def test_the_key_is_in_no_error_and_no_log() -> None:
    """Whatever Daily answers, the key appears neither in the error nor in the log."""
    lines: list[str] = []
    echo = refusal(401, f"no-such-key {KEY}", f"{KEY} is not a key")

    with client_on(Script([echo]), log=lines.append, writable=True) as client:
        for call in (client.get, lambda path: client.send("POST", path, {})):
            with pytest.raises(DailyRejectedError) as caught:
                call("/")
            error = caught.value
            said = [error.message, error.tip, error.info, error.code, error.request]
            assert not [text for text in said if KEY in text]

    assert lines
    assert not [line for line in lines if KEY in line]


def test_a_refused_body_shows_no_secret() -> None:
    """Daily's words are shown without the secrets of the body that it quotes."""
    secret = "b3Vycy1vdXJzLW91cnM="
    words = "x" * 480 + f" {secret} is not a proper hmac"

    with (
        client_on(Script([refusal(400, "bad", words)]), writable=True) as client,
        pytest.raises(DailyRejectedError) as caught,
    ):
        client.send("POST", "/", {"properties": {"list": [{"hmac": Secret(secret)}]}})

    assert secret[:8] not in caught.value.message
    assert "(secret)" in caught.value.message


def test_a_part_of_a_secret_address_is_masked_too() -> None:
    """Daily quoting only the query of a hook address does not show its token."""
    hook = Secret("https://caller:s3cret@example.com/h?token=only-the-query")
    words = "no such query: token=only-the-query, for caller:s3cret"

    with (
        client_on(Script([refusal(400, "bad", words)]), writable=True) as client,
        pytest.raises(DailyRejectedError) as caught,
    ):
        client.send("POST", "/rooms/x", {"properties": {"meeting_join_hook": hook}})

    assert "only-the-query" not in caught.value.message
    assert "s3cret" not in caught.value.message


def test_secrets_are_opened_on_the_wire_only() -> None:
    """What is sent holds the secret's value, at any depth."""
    script = Script([OK])

    with client_on(script, writable=True) as client:
        client.send("POST", "/", {"a": [{"hmac": Secret("abc")}]})

    assert script.asked[0].content == b'{"a":[{"hmac":"abc"}]}'
    assert script.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("key", ["", "with space", "schlüssel", "two\nlines", "\x00"])
def test_a_key_that_cannot_be_one_is_refused_unseen(key: str) -> None:
    """An empty or malformed key ends with a message that does not repeat it."""
    with pytest.raises(ReconcilerError) as caught:
        bare_client(URL, key)

    assert not key or key not in caught.value.message
    assert "DAILY_API_KEY" in caught.value.tip


# Where to.


@pytest.mark.parametrize(
    "url",
    [
        "http://api.daily.co/v1",
        "http://192.0.2.1/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost.example.com/v1",
        "http://127.0.0.1@example.com/v1",
        "https://user:pass@example.com/v1",
        "https://example.com/v1?key=x",
        "ftp://example.com/v1",
        "file:///etc/passwd",
        "example.com/v1",
        "https://",
        "http://[::1/v1",
        "http://127.0.0.1:99999/v1",
        "http://127.0.0.1:port/v1",
        "https://exa mple.com/v1",
        "https://example.com/v1\n",
        "",
    ],
)
def test_an_unsafe_or_broken_address_is_refused(url: str) -> None:
    """Anything but https, or http on this machine, is refused with a message."""
    with pytest.raises(ReconcilerError) as caught:
        client_on(Script([OK]), url=url)

    assert "pass" not in caught.value.message.replace("passwd", "")


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:1/v1", True),
        ("http://127.8.8.8/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://localhost:9/v1", True),
        ("https://api.daily.co/v1", False),
        ("https://10.0.0.1/v1", False),
    ],
)
def test_knows_this_machine(url: str, loopback: bool) -> None:
    """Loopback is told from every other address."""
    assert check_url(url) == url
    assert is_loopback(url) is loopback


def test_proxies_are_bypassed_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """On this machine no proxy variable is obeyed; elsewhere they are."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:8")
    monkeypatch.delenv("NO_PROXY", raising=False)

    here, away = bare_client(URL), bare_client("https://api.daily.co/v1")

    with here, away:
        assert not here._http._mounts
        assert away._http._mounts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("HTTPS_PROXY", "nonsense://[", id="proxy"),
        pytest.param("ALL_PROXY", "socks9://127.0.0.1:1", id="proxy-scheme"),
        pytest.param("SSL_CERT_FILE", "/nowhere/at/all.pem", id="ca-file"),
    ],
)
def test_a_broken_surrounding_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A proxy or CA variable that cannot be used ends with a message."""
    monkeypatch.setenv(name, value)

    with pytest.raises(ReconcilerError, match="proxy or certificate"):
        bare_client("https://api.daily.co/v1")


def test_parallel_keeps_the_order_and_raises_the_first_error() -> None:
    """Many at once give their results in order; an error is raised as it is."""

    def work(number: int) -> int:
        if number == 7:
            raise DailyAnswerError("seven")
        return number * 2

    with client_on(Script([OK])) as client:
        assert client.parallel(work, range(7)) == [0, 2, 4, 6, 8, 10, 12]
        with pytest.raises(DailyAnswerError, match="seven"):
            client.parallel(work, range(20))


def test_parallel_work_runs_where_the_caller_says() -> None:
    """The executor is handed in: one thread keeps the order, and is enough."""
    made: list[int] = []

    def executor(workers: int) -> ThreadPoolExecutor:
        made.append(workers)
        return ThreadPoolExecutor(1)

    environment = replace(Clock().environment(), executor=executor)
    order: list[int] = []
    with DailyClient(
        URL, Secret(KEY), environment=environment, user_agent="test"
    ) as client:
        client.parallel(order.append, range(50))
        client.parallel(order.append, range(50, 60))

    assert order == list(range(60))
    assert made == [WORKERS]
