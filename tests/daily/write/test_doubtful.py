"""A body that Daily refuses in part, or takes and does not act on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from answers import Domain, client_on, refusal
from daily.write.in_memory import Answer
from daily.write.in_memory import Daily as InMemory
from daily.write.in_memory import refusal as no

from reconciler.core.model import Config, Desired
from reconciler.core.plan import make_plan
from reconciler.core.report import Report
from reconciler.daily.read import read_live
from reconciler.daily.write import Options, apply_plan

NOW = 1_800_000_000
NUMBER = "+12095550100"
EXP = NOW + 90 * 86_400


class Odd:
    """A domain of one room that refuses a key, or does not act on a nested null."""

    def __init__(
        self, dialin: Any, *, refused: str = "", ignores: bool = False
    ) -> None:
        config = {"exp": EXP, "dialin": dialin, "dialin_code": "01234567890"}
        self.room = {"id": "i", "name": "r", "privacy": "private", "config": config}
        self.refused, self.ignores = refused, ignores
        self.bodies: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return Domain(rooms=[self.room])(request)
        body = json.loads(request.content)
        self.bodies.append(body["properties"]["dialin"])
        if self.refused and self.refused in self.bodies[-1]:
            return refusal(400, "invalid-request-error", "no such key")
        held = self.room["config"]["dialin"]  # type: ignore[index]
        sent = self.bodies[-1].items()
        held |= {k: v for k, v in sent if v is not None or not self.ignores}
        return httpx.Response(200, json=self.room)


def applied(daily: Odd, dialin: Any) -> Report:
    """Plan and apply a room with this `dialin`."""
    room = Desired("room", "r", {"privacy": "private", "dialin": dialin})
    config = Config("acme", resources=(room,))
    with client_on(daily, writable=True) as client:
        plan = make_plan(config, read_live(client, config), now=NOW)
        options = Options(now=lambda: NOW, rescue_file=Path("x"))
        return apply_plan(client, plan, options)


def test_an_unknown_live_key_that_daily_refuses_is_left_out_and_named() -> None:
    """The rest of the object is written, and the report says what is missing."""
    daily = Odd({"display_name": "Old", "brand_new": 1}, refused="brand_new")

    report = applied(daily, {"display_name": "New"})

    assert daily.bodies == [
        {"display_name": "New", "brand_new": 1},
        {"display_name": "New"},
    ]
    [result] = report.results
    assert (report.exit_code, str(result.outcome)) == (0, "done")
    assert "Daily refused dialin.brand_new" in result.remark


def test_a_refusal_of_what_is_declared_is_not_tried_again() -> None:
    """There is nothing that could be left out."""
    daily = Odd({"display_name": "Old"}, refused="display_name")

    report = applied(daily, {"display_name": "New"})

    assert len(daily.bodies) == 1
    assert report.exit_code == 1


@pytest.mark.parametrize("ignores", [False, True])
def test_a_nested_null_clears_a_list_in_every_world(ignores: bool) -> None:
    """Where Daily keeps the list although null was sent, an empty list is sent."""
    listed = [{"phone_number": NUMBER}]
    daily = Odd({"display_name": "P", "room_numbers": listed}, ignores=ignores)

    report = applied(daily, {"display_name": "P", "room_numbers": None})

    wanted = [None, []] if ignores else [None]
    assert [body["room_numbers"] for body in daily.bodies] == wanted
    assert report.exit_code == 0
    assert bool(report.results[0].remark) is ignores


class Hiding(Odd):
    """A domain that keeps `room_numbers` without showing it."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = super().__call__(request)
        text = answer.text.replace('"room_numbers"', '"hidden"')
        return httpx.Response(answer.status_code, json=json.loads(text))


@pytest.mark.parametrize("refused", ["", "room_numbers"])
def test_a_hidden_list_is_emptied_or_left_out_where_daily_refuses(refused: str) -> None:
    """Where nothing is shown, null could not be seen to work: an empty list goes."""
    daily = Hiding({"display_name": "Old"}, refused=refused)

    report = applied(daily, {"display_name": "New", "room_numbers": None})

    sent = [body.get("room_numbers", "left out") for body in daily.bodies]
    assert sent == ([[], "left out"] if refused else [[]])
    assert report.exit_code == 0
    said = "Daily refused dialin.room_numbers, which was left out"
    assert (report.results[0].remark == said) is bool(refused)


STORES = pytest.mark.parametrize("store", ["current", "legacy"])


@STORES
@pytest.mark.parametrize("refuses", [True, False])
@pytest.mark.parametrize("numbers", [1, 2])
def test_an_unknown_key_inside_an_assignment_is_left_out_only_when_refused(
    tmp_path: Path, store: str, refuses: bool, numbers: int
) -> None:
    """The entry is written all the same, and a bystander keeps what it has."""
    daily = InMemory(tmp_path)
    phones = [f"+120955501{n:02}" for n in range(numbers + 1)]
    for phone in phones:
        held = {"phone_number": phone, "ivr_greeting": {"message": "Old", "new": 1}}
        if store == "legacy":
            daily.store.add_legacy("pin_dialin", held)
        else:
            daily.store.add_dialin_config("pin_dialin", held)

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        if request.method == "GET":
            return answer(request)
        body = json.loads(request.content)
        entries = [body]
        if store == "legacy":
            entries = body["properties"]["pin_dialin"]
            assert "new" in entries[-1]["ivr_greeting"]
        ours = [e for e in entries if e["phone_number"] in phones[:-1]]
        changed = [e for e in ours if e["ivr_greeting"]["message"] == "New"]
        if refuses and any("new" in e["ivr_greeting"] for e in changed):
            return no(400, error="invalid-request-error", info="no such key")
        if store == "legacy":
            daily.store.legacy["pin_dialin"] = entries
            return httpx.Response(200, json={})
        entry_id = request.url.path.rsplit("/", 1)[1]
        daily.store.dialin_configs[entry_id].fields.update(body)
        return httpx.Response(200, json={})

    daily.between = between
    wanted = {"pin_dialin": {"ivr_greeting": {"message": "New"}}}
    report = daily.apply(
        dialin_store=store, phone_numbers=dict.fromkeys(phones[:-1], wanted)
    )

    said = "Daily refused ivr_greeting.new, which was left out" if refuses else ""
    assert [r.remark for r in report.results] == [said] * numbers
    assert {(str(r.outcome), r.reason) for r in report.results} == {("done", "")}
