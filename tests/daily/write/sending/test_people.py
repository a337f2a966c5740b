"""People who join between the plan and a write are not thrown out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from chaos.drawn import NOW
from daily.write.in_memory import EXP, Answer, Daily

from reconciler.core.report import Outcome

NUMBER, OTHER = "+12095550100", "+12095550101"
GONE = {"state": "absent"}
HOOK = {"room_creation_api": "https://hooks.example.com/daily"}
LATER = {"Retry-After": "30"}


@pytest.fixture
def daily(tmp_path: Path) -> Daily:
    """A domain with two rooms that a number leads to, and one beside them."""
    made = Daily(tmp_path, every_room=True)
    for name in ("lobby", "hall"):
        dialin = {"display_name": "Phone", "room_numbers": [NUMBER]}
        made.store.add_room(name, {"exp": EXP, "dialin": dialin}, privacy="private")
    made.store.add_room("attic", privacy="private")
    return made


def presences(daily: Daily) -> int:
    """How often the run asked who is where."""
    return daily.asked.count("GET /presence")


def joining(daily: Daily, line: str, room: str, count: int) -> None:
    """Let people join when a request arrives for the first time, held up by a 429."""
    waiting = [count]

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        path = request.url.path.removeprefix("/v1")
        if waiting and f"{request.method} {path}" == line:
            daily.store.set_present(room, waiting.pop(), NOW)
            return httpx.Response(429, headers=LATER)
        return answer(request)

    daily.between = between


@pytest.mark.parametrize("reviewed", [False, True])
@pytest.mark.parametrize(
    ("rooms", "code"),
    [
        pytest.param({"lobby": GONE}, 4, id="nothing written"),
        pytest.param({"lobby": GONE, "attic": GONE}, 3, id="another room goes"),
    ],
)
def test_a_room_with_people_inside_stays(
    daily: Daily, rooms: Any, code: int, reviewed: bool
) -> None:
    """The gate is named, and what affects no people goes on."""
    daily.store.set_present("lobby", 2, NOW)

    report = daily.apply(rooms=rooms, reviewed=reviewed)

    ends = {r.change.key: r for r in report.results}
    assert report.exit_code == code
    assert "lobby" in daily.store.rooms
    assert ends["lobby"].outcome is Outcome.MOVED
    assert "gate busy" in ends["lobby"].reason
    assert "lobby (2)" in ends["lobby"].reason
    assert "--allow busy=2" in ends["lobby"].reason
    assert presences(daily) == len(rooms)
    assert daily.writes == ["DELETE /rooms/attic"] * ("attic" in rooms)


def test_people_who_join_while_a_write_waits_are_seen(daily: Daily) -> None:
    """It is asked again before each attempt."""
    joining(daily, "DELETE /rooms/lobby", "lobby", 1)

    report = daily.apply(rooms={"lobby": GONE})

    assert report.exit_code == 4
    assert "lobby" in daily.store.rooms
    assert presences(daily) == 2


@pytest.mark.parametrize(("allowed", "gone"), [(2, 0), (3, 1), (5, 1), (6, 2)])
def test_what_is_allowed_is_counted_over_the_run(
    daily: Daily, allowed: int, gone: int
) -> None:
    """Two rooms of three people: as many go as the number lets through."""
    for name in ("lobby", "hall"):
        daily.store.set_present(name, 3, NOW)

    report = daily.apply(rooms={"lobby": GONE, "hall": GONE}, allow={"busy": allowed})

    assert len({"lobby", "hall"} & set(daily.store.rooms)) == 2 - gone
    assert report.exit_code == (0 if gone == 2 else 3 if gone else 4)


def test_one_write_that_is_sent_twice_counts_once(daily: Daily) -> None:
    """A 429 between two attempts uses up nothing."""
    daily.store.set_present("lobby", 3, NOW)
    joining(daily, "DELETE /rooms/lobby", "lobby", 3)

    report = daily.apply(rooms={"lobby": GONE}, allow={"busy": 3})

    assert report.exit_code == 0
    assert "lobby" not in daily.store.rooms


def current(daily: Daily) -> None:
    """Two assignments in the current store."""
    for number in (NUMBER, OTHER):
        fields = {"phone_number": number, "name_prefix": "a"}
        daily.store.add_dialin_config("pin_dialin", fields)


def legacy(daily: Daily) -> None:
    """Two assignments in the legacy list."""
    for number in (NUMBER, OTHER):
        fields = {"phone_number": number, "name_prefix": "a"}
        daily.store.add_legacy("pin_dialin", fields)


@pytest.mark.parametrize("store", [current, legacy])
@pytest.mark.parametrize("wanted", [GONE, {"pinless_dialin": HOOK}])
@pytest.mark.parametrize("inside", [0, 2])
def test_a_number_waits_for_the_callers_in_its_rooms(
    daily: Daily, store: Callable[[Daily], None], wanted: Any, inside: int
) -> None:
    """Managed or not; a number that no room uses is written all the same."""
    store(daily)
    daily.store.set_present("hall", inside, NOW)

    report = daily.apply(
        dialin_store=store.__name__, phone_numbers={NUMBER: wanted, OTHER: wanted}
    )

    ends = {r.change.key: r for r in report.results}
    held = Outcome.MOVED if inside else Outcome.DONE
    assert (ends[NUMBER].outcome, ends[OTHER].outcome) == (held, Outcome.DONE)
    assert report.exit_code == (3 if inside else 0)
    assert ("hall (2)" in ends[NUMBER].reason) is bool(inside)
    assert presences(daily) == 1


@pytest.mark.parametrize("store", [current, legacy])
def test_callers_who_join_while_a_number_waits_are_seen(
    daily: Daily, store: Callable[[Daily], None]
) -> None:
    """Nothing is written then."""
    store(daily)
    ident = next(iter(daily.store.dialin_configs), "")
    lists = store is legacy
    line = "POST /" if lists else f"DELETE /domain-dialin-config/{ident}"
    joining(daily, line, "hall", 1)

    report = daily.apply(dialin_store=store.__name__, phone_numbers={NUMBER: GONE})

    assert report.exit_code == 4
    assert [r.outcome for r in report.results] == [Outcome.MOVED]
    assert presences(daily) == 2


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize(("allowed", "code"), [(0, 4), (1, 0)])
def test_a_look_that_fails_proves_nothing(
    daily: Daily, status: int, allowed: int, code: int
) -> None:
    """The room counts as one with one person in it."""

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.url.path.endswith("/presence"):
            return httpx.Response(status, json={"error": "forbidden"})
        return answer(request)

    daily.between = between
    report = daily.apply(rooms={"lobby": GONE}, allow={"busy": allowed})

    assert report.exit_code == code, report.results
    assert ("lobby" in daily.store.rooms) is (code == 4)


def test_what_affects_no_people_asks_nothing(daily: Daily) -> None:
    """Renewals, updates and creations: no request."""
    current(daily)
    for name in ("lobby", "hall", "attic"):
        daily.store.set_present(name, 1, NOW)

    report = daily.apply(
        phone_numbers={NUMBER: {"pin_dialin": {"name_prefix": "b"}}},
        rooms={
            "attic": {"privacy": "public"},
            "new": {"privacy": "private"},
            "lobby": {
                "privacy": "private",
                "expires": {"after": "180d", "renew_before": "120d"},
                "properties": {"dialin": {"display_name": "Other"}},
            },
        },
    )

    assert report.exit_code == 0, report.results
    assert presences(daily) == 0
