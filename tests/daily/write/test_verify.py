"""What the reading after the last write shows, waits for, and names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from daily.write.in_memory import EXP, Answer, Daily, assuming, refusal

from reconciler.core.plan.model import Selection
from reconciler.core.report import Outcome, PinFate, PinNews
from reconciler.daily.write.verify import PAUSES
from reconciler.sandbox.state.store import Store

Room = dict[str, Any]
LOBBY: Room = {"privacy": "private", "properties": {"enable_chat": True}}
PHONE: Room = {
    "privacy": "private",
    "properties": {"exp": EXP, "dialin": {"display_name": "Phone"}},
}
NUMBER = {"+12095550100": {"pin_dialin": {"name_prefix": "pin"}}}
FOREIGN = {
    "phone_number": "+12095550101",
    "room_creation_api": "https://example.com/daily/incoming",
    "name_prefix": "foreign",
    "hmac": "b25lIHNlY3JldA==",
}


@pytest.fixture
def daily(tmp_path: Path) -> Daily:
    """An empty domain."""
    return Daily(tmp_path)


def delete(store: Store, name: str) -> None:
    """Delete a room in the dashboard."""
    store.index.remove(store.rooms[name])


def delete_other(store: Store) -> None:
    """Delete the room `other`."""
    delete(store, "other")


def after_writes(
    daily: Daily, act: Callable[[], None], writes: int = 1
) -> Callable[[httpx.Request, Answer], httpx.Response]:
    """Let something happen once, before the first reading after so many writes."""
    left = [act]

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method == "GET" and len(daily.writes) >= writes and left:
            left.pop()()
        return answer(request)

    return between


@pytest.mark.parametrize("seconds", [0.5, 3.0, 14.0, 29.0])
def test_a_reading_that_lags_is_read_again(daily: Daily, seconds: float) -> None:
    """For up to half a minute: what shows by then is done, without a word."""
    daily.store.add_room("lobby", {"enable_chat": False}, privacy="private")
    stale = daily.store.rooms["lobby"].properties.copy()
    fresh: dict[str, Any] = {}
    held = daily.store.rooms["lobby"]

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method != "GET":
            made = answer(request)
            fresh.update(held.properties)
            return made
        late = bool(daily.writes) and daily.clock.waited < seconds
        held.properties.clear()
        held.properties.update(stale if late else fresh or stale)
        return answer(request)

    daily.between = between
    report = daily.apply(rooms={"lobby": LOBBY})

    assert report.exit_code == 0, report
    assert report.kept == ()
    assert sum(PAUSES) == 30


def test_what_does_not_show_in_half_a_minute_is_named(tmp_path: Path) -> None:
    """After 30 seconds a value is what Daily kept."""
    daily = assuming(tmp_path, echo="lossy")
    daily.store.add_room("lobby", {"enable_chat": False}, privacy="private")

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        made = answer(request)
        daily.store.rooms["lobby"].properties["enable_chat"] = False
        return made

    daily.between = between
    report = daily.apply(rooms={"lobby": LOBBY})

    assert report.exit_code == 3
    assert [k.field.path for k in report.kept] == [("enable_chat",)]
    assert 30 <= daily.clock.waited < 60


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param(
            lambda store: store.rooms["other"].properties.update(enable_chat=False),
            [("enable_chat",)],
            id="changed",
        ),
        pytest.param(delete_other, [], id="deleted"),
    ],
)
def test_every_declared_resource_is_compared_again(
    daily: Daily, change: Callable[[Any], None], path: list[Any]
) -> None:
    """A room that was in sync and is not any more is named, and the code is 3."""
    daily.store.add_room("other", {"enable_chat": True}, privacy="private")
    daily.between = after_writes(daily, lambda: change(daily.store))

    report = daily.apply(rooms={"lobby": LOBBY, "other": LOBBY})

    assert [change.key for change in report.left] == ["other"]
    assert report.exit_code == 3
    assert report.of(Outcome.DONE)
    if path:
        assert [f.path for f in report.left[0].fields] == path


def test_what_the_run_was_not_to_do_is_not_left(daily: Daily) -> None:
    """A room outside --only differs before and after: that is no result of the run."""
    report = daily.apply(
        Selection(only=lambda _kind, key: key == "lobby"),
        rooms={"lobby": LOBBY, "other": LOBBY},
    )

    assert (report.exit_code, report.left) == (0, ())


def test_nothing_is_read_again_when_nothing_was_written(daily: Daily) -> None:
    """A refused write costs no reading of the domain, and is code 1."""

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method == "POST":
            return refusal(400, error="invalid-request-error", info="no")
        return answer(request)

    daily.between = between
    report = daily.apply(rooms={"lobby": LOBBY})

    assert report.exit_code == 1
    assert "GET /" not in daily.asked


@pytest.mark.parametrize("status", [503, 200])
def test_an_update_that_shows_nothing_stays_unknown(daily: Daily, status: int) -> None:
    """Sent on request, and every answer lost: no reading can show that it was done."""
    daily.store.add_dialin_config(
        "pin_dialin",
        {**NUMBER["+12095550100"]["pin_dialin"], "phone_number": "+12095550100"},
    )

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method == "GET":
            return answer(request)
        return httpx.Response(status, content=b"")

    daily.between = between
    resend = Selection(resend=lambda _kind, _key: True)
    report = daily.apply(resend, phone_numbers=NUMBER)

    assert [r.outcome for r in report.results] == [Outcome.UNKNOWN]
    assert report.exit_code == 3


def test_an_update_whose_answers_were_lost_is_done_when_it_shows(daily: Daily) -> None:
    """An outcome that a reading settles is done."""
    daily.store.add_room("lobby", {"enable_chat": False}, privacy="private")
    lost: list[int] = []

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method == "GET" and request.url.path.endswith("/lobby") and lost:
            return httpx.Response(400, content=b"{}")
        made = answer(request)
        if request.method == "POST":
            lost.append(1)
            return httpx.Response(503)
        return made

    daily.between = between
    report = daily.apply(rooms={"lobby": LOBBY, **{f"x{n}": LOBBY for n in range(3)}})

    assert report.results[-1].change.key == "lobby"
    assert report.results[-1].outcome is Outcome.DONE


@pytest.mark.parametrize("reading", ["stale", "gone"])
def test_a_pin_that_shows_late_is_new(daily: Daily, reading: str) -> None:
    """A PIN is missing only when no reading within half a minute shows it."""

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        made = answer(request)
        late = daily.clock.waited < 10 and daily.writes
        if not late or not request.url.path.startswith("/v1/rooms"):
            return made
        if reading == "gone" and request.method == "GET":
            return made
        return httpx.Response(
            made.status_code,
            content=made.content.replace(b"dialin_code", b"dialin_c0de"),
        )

    daily.between = between
    report = daily.apply(rooms={"phone": PHONE})

    assert report.pins == (PinNews("phone", PinFate.NEW),)
    assert report.exit_code == 0


def test_a_pin_that_never_shows_is_missing(daily: Daily) -> None:
    """`dialin` was sent, no reading shows a PIN: callers cannot join, code 3."""

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        made = answer(request)
        return httpx.Response(
            made.status_code,
            content=made.content.replace(b"dialin_code", b"dialin_c0de"),
        )

    daily.between = between
    report = daily.apply(rooms={"phone": PHONE})

    assert report.pins == (PinNews("phone", PinFate.MISSING),)
    assert report.exit_code == 3


def test_a_renewal_beside_the_first_dialin_misses_no_pin(daily: Daily) -> None:
    """A PIN is expected of the write that sends `dialin`, not of the renewal before."""
    soon = EXP - 70 * 86_400
    daily.store.add_room("phone", {"exp": soon}, privacy="private")
    room = {
        "privacy": "private",
        "expires": {"after": "180d", "renew_before": "60d"},
        "properties": {"dialin": {"display_name": "Phone"}},
    }

    report = daily.apply(rooms={"phone": room})

    assert len(report.results) == 2
    assert report.pins == (PinNews("phone", PinFate.NEW),)
    assert report.exit_code == 0


def test_a_pin_room_that_vanishes_is_named(daily: Daily) -> None:
    """Whoever deleted it: its callers cannot join."""
    daily.store.add_room(
        "phone", PHONE["properties"], privacy="private", dialin_code="12345678901"
    )
    daily.between = after_writes(daily, lambda: delete(daily.store, "phone"))

    report = daily.apply(rooms={"phone": PHONE, "lobby": LOBBY})

    assert PinNews("phone", PinFate.GONE) in report.pins
    assert report.exit_code == 3


@pytest.mark.parametrize("failure", ["domain", "status", "html", "shape"])
def test_whatever_the_last_reading_gives_the_report_is_complete(
    daily: Daily, failure: str
) -> None:
    """Another domain, an error, no JSON, another shape: a reason, and code 3."""
    bad = {
        "domain": httpx.Response(
            200, content=b'{"domain_name": "x", "domain_id": "1", "config": {}}'
        ),
        "status": httpx.Response(403, content=b"{}"),
        "html": httpx.Response(200, content=b"<html>"),
        "shape": httpx.Response(200, content=b'{"domain_name": 7, "config": []}'),
    }[failure]

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method == "GET" and daily.writes:
            return bad
        return answer(request)

    daily.between = between
    report = daily.apply(rooms={"lobby": LOBBY})

    assert [r.outcome for r in report.results] == [Outcome.DONE]
    assert not report.verified
    assert report.unverified_reason
    assert "nothing was" not in report.unverified_reason
    assert report.exit_code == 3


@pytest.mark.parametrize("loss", ["gone", "changed"])
@pytest.mark.parametrize("store", ["current", "legacy"])
def test_a_loss_that_only_the_last_reading_shows_is_named(
    daily: Daily, store: str, loss: str
) -> None:
    """The foreign assignments of the last reading are compared; the file is kept."""
    if store == "current":
        daily.store.add_dialin_config("pinless_dialin", FOREIGN)
    else:
        daily.store.add_legacy("pinless_dialin", FOREIGN)

    def act() -> None:
        if store == "current":
            entries = list(daily.store.dialin_configs.values())
            [entry] = [c for c in entries if c.fields.get("hmac")]
            if loss == "changed":
                entry.fields["hmac"] = "YW5vdGhlcg=="
            else:
                daily.store.dialin_configs.pop(entry.id)
        elif loss == "changed":
            daily.store.legacy["pinless_dialin"][0]["hmac"] = "YW5vdGhlcg=="  # type: ignore[index]
        else:
            daily.store.legacy["pinless_dialin"] = []

    # Two writes: the number, looked after at once, then the room.
    daily.between = after_writes(daily, act, writes=2)
    report = daily.apply(phone_numbers=NUMBER, rooms={"lobby": LOBBY})

    assert len(report.lost) == 1
    assert "+12095550101" in report.lost[0]
    assert report.exit_code == 3
    assert [str(path) for path in daily.rescue_files] == [report.rescue_file]


@pytest.mark.parametrize("reading", [0, 1])
def test_a_reading_that_failed_does_not_hide_a_loss(daily: Daily, reading: int) -> None:
    """An outage after the write, then well again: the loss is named, the file kept."""
    daily.store.add_dialin_config("pinless_dialin", FOREIGN)
    failed: list[int] = []

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method == "POST":
            answer(request)
            daily.store.dialin_configs.pop(next(iter(daily.store.dialin_configs)))
            return httpx.Response(503)
        if daily.writes and len(failed) < 12 * (reading + 1):
            failed.append(1)
            return httpx.Response(503)
        return answer(request)

    daily.between = between
    report = daily.apply(phone_numbers=NUMBER)

    assert report.exit_code == 3
    assert daily.rescue_files
    assert report.rescue_file
    assert report.lost or not report.verified
    if reading == 0:
        assert "+12095550101" in report.lost[0]


def test_the_rescue_file_goes_only_when_all_was_seen_again(daily: Daily) -> None:
    """Well ended: no file is left, and none is named."""
    daily.store.add_dialin_config("pinless_dialin", FOREIGN)

    report = daily.apply(phone_numbers=NUMBER)

    assert (report.exit_code, report.rescue_file) == (0, "")
    assert daily.rescue_files == []
