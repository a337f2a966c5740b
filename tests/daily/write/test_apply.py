"""What holds for every apply: it writes nothing unsaved, and ends in a report."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from chaos.drawn import NOW
from daily.write.in_memory import Answer, Daily, assuming, refusal

from reconciler.core.report import Outcome, Result
from reconciler.daily.rescue.file import load
from reconciler.daily.write import apply as module

PHONE = "+12095550100"
LATER = {"Retry-After": "30"}
ROOMS = {f"room-{n}": {"privacy": "private"} for n in range(4)}
NUMBER = {"+12095550100": {"pin_dialin": {"name_prefix": "pin"}}}
GONE = {"+12095550100": {"state": "absent"}}


@pytest.fixture
def daily(tmp_path: Path) -> Daily:
    """A domain with a number that the file declares."""
    made = Daily(tmp_path)
    made.store.add_dialin_config(
        "pin_dialin", {"phone_number": "+12095550100", "name_prefix": "old"}
    )
    return made


@pytest.mark.parametrize("numbers", [NUMBER, GONE])
def test_both_stores_are_saved_before_any_write(
    daily: Daily, numbers: dict[str, Any]
) -> None:
    """Rooms included, also when the numbers are written last."""
    seen: list[bool] = []

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method != "GET":
            seen.append(bool(daily.rescue_files))
        return answer(request)

    daily.between = between
    report = daily.apply(phone_numbers=numbers, rooms=ROOMS)

    assert report.exit_code == 0
    assert len(seen) == 5
    assert all(seen)


@pytest.mark.parametrize("numbers", [NUMBER, GONE])
@pytest.mark.parametrize("call", ["fsync", "open"])
def test_without_a_rescue_file_nothing_is_written(
    daily: Daily,
    monkeypatch: pytest.MonkeyPatch,
    numbers: dict[str, Any],
    call: str,
) -> None:
    """A full disk ends the run before its first write: code 1, no half of a file."""

    def full(*_args: object, **_named: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    report = daily.apply(phone_numbers=numbers, rooms=ROOMS)
    monkeypatch.undo()

    assert report.exit_code == 1
    assert {r.outcome for r in report.results} == {Outcome.NOT_TRIED}
    assert daily.writes == []
    assert daily.rescue_files == []
    assert "No space left" in report.stopped


@pytest.mark.parametrize("phase", ["apply_rooms", "delete_rooms", "apply_last_numbers"])
def test_a_mistake_between_writes_loses_no_result(
    daily: Daily, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    """The report has every change, and the code is that of a run that has written."""

    def fail(_run: object) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr(module, phase, fail)
    report = daily.apply(phone_numbers=NUMBER, rooms=ROOMS)

    assert len(report.results) == 5
    assert Result(report.results[0].change, Outcome.DONE) in report.results
    assert report.exit_code == 3
    assert "KeyError" in report.stopped
    assert "secret" not in report.stopped


def test_what_shows_results_cannot_stop_the_writes(
    daily: Daily, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken stream or a mistake in the display changes nothing."""
    shown: list[Result] = []

    def fail(result: Result) -> None:
        shown.append(result)
        raise BrokenPipeError

    make = module.Run

    def run(client: Any, plan: Any, options: Any) -> Any:
        return make(client, plan, replace(options, on_result=fail))

    monkeypatch.setattr(module, "Run", run)
    report = daily.apply(phone_numbers=NUMBER, rooms=ROOMS)

    assert report.exit_code == 0
    assert len(shown) == 5


def test_a_change_that_failed_after_a_write_is_not_code_1(tmp_path: Path) -> None:
    """Whatever its result says: Daily has answered one of its writes with yes."""
    daily = assuming(tmp_path, expired="zombie")
    daily.store.add_room("zombie", {"exp": NOW - 1_000}, privacy="private")

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        # It is revived with an end, which the second write is to take away.
        if daily.writes.count("POST /rooms/zombie") == 2:
            return refusal(400, error="invalid-request-error", info="no")
        return answer(request)

    daily.between = between
    report = daily.apply(rooms={"zombie": {"privacy": "private"}})

    assert [r.outcome for r in report.results] == [Outcome.FAILED]
    assert report.exit_code == 3


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("slow", [True, False])
@pytest.mark.parametrize("to_pinless", [True, False])
def test_a_replacement_that_was_begun_is_finished(
    tmp_path: Path, number: int, slow: bool, to_pinless: bool
) -> None:
    """Stopped at any request of it, throttled or not, the number is assigned."""
    kinds: dict[str, Any] = {
        "pinless_dialin": {"room_creation_api": "https://example.com/hook"},
        "pin_dialin": {"name_prefix": "pin"},
    }
    new, old = sorted(kinds, reverse=to_pinless)
    daily = Daily(tmp_path)
    daily.store.add_dialin_config(old, {"phone_number": PHONE, **kinds[old]})

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if len(daily.asked) != number:
            return answer(request)
        daily.stop.set()
        return httpx.Response(429, headers=LATER) if slow else answer(request)

    daily.between = between
    report = daily.apply(phone_numbers={PHONE: {new: kinds[new]}})

    (entry,) = daily.store.dialin_configs.values()
    assert entry.type in (old, new)
    # 0 when it was done to the end, and seen.
    assert report.exit_code in ((1,) if entry.type == old else (0, 3))
    assert (entry.type == new) == ("POST /domain-dialin-config" in daily.writes)


FOREIGN = "+12095550103"


@pytest.mark.parametrize("store", ["current", "legacy"])
@pytest.mark.parametrize("edited", [False, True])
def test_what_came_after_the_first_write_is_saved_before_the_next(
    tmp_path: Path, store: str, edited: bool
) -> None:
    """An entry that is new or was edited meanwhile can be brought back."""
    daily = Daily(tmp_path)
    for number in (PHONE, "+12095550101", *[FOREIGN] * edited):
        _add(daily, store, number, "old")
    saved: list[dict[str, str]] = []

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method == "POST" and request.url.path == "/v1/rooms":
            _remove(daily, store, FOREIGN)
            _add(daily, store, FOREIGN, "later")
        elif request.method != "GET":
            [path] = daily.rescue_files
            assert path.stat().st_mode & 0o777 == 0o600
            saved.append(_names(path))
            if len(saved) == 2:
                answered = answer(request)
                _remove(daily, store, FOREIGN)
                return answered
        return answer(request)

    daily.between = between
    absent = {"+12095550101": {"state": "absent"}}
    report = daily.apply(
        dialin_store=store, phone_numbers={**NUMBER, **absent}, rooms={"r": {}}
    )

    [path] = daily.rescue_files
    before = {PHONE: "old", "+12095550101": "old"}
    assert saved[0] == before | ({FOREIGN: "old"} if edited else {})
    assert saved[1] == _names(path) == before | {FOREIGN: "later"}
    assert [FOREIGN in said for said in report.lost] == [True]
    assert list(tmp_path.iterdir()) == [path]


def test_without_its_later_entries_saved_nothing_more_is_written(
    daily: Daily, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full by then: the file stays whole, and the number stays."""
    _add(daily, "current", "+12095550101", "old")

    def full(*_args: object, **_named: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method == "POST" and request.url.path == "/v1/rooms":
            _add(daily, "current", FOREIGN, "later")
            monkeypatch.setattr(os, "fsync", full)
        return answer(request)

    daily.between = between
    absent = {"+12095550101": {"state": "absent"}}
    report = daily.apply(phone_numbers={**NUMBER, **absent}, rooms={"r": {}})
    monkeypatch.undo()

    assert report.exit_code == 3
    assert "No space left" in report.stopped
    assert [line for line in daily.writes if line.startswith("DELETE")] == []


def _add(daily: Daily, store: str, number: str, name: str) -> None:
    fields = {"phone_number": number, "name_prefix": name}
    if store == "current":
        daily.store.add_dialin_config("pin_dialin", fields)
    else:
        daily.store.add_legacy("pin_dialin", fields)


def _remove(daily: Daily, store: str, number: str) -> None:
    if store == "current":
        held = daily.store.dialin_configs
        for key in [k for k, c in held.items() if number in str(c)]:
            del held[key]
    else:
        kept = daily.store.legacy["pin_dialin"] or ()
        daily.store.legacy["pin_dialin"] = [e for e in kept if number not in str(e)]


def _names(path: Path) -> dict[str, str]:
    """The prefixes in a rescue file, by number."""
    entries = load(path).entries
    return {e.number or "": str(e.fields["name_prefix"]) for e in entries}
