"""The client: what is retried, what is not, and what its errors may say."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from answers import KEY, URL, Clock, Script, client_on, json_text, refusal

from reconciler.core.secrecy import Secret
from reconciler.daily.http.address import check_url, is_loopback
from reconciler.daily.http.client import WORKERS, DailyClient, ReadOnlyError
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyError,
    DailyFailingError,
    DailyRejectedError,
    DailyUnreachableError,
    NotSentError,
    ReconcilerError,
)

OK = {"ok": True}
THROTTLED = refusal(429, "rate-limit-error")
LONG = httpx.Response(429, headers={"Retry-After": "60"})
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


NOON = "Wed, 25 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "date", "pause"),
    [
        pytest.param("7", "", 7, id="seconds"),
        pytest.param(" 7.5 ", "", 7.5, id="fraction"),
        pytest.param("Wed, 25 Nov 2026 12:00:07 GMT", NOON, 7, id="date"),
        pytest.param("Wed, 25 Nov 2026 07:00:07 -0500", NOON, 7, id="offset"),
        pytest.param("Wednesday, 25-Nov-26 12:00:07 GMT", NOON, 7, id="old-date"),
        pytest.param("Wed Nov 25 12:00:07 2026", NOON, 7, id="asctime"),
        # The clock of these tests begins at 1,000 seconds after 1970.
        pytest.param("Thu, 01 Jan 1970 00:16:47 GMT", "", 7, id="our-clock"),
        pytest.param("Thu, 01 Jan 1970 00:16:47 GMT", "soon", 7, id="bad-date"),
    ],
)
def test_retry_after_is_obeyed_in_both_forms(
    status: int, header: str, date: str, pause: float
) -> None:
    """Seconds, or a date against the answer's own Date: kept after a 429 and a 503."""
    clock = Clock()
    asked = httpx.Response(status, headers={"Retry-After": header, "Date": date})

    with client_on(Script([asked, OK]), clock) as client:
        client.get("/")

    assert clock.waited == pytest.approx(pause, abs=0.1)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "header",
    [
        *(
            "0",
            "-5",
            "nan",
            "inf",
            "-inf",
            "1e5",
            "1_000",
            "0x10",
            "soon",
            "",
            "9" * 400,
        ),
        *(
            "١٢",
            "7, 8",
            "Wed, 99 Nov 2026 12:00:00 GMT",
            "Wed, 21 Oct 2015 07:28:00 GMT",
        ),
        *("Wed, 25 Nov 99999 12:00:00 GMT", "Wed, 25 Nov 9999 12:00:00 GMT", "100000"),
    ],
)
def test_an_odd_retry_after_does_no_harm(header: str, status: int) -> None:
    """Six attempts are never made at once, and no pause is longer than a minute."""
    clock = Clock()
    left = httpx.Headers([(b"Retry-After", header.encode())])

    with (
        client_on(Script([httpx.Response(status, headers=left)]), clock) as client,
        pytest.raises(DailyAnswerError),
    ):
        client.get("/")

    assert 15 <= clock.waited <= 6 * 60


def test_a_write_answered_503_holds_the_reading_back() -> None:
    """The look at what became of a write comes after the pause that Daily asked for."""
    clock = Clock()
    asked = httpx.Response(503, headers={"Retry-After": "20"})

    with client_on(Script([asked, OK]), clock, writable=True) as client:
        with pytest.raises(AnswerLostError):
            client.send("POST", "/rooms", {})
        client.get("/rooms/x")

    assert clock.waited == pytest.approx(20, abs=0.1)


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


# An error inside a 200.

WORDS = {"error": "server-error", "info": "the room is being moved"}


def test_an_error_inside_a_200_is_an_error_with_daily_s_words() -> None:
    """A read that is answered 200 with an error in it is refused, in its words."""
    script = Script([WORDS])

    with client_on(script) as client, pytest.raises(DailyRejectedError) as caught:
        client.get("/rooms/x")

    assert caught.value.message == "Daily refused: the room is being moved"
    assert caught.value.request == "GET /rooms/x -> 200 server-error"
    assert len(script.asked) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_an_error_inside_a_200_to_a_write_tells_nothing_about_it(method: str) -> None:
    """Such a write may have been done: it is looked at, not repeated."""
    script = Script([WORDS])

    with (
        client_on(script, writable=True) as client,
        pytest.raises(AnswerLostError, match="the room is being moved"),
    ):
        client.send(method, "/rooms/x", {})

    assert len(script.asked) == 1


@pytest.mark.parametrize("error", [None, "", False, [], {}])
def test_no_error_is_no_error(error: object) -> None:
    """An empty `error` beside what was asked for is no error."""
    with client_on(Script([{"name": "x", "error": error}])) as client:
        assert client.get("/rooms/x") == {"name": "x", "error": error}


# What time it is.


@pytest.mark.parametrize(
    ("dates", "skew"),
    [
        pytest.param(["Thu, 01 Jan 1970 00:16:40 GMT"], 0, id="equal"),
        pytest.param(["Thu, 01 Jan 1970 01:16:40 GMT"], 3_600, id="we-are-late"),
        pytest.param(["Thu, 01 Jan 1970 00:00:00 GMT"], -1_000, id="we-are-early"),
        pytest.param(["", "Thu, 01 Jan 1970 00:16:50 GMT"], 10, id="first-that-has-it"),
        pytest.param(
            ["Thu, 01 Jan 1970 00:16:50 GMT", "Thu, 01 Jan 1970 00:20:00 GMT"],
            10,
            id="the-first-counts",
        ),
        pytest.param(["yesterday"], None, id="unreadable"),
        pytest.param([""], None, id="none"),
    ],
)
def test_the_first_date_tells_how_far_the_clocks_are_apart(
    dates: list[str], skew: float | None
) -> None:
    """`skew` is Daily's clock minus ours, by the first answer with a Date."""
    answers = [httpx.Response(200, json=OK, headers={"Date": d}) for d in dates]

    with client_on(Script(answers)) as client:
        for _ in dates:
            client.get("/")

    assert client.skew == (None if skew is None else pytest.approx(skew, abs=0.1))


def test_the_date_of_a_broken_gateway_does_not_count() -> None:
    """A 5xx may come from something in front of Daily."""
    date = {"Date": "Thu, 01 Jan 2015 00:00:00 GMT"}

    with client_on(Script([httpx.Response(502, headers=date), OK])) as client:
        client.get("/")

    assert client.skew is None


# Stopping.


@dataclass
class Stop:
    """Becomes true when the clock has slept so often; such a sleep ends early."""

    clock: Clock
    after: int = 0

    def __call__(self) -> bool:
        return len(self.clock.slept) >= self.after


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(httpx.Response(429, headers={"Retry-After": "60"}), id="429"),
        pytest.param(httpx.Response(503, headers={"Retry-After": "60"}), id="503"),
        pytest.param(HTML, id="html"),
        pytest.param(REFUSED, id="refused"),
    ],
)
def test_a_stopped_run_repeats_nothing(bad: Any) -> None:
    """Once the run was told to stop, a read that fails is not tried again."""
    clock = Clock()
    script = Script([bad])

    with (
        client_on(script, clock, stopped=lambda: True) as client,
        pytest.raises(NotSentError, match="interrupted"),
    ):
        client.get("/")

    assert len(script.asked) == 1
    assert clock.waited < 0.1


def test_a_stopped_run_keeps_the_pace() -> None:
    """What is under way still gets its turn: stopping is no reason to be too fast."""
    clock = Clock()
    script = Script([OK])

    with client_on(script, clock, share=1, stopped=lambda: True) as client:
        for _ in range(5):
            client.get("/")

    assert len(script.asked) == 5
    assert clock.waited == pytest.approx(4 * 0.05 * 1.035, abs=0.01)


def test_a_long_wait_ends_when_the_run_is_stopped() -> None:
    """A sleep that a signal cut short is not followed by the request."""
    clock = Clock()
    asked = httpx.Response(429, headers={"Retry-After": "60"})
    script = Script([asked, OK])

    def cut_short(seconds: float) -> None:
        clock.slept.append(seconds)

    clock.sleep = cut_short  # type: ignore[method-assign]
    stop = Stop(clock, after=1)
    with (
        client_on(script, clock, stopped=stop) as client,
        pytest.raises(NotSentError, match="interrupted"),
    ):
        client.get("/")

    assert len(script.asked) == 1


@pytest.mark.parametrize("bad", [LONG, REFUSED])
@pytest.mark.parametrize("first", [OK, RESET])
def test_writes_that_belong_together_are_all_sent(first: Any, bad: Any) -> None:
    """Once one was sent, or may have been, a stopped run waits for the others."""
    clock = Clock()
    script = Script([first, bad, OK])

    with (
        client_on(script, clock, writable=True, stopped=lambda: True) as client,
        client.together(),
    ):
        with contextlib.suppress(AnswerLostError):
            client.send("DELETE", "/domain-dialin-config/a")
        client.send("POST", "/domain-dialin-config", {})

    assert len(script.asked) == 3


@pytest.mark.parametrize("bad", [LONG, REFUSED])
@pytest.mark.parametrize("refused", [True, False])
def test_writes_that_belong_together_are_not_begun_in_a_stopped_run(
    bad: Any, refused: bool
) -> None:
    """What was refused is no beginning, and what comes afterwards is no part of it."""
    clock = Clock()
    script = Script([refusal(400), bad] if refused else [OK, bad])

    with (
        client_on(script, clock, writable=True, stopped=lambda: True) as client,
        contextlib.ExitStack() as stack,
    ):
        stack.enter_context(client.together())
        with contextlib.suppress(DailyRejectedError):
            client.send("DELETE", "/domain-dialin-config/a")
        if not refused:
            stack.close()
        with pytest.raises(NotSentError, match="interrupted"):
            client.send("POST", "/domain-dialin-config", {})

    assert len(script.asked) == 2


def test_a_stopped_run_does_not_sleep_for_long() -> None:
    """What waits for a list to catch up does not keep a stopped run."""
    clock = Clock()

    with client_on(Script([OK]), clock, stopped=lambda: True) as client:
        client.sleep(30)

    assert clock.waited == 2


@pytest.mark.parametrize(
    ("answer", "counted"),
    [
        pytest.param(OK, 1, id="done"),
        pytest.param(RESET, 1, id="lost"),
        pytest.param(refusal(500), 1, id="500"),
        pytest.param(refusal(400), 0, id="refused"),
        pytest.param(THROTTLED, 0, id="429"),
        pytest.param(REFUSED, 0, id="never-sent"),
    ],
)
def test_what_a_thread_may_have_written_is_counted(answer: Any, counted: int) -> None:
    """So that "not tried" is never said of a change that was begun."""
    with client_on(Script([answer]), writable=True) as client:
        with contextlib.suppress(DailyError):
            client.send("POST", "/rooms", {})
        with contextlib.suppress(DailyError):
            client.get("/rooms")

        assert client.writes_here == counted
        assert client.start(lambda: client.writes_here).result() == 0


# When Daily keeps failing.


@pytest.mark.parametrize("bad", [HTML, REFUSED, RESET, json_text("{")])
def test_a_daily_that_keeps_failing_is_left_alone(bad: Any) -> None:
    """200 reads at once against an outage are given up after a few dozen requests."""
    script = Script([bad])
    clock = Clock()

    with client_on(script, clock) as client:
        futures = [client.start(lambda: client.get("/rooms/x")) for _ in range(200)]
        ends = {type(future.exception()) for future in futures}

    assert ends <= {NotSentError, DailyFailingError, DailyUnreachableError}
    assert NotSentError in ends
    assert len(script.asked) < 60


def test_a_short_outage_is_survived_by_all() -> None:
    """When Daily comes back while requests are held back, every one is answered."""
    clock = Clock()

    def handler(_request: httpx.Request) -> httpx.Response:
        works = clock.now > 1_005
        return httpx.Response(200, json=OK) if works else refusal(503)

    with client_on(handler, clock) as client:
        answers = client.parallel(lambda _n: client.get("/rooms/x"), range(200))

    assert answers == [OK] * 200
    assert not client.failing


@pytest.mark.parametrize("usual", [THROTTLED, refusal(404, "not-found")])
def test_refusals_and_429_are_no_failures(usual: Any) -> None:
    """However many there are, Daily is there."""
    script = Script([usual])

    with client_on(script) as client:
        for _ in range(30):
            with pytest.raises(DailyError):
                client.get("/rooms/x")

    assert not client.failing


def test_failing_writes_are_stopped_although_reads_work() -> None:
    """An outage of writes ends the writes; what became of them can still be read."""

    def handler(request: httpx.Request) -> httpx.Response:
        return (
            refusal(503) if request.method == "POST" else httpx.Response(200, json=OK)
        )

    sent = 0
    with client_on(handler, writable=True) as client:
        for _ in range(50):
            try:
                client.send("POST", "/rooms/x", {})
            except NotSentError:
                continue
            except AnswerLostError:
                sent += 1
            assert client.get("/rooms/x") == OK

    assert client.failing
    assert sent < 20


def test_after_a_rest_one_request_asks_again() -> None:
    """So a run can look what became of its writes: one request, and all after it."""
    script = Script([HTML])
    clock = Clock()
    with client_on(script, clock) as client:
        while not client.failing:
            with pytest.raises(DailyError):
                client.get("/")
        before = len(script.asked)

        client.rest()
        with pytest.raises(NotSentError):
            client.get("/")
        during = len(script.asked)
        script.answers = [OK]
        client.rest()
        answers = [client.get("/"), client.get("/")]

    assert during == before + 1
    assert answers == [OK, OK]


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


def test_other_spellings_of_what_was_sent_are_masked_too() -> None:
    """Lower case, escaped, percent-encoded, cut short; of bystanders, of addresses."""
    hmac, other = "VE9QU0VDUkVUVE9QU0VDUkVUWFg=", "Qnlz/GFuZGVycyBzZWNyZXQ="
    hook = "https://user:Passw0rd@Example.com/h?token=Only-The-Query"
    body = {"list": [{"hmac": Secret(hmac), "hook": hook}, {"hmac": Secret(other)}]}
    words = f"{hmac[:-3]} {other[:-3]} {other.lower()} {quote(other, safe='')} "
    words += other.replace("/", "\\/") + f" {hook.lower()} {quote(hook, safe='')}"

    with (
        client_on(Script([refusal(400, words, words)]), writable=True) as client,
        pytest.raises(DailyRejectedError) as caught,
    ):
        client.send("POST", "/", body)

    shown = f"{caught.value.message} {caught.value.info} {caught.value.code}".lower()
    for part in (
        hmac[:12],
        hmac[12:24],
        other[:8],
        other[8:20],
        "passw0rd",
        "the-query",
    ):
        assert part.lower() not in shown
    assert "example.com/h" in shown
