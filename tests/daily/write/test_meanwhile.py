"""Others write while a run does: each write is built on a reading right before it.

The second writer acts at a set moment: when a request of the run arrives, before it is
answered. What is refused as too fast, and what loses its answer, gives others time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from answers import Script, client_on
from chaos.drawn import NOW, answer_of
from daily.write.in_memory import Answer, Daily, assuming

from reconciler.core.report import Outcome, PinFate
from reconciler.sandbox.state.entries import DialinConfig

DAY = 86_400
ONE, TWO, THIRD = "+12095550100", "+12095550101", "+12095550102"
HOOK = "https://hooks.example.com/daily"
OURS, THEIRS = "b" * 43 + "=", "c" * 43 + "="
PHONE = {"display_name": "Phone"}
ROLLING = {"after": "180d", "renew_before": "60d"}

Act = Callable[[], None]

HELD_UP = pytest.mark.parametrize(
    "held_up",
    [
        pytest.param(httpx.Response(429, headers={"Retry-After": "30"}), id="later"),
        pytest.param(httpx.Response(429), id="429"),
        pytest.param(httpx.Response(502, html="<h1>Bad gateway</h1>"), id="lost"),
    ],
)
REVIEWED = pytest.mark.parametrize("reviewed", [False, True])


@pytest.fixture
def daily(tmp_path: Path) -> Daily:
    """An empty domain."""
    return Daily(tmp_path)


def http(daily: Daily, method: str, path: str, body: Any = None) -> Any:
    """What somebody else asks of the same domain."""
    url = f"http://127.0.0.1:9/v1{path}"
    headers = {"Authorization": f"Bearer {daily.store.settings.key}"}
    request = httpx.Request(method, url, json=body, headers=headers)
    answer = answer_of(daily.store, request)
    assert answer.status_code == 200, answer.content
    return answer.json()


def meanwhile(daily: Daily, line: str, act: Act, answered: Any = None) -> None:
    """Let somebody else act when a request arrives first, and answer it so."""
    waiting = [act]

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        path = request.url.path.removeprefix("/v1")
        if waiting and f"{request.method} {path}" == line:
            waiting.pop()()
            return answered or answer(request)
        return answer(request)

    daily.between = between


def room(daily: Daily, name: str = "doc", /, **properties: Any) -> str:
    """A room that is there before the run; its PIN, if it has one."""
    config = daily.store.add_room(name, properties, privacy="private")
    return config.dialin_code or ""


def held(daily: Daily, name: str = "doc") -> Any:
    """What Daily shows of a room."""
    return http(daily, "GET", f"/rooms/{name}")["config"]


def doc(**properties: Any) -> Any:
    """The config of a room with PIN dial-in that is renewed."""
    return {"doc": {"privacy": "private", "expires": ROLLING, "properties": properties}}


def entry(daily: Daily, number: str, **fields: Any) -> DialinConfig:
    """An assignment of the current store; pinless with a hook, else with a PIN."""
    kind = "pinless_dialin" if "hmac" in fields else "pin_dialin"
    return daily.store.add_dialin_config(kind, {"phone_number": number, **fields})


def pinless(number: str, prefix: str, hmac: str, hook: str = HOOK) -> Any:
    """An entry of a legacy list."""
    return {
        "phone_number": number,
        "name_prefix": prefix,
        "room_creation_api": hook,
        "hmac": hmac,
    }


# Writes that are held up.


@HELD_UP
@REVIEWED
def test_a_list_keeps_what_was_added_while_its_write_was_held_up(
    daily: Daily, held_up: httpx.Response, reviewed: bool
) -> None:
    """A foreign number and a rotated `hmac` are in the list that is sent in the end."""
    for live in (pinless(ONE, "a", OURS), pinless(TWO, "b", OURS)):
        daily.store.add_legacy("pinless_dialin", live)
    theirs = [pinless(ONE, "a", OURS), pinless(TWO, "b", THEIRS)]
    theirs.append(pinless(THIRD, "c", THEIRS))
    lists = {"properties": {"pinless_dialin": theirs}}
    meanwhile(daily, "POST /", lambda: http(daily, "POST", "/", lists), held_up)
    hook = {"name_prefix": "a", "room_creation_api": f"{HOOK}/new"}

    report = daily.apply(
        reviewed=reviewed,
        dialin_store="legacy",
        phone_numbers={ONE: {"pinless_dialin": hook}},
    )

    now = daily.store.legacy["pinless_dialin"] or []
    assert report.exit_code == 0
    assert [(e["phone_number"], e["hmac"]) for e in now] == [
        (ONE, OURS),
        (TWO, THEIRS),
        (THIRD, THEIRS),
    ]
    assert now[0]["room_creation_api"] == f"{HOOK}/new"


@HELD_UP
@REVIEWED
def test_a_declared_number_of_a_list_that_moved_meanwhile_is_planned_again(
    daily: Daily, held_up: httpx.Response, reviewed: bool
) -> None:
    """Its undeclared fields stay; what was reviewed has moved, and is not written."""
    daily.store.add_legacy("pinless_dialin", pinless(ONE, "a", OURS))
    lists = {"properties": {"pinless_dialin": [pinless(ONE, "a", THEIRS)]}}
    meanwhile(daily, "POST /", lambda: http(daily, "POST", "/", lists), held_up)
    hook = {"name_prefix": "new", "room_creation_api": HOOK}

    report = daily.apply(
        reviewed=reviewed,
        dialin_store="legacy",
        phone_numbers={ONE: {"pinless_dialin": hook}},
    )

    [now] = daily.store.legacy["pinless_dialin"] or []
    assert now["hmac"] == THEIRS
    assert now["name_prefix"] == ("a" if reviewed else "new")
    assert report.exit_code == outcome(held_up, reviewed)


def outcome(held_up: httpx.Response, moved: bool) -> int:
    """The exit code: nothing was written, or nobody knows."""
    if not moved:
        return 0
    return 4 if held_up.status_code == 429 else 3


@HELD_UP
@REVIEWED
def test_a_room_keeps_what_was_set_while_its_write_was_held_up(
    daily: Daily, held_up: httpx.Response, reviewed: bool
) -> None:
    """Undeclared keys of the object and a later end are carried as they then are."""
    for number in (ONE, TWO):
        entry(daily, number)
    numbers = [{"phone_number": ONE}]
    room(daily, exp=NOW + 100 * DAY, dialin={**PHONE, "room_numbers": numbers})
    edit = {
        "exp": NOW + 300 * DAY,
        "dialin": {**PHONE, "room_numbers": [{"phone_number": TWO}]},
    }
    send = lambda: http(daily, "POST", "/rooms/doc", {"properties": edit})  # noqa: E731
    meanwhile(daily, "POST /rooms/doc", send, held_up)

    report = daily.apply(reviewed=reviewed, rooms=doc(dialin={"display_name": "New"}))

    now = held(daily)
    assert report.exit_code == 0
    assert now["exp"] == NOW + 300 * DAY
    assert now["dialin"]["display_name"] == "New"
    assert daily.store.rooms["doc"].properties["dialin"]["room_numbers"] == [
        {"phone_number": TWO}
    ]


@HELD_UP
@pytest.mark.parametrize(
    ("before", "wanted", "edit"),
    [
        ({"dialin": PHONE}, {"dialin": {"display_name": "New"}}, {"dialin": {}}),
        ({"max_participants": 5}, {"max_participants": 9}, {"max_participants": 7}),
        (
            {"permissions": {"canSend": ["audio"]}},
            {"permissions": {"canSend": ["video"]}},
            {"permissions": {"canSend": False}},
        ),
    ],
    ids=["dialin", "scalar", "object"],
)
def test_a_declared_field_that_moved_while_a_write_was_held_up_is_kept(
    daily: Daily,
    held_up: httpx.Response,
    before: Any,
    wanted: Any,
    edit: Any,
) -> None:
    """What was reviewed is not written over it, also where a first try read nothing."""
    room(daily, exp=NOW + 100 * DAY, **before)
    if "dialin" in edit:
        edit = {"dialin": {"display_name": "Theirs"}}
    send = lambda: http(daily, "POST", "/rooms/doc", {"properties": edit})  # noqa: E731
    meanwhile(daily, "POST /rooms/doc", send, held_up)

    report = daily.apply(reviewed=True, rooms=doc(**wanted))

    [name] = edit
    assert held(daily)[name] == edit[name]
    assert report.exit_code == outcome(held_up, moved=True)


@HELD_UP
@REVIEWED
def test_a_renewal_that_was_held_up_keeps_a_later_end(
    daily: Daily, held_up: httpx.Response, reviewed: bool
) -> None:
    """It is due no more, so nothing is sent."""
    room(daily, exp=NOW + 10 * DAY, dialin=PHONE)
    edit = {"properties": {"exp": NOW + 363 * DAY}}
    send = lambda: http(daily, "POST", "/rooms/doc", edit)  # noqa: E731
    meanwhile(daily, "POST /rooms/doc", send, held_up)

    report = daily.apply(reviewed=reviewed, rooms=doc())

    assert (report.exit_code, held(daily)["exp"]) == (0, NOW + 363 * DAY)
    assert daily.writes == ["POST /rooms/doc"]


@HELD_UP
@REVIEWED
def test_an_entry_keeps_the_hmac_that_was_rotated_while_its_write_was_held_up(
    daily: Daily, held_up: httpx.Response, reviewed: bool
) -> None:
    """Unattended the new one is carried; what was reviewed has moved."""
    made = entry(daily, ONE, name_prefix="a", room_creation_api=HOOK, hmac=OURS)
    path = f"/domain-dialin-config/{made.id}"
    theirs = pinless(ONE, "a", THEIRS)
    meanwhile(daily, f"PUT {path}", lambda: http(daily, "PUT", path, theirs), held_up)
    wanted = {"room_creation_api": HOOK, "timeout_config": {"message": "Sorry."}}

    report = daily.apply(
        reviewed=reviewed, phone_numbers={ONE: {"pinless_dialin": wanted}}
    )

    now = daily.store.dialin_configs[made.id].fields
    assert now["hmac"] == THEIRS
    assert ("timeout_config" in now) is not reviewed
    assert report.exit_code == outcome(held_up, reviewed)


@pytest.mark.parametrize("retry_after", ["30", ""])
def test_a_room_that_was_made_meanwhile_is_read_again_after_a_pause(
    daily: Daily, retry_after: str
) -> None:
    """What its maker sets while the write waits is carried."""

    def make() -> None:
        daily.store.add_room("doc", {"permissions": {"hasPresence": True}})

    def edit() -> None:
        daily.store.rooms["doc"].properties["permissions"]["hasPresence"] = False

    acts = {"POST /rooms": make, "POST /rooms/doc": edit}
    held_up = httpx.Response(429, headers={"Retry-After": retry_after})

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        path = request.url.path.removeprefix("/v1")
        act = acts.pop(f"{request.method} {path}", None)
        if act:
            act()
        return held_up if act is edit else answer(request)

    daily.between = between
    wanted = {"permissions": {"canSend": ["video"]}}
    report = daily.apply(rooms={"doc": {"privacy": "private", "properties": wanted}})

    assert report.exit_code == 0
    assert held(daily)["permissions"] == {"hasPresence": False, "canSend": ["video"]}


def test_a_pause_between_building_and_sending_has_the_body_built_again() -> None:
    """Also one that another request was asked for."""
    script = Script([{"ok": True}])
    bodies = iter(["old", "new"])

    with client_on(script, writable=True) as client:

        def build() -> object:
            body = next(bodies)
            if body == "old":
                client._paces["general"].pause(30.0)
            return body

        client.send_built("POST", "/x", build)

    assert [request.content for request in script.asked] == [b'"new"']


# Deletions.


@REVIEWED
@pytest.mark.parametrize("line", ["POST /domain-dialin-config", "DELETE /rooms/doc"])
@pytest.mark.parametrize("news", ["pin", "other-pin", "anew"])
def test_a_room_is_read_again_right_before_its_deletion(
    daily: Daily, reviewed: bool, line: str, news: str
) -> None:
    """What was reviewed has moved; unattended it goes, and the report says what went.

    The edit comes with an earlier write, or while the deletion waits.
    """
    phone = {"exp": NOW + 100 * DAY, "dialin": PHONE}
    room(daily, **(phone if news == "other-pin" else {}))

    def edit() -> None:
        if news != "pin":
            daily.store.index.remove(daily.store.rooms["doc"])
        if news == "anew":
            daily.store.add_room("doc", {})
        elif news == "other-pin":
            daily.store.add_room("doc", phone)
        else:
            http(daily, "POST", "/rooms/doc", {"properties": phone})

    held_up = httpx.Response(429) if line.startswith("DELETE") else None
    meanwhile(daily, line, edit, held_up)

    report = daily.apply(
        reviewed=reviewed,
        phone_numbers={ONE: {"pin_dialin": {"name_prefix": "new"}}},
        rooms={"doc": {"state": "absent"}},
    )

    [result] = [r for r in report.results if r.change.kind == "room"]
    assert ("doc" in daily.store.rooms) is reviewed
    assert result.outcome is (Outcome.MOVED if reviewed else Outcome.DONE)
    said = result.reason if reviewed else result.remark
    assert ("anew" if news == "anew" else "PIN") in said


def test_a_deletion_that_takes_a_pin_by_now_stands_before_its_gate(
    daily: Daily,
) -> None:
    """Unattended, the gates are checked again on the latest reading."""
    room(daily)
    meanwhile(
        daily,
        "GET /rooms/doc",
        lambda: http(
            daily,
            "POST",
            "/rooms/doc",
            {"properties": {"exp": NOW + 9 * DAY, "dialin": PHONE}},
        ),
    )

    report = daily.apply(rooms={"doc": {"state": "absent"}}, limits={"delete": 0})

    assert [r.outcome for r in report.results] == [Outcome.BLOCKED]
    assert daily.writes == []


# Entries of the current store.


@REVIEWED
@pytest.mark.parametrize("absent", [False, True], ids=["update", "delete"])
def test_an_entry_is_read_again_after_an_earlier_write(
    daily: Daily, reviewed: bool, absent: bool
) -> None:
    """An edit that came with the write of another number is kept, or has moved."""
    made = {n: entry(daily, n, name_prefix="old") for n in (ONE, TWO)}
    greeting = {"ivr_greeting": {"message": "Theirs."}}
    path = f"/domain-dialin-config/{made[TWO].id}"
    edit = {"phone_number": TWO, "name_prefix": "old", **greeting}
    method = "DELETE" if absent else "PUT"
    meanwhile(
        daily,
        f"{method} /domain-dialin-config/{made[ONE].id}",
        lambda: http(daily, "PUT", path, edit),
    )
    wanted: Any = {"pin_dialin": {"name_prefix": "new"}}

    report = daily.apply(
        reviewed=reviewed,
        phone_numbers=dict.fromkeys(
            (ONE, TWO), {"state": "absent"} if absent else wanted
        ),
    )

    now = daily.store.dialin_configs.get(made[TWO].id)
    ends = {r.change.key: r.outcome for r in report.results}
    assert ends[ONE] is Outcome.DONE
    assert ends[TWO] is (Outcome.MOVED if reviewed else Outcome.DONE)
    assert report.exit_code == (3 if reviewed else 0)
    if now is not None:
        assert now.fields["ivr_greeting"] == greeting["ivr_greeting"]
        assert now.fields["name_prefix"] == ("old" if reviewed else "new")
    assert (now is None) is (absent and not reviewed)


def test_a_reading_costs_one_request_for_each_entry_but_the_first(
    daily: Daily,
) -> None:
    """The estimate of the plan counts them."""
    made = [entry(daily, n, name_prefix="old") for n in (ONE, TWO, THIRD)]
    daily.apply(
        phone_numbers={n: {"pin_dialin": {}} for n in (ONE, TWO, THIRD)}
        | {n: {"pin_dialin": {"name_prefix": "new"}} for n in (ONE, TWO, THIRD)}
    )

    paths = {f"GET /domain-dialin-config/{config.id}" for config in made}
    assert sum(line in paths for line in daily.asked) == 2


# PINs that appear.


@pytest.mark.parametrize("pin", ["stable", "renewed"])
def test_rooms_that_have_a_pin_by_now_are_written_in_waves(
    tmp_path: Path, pin: str
) -> None:
    """A PIN that only a later reading shows is named when the write changes it."""
    daily = assuming(tmp_path, pin=pin)
    names = [f"room-{n}" for n in range(4)]
    for name in names:
        room(daily, name, permissions={"canSend": ["audio"]}, exp=NOW + 100 * DAY)

    def edit() -> None:
        for name in names:
            http(daily, "POST", f"/rooms/{name}", {"properties": {"dialin": PHONE}})

    meanwhile(daily, "POST /domain-dialin-config", edit)
    wanted = {"privacy": "private"}
    properties = {"permissions": {"canSend": ["video"]}, "exp": NOW + 100 * DAY}

    report = daily.apply(
        phone_numbers={ONE: {"pin_dialin": {}}},
        rooms={name: {**wanted, "properties": properties} for name in names},
        limits={"update": 50},
    )

    fates = [news.fate for news in report.pins]
    ends = [r.outcome for r in report.results if r.change.kind == "room"]
    if pin == "stable":
        assert (fates, report.exit_code) == ([], 0)
        return
    assert fates == [PinFate.CHANGED]
    assert sorted(map(str, ends)) == sorted(
        map(str, [Outcome.DONE, *[Outcome.BLOCKED] * 3])
    )
    assert report.exit_code == 3


@pytest.mark.parametrize("pin", ["stable", "renewed"])
def test_a_room_that_was_there_after_all_keeps_its_pin_or_is_named(
    tmp_path: Path, pin: str
) -> None:
    """Its PIN was seen when its creation was refused."""
    daily = assuming(tmp_path, pin=pin)
    names = ["room-0", "room-1"]

    def make() -> None:
        for name in names:
            room(daily, name, exp=NOW + 100 * DAY, dialin=PHONE)

    meanwhile(daily, "POST /domain-dialin-config", make)
    wanted = {
        "privacy": "private",
        "expires": ROLLING,
        "properties": {"enable_chat": True},
    }

    report = daily.apply(
        phone_numbers={ONE: {"pin_dialin": {}}}, rooms=dict.fromkeys(names, wanted)
    )

    fates = [news.fate for news in report.pins]
    if pin == "stable":
        assert (fates, report.exit_code) == ([], 0)
    else:
        assert (fates, report.exit_code) == ([PinFate.CHANGED], 3)


def test_a_pin_that_a_later_reading_showed_and_that_is_gone_at_the_end_is_named(
    daily: Daily,
) -> None:
    """Whoever got it cannot call in any more."""
    room(daily, permissions={"canSend": ["audio"]}, exp=NOW + 100 * DAY)
    edit = {"properties": {"dialin": PHONE}}
    acts = [
        lambda: http(daily, "POST", "/rooms/doc", edit),
        lambda: http(daily, "POST", "/rooms/doc", {"properties": {"dialin": None}}),
    ]

    def between(request: httpx.Request, answer: Answer) -> httpx.Response:
        line = f"{request.method} {request.url.path.removeprefix('/v1')}"
        first = len(acts) == 2 and line == "GET /rooms/doc"
        if first or (len(acts) == 1 and line == "POST /rooms/doc"):
            acts.pop(0)()
        return answer(request)

    daily.between = between
    properties = {"permissions": {"canSend": ["video"]}, "exp": NOW + 100 * DAY}
    report = daily.apply(
        rooms={"doc": {"privacy": "private", "properties": properties}}
    )

    assert [news.fate for news in report.pins] == [PinFate.LOST]
    assert report.exit_code == 3
