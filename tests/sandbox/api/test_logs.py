"""GET /logs/api: what was asked and answered."""

import contextlib
import json

import httpx
import pytest
from sandbox.world import NOW

from reconciler.sandbox.settings import Settings
from reconciler.sandbox.state.calls import Call, CallLog

KEYS = {
    *("id", "userId", "domainId", "source", "ip", "method", "url", "status"),
    *("createdAt", "request", "response"),
}


@pytest.fixture
def logged(world):
    """A world with 30 calls in its log, /v1/rooms and /v1 by turns."""
    for place in range(30):
        url = "/v1/rooms" if place % 2 else "/v1/"
        world.store.calls.add(Call(NOW + place, "POST", url, 200, b"{}", b"[]"))
    return world


def _ids(entries):
    return [entry["id"] for entry in entries]


def test_a_call_is_logged_with_its_bodies(start):
    """A write has both bodies as JSON text, a read none for its request."""
    sandbox, client = start(clock=lambda: NOW)
    made = client.post("/rooms", json={"name": "r"})
    client.get("/rooms/r?x=1")

    read, write = client.get("/logs/api").json()

    assert set(read) == set(write) == KEYS
    assert (read["method"], read["url"], read["status"]) == ("GET", "/v1/rooms/r", 200)
    assert read["request"] is None
    assert json.loads(write["request"]) == {"name": "r"}
    assert write["response"] == made.text
    assert write["createdAt"] == "2027-01-15T08:00:00.000Z"
    assert write["domainId"] == sandbox.store.domain_id
    assert write["userId"] == read["userId"]


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ("lost-answer:POST", [200]),
        ("truncated:POST", [200]),
        ("html-502-after:POST", [200]),
        ("html-502:POST", []),
        ("429:POST", []),
        ("reset:POST", []),
    ],
)
def test_the_log_has_what_was_done(start, fault, statuses):
    """A call that was done is logged as done, whatever became of its answer."""
    sandbox, client = start(Settings(rate_limit_scale=0, faults=(fault,)))
    with contextlib.suppress(httpx.TransportError):
        client.post("/rooms", json={"name": "r"})

    entries = client.get("/logs/api").json()

    assert [entry["status"] for entry in entries] == statuses
    assert len(sandbox.store.rooms) == len(statuses)


def test_refusals_are_logged_and_foreign_keys_are_not(start):
    """A 404 is a call of the domain; a call with a wrong key is nobody's."""
    _, client = start()
    client.get("/rooms/nowhere")
    client.get("/rooms", headers={"Authorization": "Bearer other"})

    assert [e["status"] for e in client.get("/logs/api").json()] == [404]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"a=b"])
def test_a_body_that_is_no_json_is_null(start, body):
    """`request` is JSON text or null, so what is no JSON is left out."""
    _, client = start()
    client.post("/rooms", content=body)

    (entry,) = client.get("/logs/api").json()

    assert (entry["request"], entry["status"]) == (None, 400)


def test_reading_the_log_is_not_logged(start):
    """Answers of the log would otherwise hold each other, and double in size."""
    _, client = start()
    client.get("/")
    for _ in range(3):
        entries = client.get("/logs/api").json()

    assert len(entries) == 1


def test_pages(logged):
    """20 entries by default, newest first; cursors lead on and back."""
    first = logged.ok("GET", "/logs/api")
    rest = logged.ok("GET", "/logs/api", starting_after=first[-1]["id"])
    back = logged.ok("GET", "/logs/api", ending_before=rest[0]["id"], limit=3)

    assert (len(first), len(rest)) == (20, 10)
    moments = [entry["createdAt"] for entry in first + rest]
    assert moments == sorted(moments, reverse=True)
    assert _ids(back) == _ids(first[-3:])
    assert len(logged.ok("GET", "/logs/api", limit=100)) == 30
    assert logged.ok("GET", "/logs/api", starting_after=rest[-1]["id"]) == []


def test_filters(logged):
    """`url` keeps the calls of one path; nothing ever came from a webhook."""
    rooms = logged.ok("GET", "/logs/api", url="/v1/rooms", source="api")

    assert len(rooms) == 15
    assert {entry["url"] for entry in rooms} == {"/v1/rooms"}
    assert logged.ok("GET", "/logs/api", url="/v1/room") == []
    assert logged.ok("GET", "/logs/api", source="webhook") == []


@pytest.mark.parametrize(
    ("query", "start_of_info"),
    [
        ({"source": "mail"}, '"source" must be one of [webhook, api] [Received'),
        ({"source": ""}, '"source" must be one of [webhook, api] [Received'),
        ({"limit": "0"}, '"limit" must be'),
        ({"limit": "-1"}, '"limit" must be'),
        ({"limit": "x"}, '"limit" must be'),
        ({"limit": "2147483648"}, '"limit" must be'),
        ({"limit": "9" * 5000}, '"limit" must be'),
        ({"starting_after": "x"}, '"starting_after" must be'),
        ({"ending_before": "x"}, '"ending_before" must be'),
    ],
)
def test_wrong_parameters(logged, query, start_of_info):
    """A refusal has the form of the documented one."""
    ((name, value),) = query.items()

    info = logged.refused("GET", "/logs/api", **query)

    assert info.startswith(start_of_info)
    assert info.endswith(f' [Received {name}="{value}"]\n')


def test_a_plan_gate(start):
    """A fault refuses the read as a plan without the feature does."""
    _, client = start(Settings(faults=("plan-gate:GET:/logs/api*all",)))

    answers = [client.get("/logs/api") for _ in range(2)]

    assert [one.status_code for one in answers] == [403, 403]
    assert answers[0].json()["error"] == "invalid-plan-type"


def _call(size):
    return Call(NOW, "GET", "/v1/", 200, b"", b"x" * size)


def test_the_newest_calls_are_kept():
    """A full log drops its oldest calls."""
    log = CallLog(newest=3)
    calls = [_call(1) for _ in range(5)]
    for call in calls:
        log.add(call)

    assert list(log) == calls[:1:-1]


def test_large_bodies_do_not_fill_the_memory():
    """The bodies together stay below a bound; one that is larger is not kept."""
    log = CallLog(size=100)
    for size in (40, 40, 40):
        log.add(_call(size))
    assert len(log) == 2

    log.add(_call(101))
    assert len(log) == 0

    log.add(_call(100))
    assert len(log) == 1
