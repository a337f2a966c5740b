"""A part of a domain that cannot be read leaves a gap; what ends a run still does."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from answers import Clock, client_on

from reconciler.core.check.model import ASSIGNMENTS, PURCHASED, ROOMS
from reconciler.core.model import Config, Desired
from reconciler.daily.partly import read_parts
from reconciler.errors import DailyError, NotSentError, RefusedError

CONFIG = Config("acme", resources=(Desired("room", "doctor", {"dialin": {}}),))
ROOM = {"name": "doctor", "id": "1", "privacy": "private", "config": {"dialin": {}}}
ANSWERS: dict[str, Any] = {
    "/": {"domain_name": "acme", "domain_id": "id", "config": {}},
    ROOMS: {"total_count": 1, "data": [ROOM]},
    f"{ROOMS}/doctor": {**ROOM, "config": {"dialin": {}, "dialin_code": "123"}},
    ASSIGNMENTS: {"total_count": 0, "data": []},
    PURCHASED: {"total_count": 0, "data": []},
}


def domain(*failing: str, status: int = 500, domain_name: str = "acme") -> Any:
    """A Daily in which these paths fail."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1") or "/"
        if path in failing:
            return httpx.Response(status, json={"error": "odd", "info": "no"})
        found = ANSWERS[path]
        if path == "/":
            found = {**found, "domain_name": domain_name}
        return httpx.Response(200, json=found)

    return answer


@pytest.mark.parametrize("status", [400, 402, 403, 404, 500, 503])
@pytest.mark.parametrize("path", [ROOMS, f"{ROOMS}/doctor", ASSIGNMENTS, PURCHASED])
def test_a_part_that_fails_is_a_gap(path: str, status: int) -> None:
    """The other parts are read, and the gap says why."""
    reading = read_parts(client_on(domain(path, status=status), Clock()), CONFIG)

    gone = path == f"{ROOMS}/doctor" and status == 404
    assert list(reading.unread) == ([] if gone else [path])
    assert all(reading.unread.values())
    assert reading.live.complete is (path != ROOMS)
    assert (reading.live.purchased is None) is (path == PURCHASED)


def test_a_whole_reading_has_no_gap() -> None:
    """Each PIN room whose PIN the list leaves out is read by itself."""
    reading = read_parts(client_on(domain(), Clock()), CONFIG)

    assert not reading.unread
    assert reading.live.rooms["doctor"].pin == "123"
    assert reading.live.requests == 5


@pytest.mark.parametrize(
    "failing", [("/",), tuple(ANSWERS), (ROOMS, ASSIGNMENTS, PURCHASED)]
)
def test_a_daily_that_keeps_failing_ends_the_reading(failing: tuple[str, ...]) -> None:
    """Without the domain nothing is known; and an outage is no set of gaps."""
    client = client_on(domain(*failing), Clock())

    with pytest.raises(DailyError) as raised:
        read_parts(client, CONFIG)

    assert isinstance(raised.value, NotSentError) is (failing[0] != "/")


def test_another_domain_is_refused() -> None:
    """Before anything else is read."""
    with pytest.raises(RefusedError):
        read_parts(client_on(domain(domain_name="other"), Clock()), CONFIG)
