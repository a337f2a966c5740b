"""Faults: the grammar, and what each kind does to a request and its answer."""

import contextlib

import httpx
import pytest
from sandbox.world import AUTH

from reconciler.sandbox.api.routes import Request
from reconciler.sandbox.faults import KINDS, Fault, Faults, parse_fault
from reconciler.sandbox.settings import Settings

DONE = {"lost-answer", "truncated", "html-502-after", "empty", "wrong-json", "slow"}


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("reset", Fault("reset")),
        ("500:POST", Fault("500", method="POST")),
        ("500:*", Fault("500")),
        ("503:GET:/rooms/*", Fault("503", method="GET", glob="/rooms/*")),
        ("429@3", Fault("429", nth=3)),
        ("429*2", Fault("429", times=2)),
        ("slow=2.5:GET@3*2", Fault("slow", 2.5, "GET", nth=3, times=2)),
        (
            "empty:GET:/rooms*all",
            Fault("empty", method="GET", glob="/rooms", times=None),
        ),
        ("empty:*:/rooms/**4", Fault("empty", glob="/rooms/*", times=4)),
        ("429-retry-after=3", Fault("429-retry-after", 3.0)),
    ],
)
def test_specs(spec, fault):
    """A spec is a kind, then what it applies to, then when and how often."""
    assert parse_fault(spec) == fault


@pytest.mark.parametrize(
    "spec",
    ["", "explode", "500=1", "500:post", "500:GET:rooms", "500@0", "500*0", "500@x"],
)
def test_bad_specs(spec):
    """A spec that makes no sense is an error that quotes it."""
    with pytest.raises(ValueError, match=f"'{spec.split('=')[0]}"):
        parse_fault(spec)


def _hits(spec, *requests):
    faults = Faults([spec])
    hit = []
    for request in requests:
        method, path = request.split()
        hit.append(faults.take(Request(method, f"/v1{path}")) is not None)
    return hit


def test_which_request_is_hit():
    """Only matching requests are counted, from NTH on, TIMES times."""
    assert _hits("500", "GET /", "GET /") == [True, False]
    assert _hits("500@2*2", *["GET /"] * 4) == [False, True, True, False]
    assert _hits("500:POST:/rooms", "GET /rooms", "POST /rooms/r", "POST /rooms") == [
        False,
        False,
        True,
    ]
    assert _hits("500@2*all", *["GET /"] * 4) == [False, True, True, True]


def _fault(start, kind, **options):
    sandbox, client = start(
        Settings(rate_limit_scale=0, faults=(f"{kind}:POST:/rooms",)), **options
    )
    return sandbox, client


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_whether_the_write_is_done(start, kind):
    """Each kind either does the write or leaves it, and the next one is served."""
    spec = "slow=0" if kind == "slow" else kind
    sandbox, client = _fault(start, spec)
    with contextlib.suppress(httpx.TransportError):
        client.post("/rooms", json={"name": "r"})

    done = kind in DONE or kind == "duplicate-page"
    assert ("r" in sandbox.store.rooms) is done
    assert client.post("/rooms", json={"name": "s"}).status_code == 200


@pytest.mark.parametrize("kind", ["429", "429-retry-after", "500", "503"])
def test_refusals(start, kind):
    """A refusal carries Daily's error body, and Retry-After only in its own kind."""
    _, client = _fault(start, kind)

    answer = client.post("/rooms", json={})

    code = "rate-limit-error" if kind.startswith("429") else "server-error"
    assert answer.status_code == int(kind[:3])
    assert answer.json()["error"] == code
    assert answer.headers.get("Retry-After") == ("1" if "retry" in kind else None)


@pytest.mark.parametrize("kind", ["lost-answer", "reset"])
def test_connections_that_end(start, kind):
    """A lost answer and a reset end the connection, and are recorded without status."""
    sandbox, client = _fault(start, kind)

    error = httpx.RemoteProtocolError if kind == "lost-answer" else httpx.ReadError
    with pytest.raises(error):
        client.post("/rooms", json={"name": "r"})

    assert [one.status for one in sandbox.requests] == [None]


def test_truncated(start):
    """A truncated answer is a 200 whose JSON ends half-way."""
    _, client = _fault(start, "truncated")

    answer = client.post("/rooms", json={"name": "r"})

    assert answer.status_code == 200
    assert answer.text.startswith('{"id":')
    with pytest.raises(ValueError):
        answer.json()


@pytest.mark.parametrize("kind", ["html-502", "html-502-after"])
def test_html(start, kind):
    """A proxy's error is HTML."""
    _, client = _fault(start, kind)

    answer = client.post("/rooms", json={"name": "r"})

    assert answer.status_code == 502
    assert answer.headers["Content-Type"] == "text/html"
    assert "<html>" in answer.text


@pytest.mark.parametrize(
    ("kind", "text"), [("empty", ""), ("wrong-json", '["unexpected"]')]
)
def test_answers_of_another_shape(start, kind, text):
    """An answer can be empty, or JSON that is no room."""
    _, client = _fault(start, kind)

    answer = client.post("/rooms", json={"name": "r"})

    assert (answer.status_code, answer.text) == (200, text)


def test_slow(start, monkeypatch):
    """A slow answer is the usual one, after the seconds asked for."""
    sandbox, client = _fault(start, "slow=30")
    waited = []
    monkeypatch.setattr(sandbox.stopping, "wait", waited.append)

    assert client.post("/rooms", json={"name": "r"}).json()["name"] == "r"
    assert waited == [0, 30]


def test_duplicate_page(start):
    """A cursor that is ignored gives the first page again, for as long as asked."""
    sandbox, client = start(
        Settings(rate_limit_scale=0, faults=("duplicate-page:GET:/rooms*all",))
    )
    for index in range(3):
        sandbox.store.add_room(f"r{index}")
    cursor = sandbox.store.rooms["r2"].id

    pages = [
        client.get("/rooms", params={"limit": 1, "starting_after": cursor}).json()
        for _ in range(2)
    ]

    assert [page["data"][0]["name"] for page in pages] == ["r2", "r2"]


def test_fault_added_later(start):
    """A fault can be added to a running sandbox."""
    sandbox, client = start()
    assert client.get("/").status_code == 200

    sandbox.faults.add("500")

    assert [client.get("/").status_code for _ in range(2)] == [500, 200]


def test_refused_requests_use_no_fault(start):
    """A request over the rate limit does not use up a fault."""
    sandbox, _ = start(Settings(faults=("500:DELETE@3",)))
    request = Request("DELETE", "/v1/rooms/none", "", AUTH)

    statuses = [sandbox.respond(request, at).status for at in (0.0, 0.1, 0.2, 1.0)]

    assert statuses == [404, 404, 429, 500]
