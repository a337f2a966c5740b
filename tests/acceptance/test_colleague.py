"""Somebody else writes a room between the plan and the write.

For every property that is an object, and for `exp`, in both worlds of nested objects:
the edit is still there after the apply, or the report says that the room has moved.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chaos import drawn
from chaos.drawn import NOW, client_of, config_from, new_store
from every_property import properties

from reconciler.core.model import Config, LiveAssignment
from reconciler.core.plan import make_plan
from reconciler.core.report import Outcome, Report
from reconciler.daily.read import read_live
from reconciler.daily.write import Options, apply_plan
from reconciler.sandbox.settings import Assume
from reconciler.sandbox.state.store import Store

ONE, TWO = properties(NOW)
DAY = 86_400
OBJECTS = sorted(name for name, value in ONE.items() if isinstance(value, dict))
NESTED = pytest.mark.parametrize("nested", ["merge", "replace"])
HELD_BACK = pytest.mark.parametrize("reviewed", [False, True])
NEEDED = {"sip": {"display_name", "sip_mode"}}


def world(nested: str) -> Store:
    """A domain whose numbers do PIN dial-in."""
    store = new_store(Assume(nested=nested, echo="explicit"))
    numbers = {n: {"pin_dialin": {"name_prefix": "a"}} for n in drawn.NUMBERS[:3]}
    done = applied(store, declared({}, numbers), None, reviewed=False)
    assert done.exit_code == 0
    return store


def declared(room: Any, numbers: Any = None) -> Config:
    """A config of one room, or of numbers."""
    rooms = {"r": {"privacy": "private", **room}} if room else {}
    return config_from("current", {"rooms": rooms, "phone_numbers": numbers or {}})


def applied(store: Store, config: Config, edit: Any, *, reviewed: bool) -> Report:
    """Plan, let somebody else write, and apply."""
    with client_of(store, writable=True) as client:
        plan = make_plan(config, read_live(client, config), now=NOW)
        if edit is not None:
            client.send("POST", "/rooms/r", {"properties": edit})
        options = Options(
            now=lambda: NOW, rescue_file=Path("/nowhere"), reviewed=reviewed
        )
        if any(change.kind == "number" for change in plan.changes):
            options = Options(now=lambda: NOW, rescue_file=Path("rescue.json"))
        return apply_plan(client, plan, options)


def held(store: Store) -> dict[str, Any]:
    """What the room holds."""
    room = store.rooms.get("r")
    assert room is not None
    return dict(room.properties)


def split(name: str) -> tuple[str, str]:
    """A key of an object that the file declares, and one that somebody else sets."""
    keys = [key for key in ONE[name] if key not in NEEDED.get(name, set())]
    # The two keys of a bucket depend on each other; any two of the others do.
    return keys[0], keys[-1]


def beside(name: str) -> dict[str, Any]:
    """What a room needs for the object to be valid."""
    return {"exp": NOW + 100 * DAY} if name == "dialin" else {}


def part(name: str, values: Any, *keys: str) -> dict[str, Any]:
    """The object with these keys, and those that it cannot do without."""
    wanted = {*keys, *NEEDED.get(name, set())}
    return {name: {k: v for k, v in values[name].items() if k in wanted}}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rescue files go where the test may write."""
    monkeypatch.chdir(tmp_path)


@NESTED
@HELD_BACK
@pytest.mark.parametrize("name", OBJECTS)
def test_an_undeclared_key_of_somebody_else_stays(
    nested: str, reviewed: bool, name: str
) -> None:
    """It is carried as it is by the time of the write, and the report names it."""
    ours, theirs = split(name)
    store = world(nested)
    before = {**beside(name), **part(name, ONE, ours)}
    assert not applied(
        store, declared({"properties": before}), None, reviewed=False
    ).exit_code
    after = declared({"properties": {**beside(name), **part(name, TWO, ours)}})
    edit = {name: {**held(store)[name], theirs: TWO[name][theirs]}}
    edit |= beside(name)

    report = applied(store, after, edit, reviewed=reviewed)

    assert plain(held(store)[name][theirs]) == plain(TWO[name][theirs])
    assert plain(held(store)[name][ours]) == plain(TWO[name][ours])
    [result] = report.results
    assert (result.outcome, report.exit_code) == (Outcome.DONE, 0)
    assert f"{name}.{theirs}" in result.remark


def plain(value: Any) -> Any:
    """A value as it is compared here: lists in one order, numbers bare."""
    if isinstance(value, list):
        bare = [v.get("phone_number", v) if isinstance(v, dict) else v for v in value]
        return sorted(bare, key=str)
    return value


@NESTED
@pytest.mark.parametrize("name", OBJECTS)
def test_a_declared_key_that_moved_is_not_overwritten_when_reviewed(
    nested: str, name: str
) -> None:
    """The report says `moved since the plan`, and the code is that of a stale plan."""
    ours, theirs = split(name)
    store = world(nested)
    before = {**beside(name), **part(name, ONE, ours, theirs)}
    applied(store, declared({"properties": before}), None, reviewed=False)
    wanted = {name: {**ONE[name], ours: TWO[name][ours]}}
    wanted[name] = {k: wanted[name][k] for k in part(name, ONE, ours, theirs)[name]}
    edit = {name: {**held(store)[name], theirs: TWO[name][theirs]}, **beside(name)}
    after = declared({"properties": {**beside(name), **wanted}})

    report = applied(store, after, edit, reviewed=True)

    assert plain(held(store)[name][theirs]) == plain(TWO[name][theirs])
    [result] = report.results
    assert (str(result.outcome), report.exit_code) == ("moved since the plan", 4)
    assert f"{name}.{theirs}" in result.reason
    # Unattended the file decides, and the report lists what was overwritten.
    again = applied(store, after, None, reviewed=False)
    assert again.exit_code == 0
    assert plain(held(store)[name][theirs]) == plain(ONE[name][theirs])


@NESTED
@HELD_BACK
@pytest.mark.parametrize("days", [20, 300])
def test_an_end_beside_dialin_is_kept_or_has_moved(
    nested: str, reviewed: bool, days: int
) -> None:
    """A later `exp` rides along; an earlier one is not overwritten when reviewed."""
    store = world(nested)
    expires = {"expires": {"after": "180d", "renew_before": "10d"}}
    dialin = {"display_name": "Phone"}
    applied(
        store,
        declared({**expires, "properties": {"dialin": dialin}}),
        None,
        reviewed=False,
    )
    after = declared({**expires, "properties": {"dialin": {"display_name": "New"}}})

    report = applied(store, after, {"exp": NOW + days * DAY}, reviewed=reviewed)

    [result] = report.results
    assert held(store)["exp"] == NOW + days * DAY
    assert (result.outcome is Outcome.MOVED) == (reviewed and days == 20)
    assert report.exit_code == (4 if result.outcome is Outcome.MOVED else 0)


@NESTED
def test_a_declared_end_that_moved_is_not_overwritten_when_reviewed(
    nested: str,
) -> None:
    """A fixed `exp` is read again before it is written, too."""
    store = world(nested)
    for exp in (50, 60):
        config = declared({"properties": {"exp": NOW + exp * DAY}})
        edit = {"exp": NOW + 55 * DAY} if exp == 60 else None
        report = applied(store, config, edit, reviewed=exp == 60)

    assert held(store)["exp"] == NOW + 55 * DAY
    assert report.exit_code == 4


@HELD_BACK
def test_a_renewal_keeps_an_end_that_is_later_by_now(reviewed: bool) -> None:
    """Whoever was asked is not overruled."""
    store = world("merge")
    room = {"properties": {"dialin": {"display_name": "Phone"}}}
    short = {"expires": {"after": "20d", "renew_before": "1d"}}
    long = {"expires": {"after": "180d", "renew_before": "60d"}}
    applied(store, declared({**room, **short}), None, reviewed=False)

    later = {"exp": NOW + 300 * DAY} if reviewed else None
    report = applied(store, declared({**room, **long}), later, reviewed=reviewed)

    assert report.exit_code == 0
    assert held(store)["exp"] == NOW + (300 if reviewed else 180) * DAY


def test_a_room_that_was_made_meanwhile_has_moved() -> None:
    """What was reviewed is a new room; unattended it is brought to what is declared."""
    for reviewed in (True, False):
        store = new_store(Assume())
        config = declared({"properties": {"enable_chat": True}})
        with client_of(store, writable=True) as client:
            plan = make_plan(config, read_live(client, config), now=NOW)
            client.send("POST", "/rooms", {"name": "r", "properties": {"lang": "de"}})
            options = Options(now=lambda: NOW, rescue_file=Path("x"), reviewed=reviewed)
            report = apply_plan(client, plan, options)

        assert report.exit_code == (4 if reviewed else 0)
        assert ("enable_chat" in held(store)) is not reviewed
        assert held(store)["lang"] == "de"


def test_a_plain_update_costs_no_further_request() -> None:
    """Only objects and ends are read again."""
    store = new_store(Assume())
    applied(
        store, declared({"properties": {"enable_chat": True}}), None, reviewed=False
    )
    config = declared({"properties": {"enable_chat": False}})
    with client_of(store, writable=True) as client:
        plan = make_plan(config, read_live(client, config), now=NOW)
        asked = client.counters.requests
        options = Options(now=lambda: NOW, rescue_file=Path("x"), reviewed=True)
        apply_plan(client, plan, options)

        assert client.counters.requests - asked == 1 + plan.live.requests


NUMBER = drawn.NUMBERS[0]
STORES = pytest.mark.parametrize("store_name", ["current", "legacy"])


def numbers_of(store_name: str, body: Any, **limits: Any) -> Config:
    """A config of one number."""
    return config_from(store_name, {"phone_numbers": {NUMBER: body}, **limits})


def prefixed(name_prefix: str) -> Any:
    """A number that asks for a PIN."""
    return {"pin_dialin": {"name_prefix": name_prefix}}


def number_applied(
    store_name: str, wanted: Any, theirs: Any, *, reviewed: bool, start: Any = None
) -> tuple[Report, list[LiveAssignment], Report]:
    """Plan, let somebody else write the number, and apply.

    Returns the report, what is there afterwards, and the report of a next run.
    """
    store = new_store(Assume())
    options = Options(now=lambda: NOW, rescue_file=Path("rescue.json"))
    config = numbers_of(store_name, wanted)
    with client_of(store, writable=True) as client:
        begin = numbers_of(store_name, start or prefixed("a"))
        plan = make_plan(begin, read_live(client, begin), now=NOW)
        assert apply_plan(client, plan, options).exit_code == 0
        plan = make_plan(config, read_live(client, config), now=NOW)
        (entry,) = plan.live.assignments
        if store_name == "current":
            path = f"/domain-dialin-config/{entry.id}"
            if theirs is None:
                client.send("DELETE", path)
            else:
                client.send("PUT", path, {"phone_number": NUMBER, **theirs})
        else:
            entries = [] if theirs is None else [{"phone_number": NUMBER, **theirs}]
            client.send("POST", "/", {"properties": {entry.type: entries}})
        report = apply_plan(client, plan, replace(options, reviewed=reviewed))
        live = read_live(client, config)
        again = make_plan(config, live, now=NOW)
        return report, list(live.assignments), apply_plan(client, again, options)


@STORES
def test_a_reviewed_number_that_was_changed_meanwhile_has_moved(
    store_name: str,
) -> None:
    """The other write is kept, and the code says that nothing was written."""
    theirs = {"name_prefix": "theirs"}

    report, [entry], _ = number_applied(
        store_name, prefixed("b"), theirs, reviewed=True
    )

    assert [r.outcome for r in report.results] == [Outcome.MOVED]
    assert entry.fields["name_prefix"] == "theirs"
    assert (report.exit_code, report.wrote) == (4, False)


@STORES
def test_a_number_that_was_changed_meanwhile_is_planned_again_unattended(
    store_name: str,
) -> None:
    """What somebody else put beside the declared fields is kept, as in a next run."""
    theirs = {"name_prefix": "theirs", "ivr_greeting": {"message": "Hello."}}

    report, [entry], after = number_applied(
        store_name, prefixed("b"), theirs, reviewed=False
    )

    [result] = report.results
    assert (result.outcome, report.exit_code) == (Outcome.DONE, 0)
    assert result.remark == "it was changed in Daily after the plan"
    assert entry.fields["name_prefix"] == "b"
    assert entry.fields["ivr_greeting"] == theirs["ivr_greeting"]
    assert after.results == ()


@STORES
@HELD_BACK
def test_a_number_that_is_as_declared_by_now_is_done(
    store_name: str, reviewed: bool
) -> None:
    """Somebody else has done it: nothing is written."""
    for wanted, theirs in (
        (prefixed("b"), {"name_prefix": "b"}),
        ({"state": "absent"}, None),
    ):
        report, _, after = number_applied(store_name, wanted, theirs, reviewed=reviewed)

        assert [r.outcome for r in report.results] == [Outcome.DONE]
        assert (report.exit_code, after.results) == (0, ())


@STORES
@HELD_BACK
def test_a_number_that_needs_another_action_by_now_is_left_to_the_next_run(
    store_name: str, reviewed: bool
) -> None:
    """An entry that vanished is to be made again, which is another change."""
    report, left, after = number_applied(
        store_name, prefixed("b"), None, reviewed=reviewed
    )

    assert [r.outcome for r in report.results] == [Outcome.MOVED]
    assert (report.exit_code, left) == (4, [])
    assert (after.exit_code, len(after.results)) == (0, 1)


@STORES
def test_a_number_planned_again_stands_before_its_gates(store_name: str) -> None:
    """An `hmac` that is hidden by now would be replaced by another one."""
    hook = {"room_creation_api": "https://hooks.example.com/daily"}
    wanted = {"pinless_dialin": {**hook, "name_prefix": "b"}}
    store = new_store(Assume())
    options = Options(now=lambda: NOW, rescue_file=Path("rescue.json"))
    with client_of(store, writable=True) as client:
        begin = numbers_of(store_name, {"pinless_dialin": {**hook}})
        plan = make_plan(begin, read_live(client, begin), now=NOW)
        assert apply_plan(client, plan, options).exit_code == 0
        config = numbers_of(store_name, wanted)
        plan = make_plan(config, read_live(client, config), now=NOW)
        store.settings = replace(store.settings, assume=Assume(hmac="hidden"))
        report = apply_plan(client, plan, options)

    [result] = report.results
    assert (result.outcome, report.wrote) == (Outcome.BLOCKED, False)
    assert "hmac-rotation" in result.reason


PHONE = {"dialin": {"display_name": "Phone"}}


@HELD_BACK
@pytest.mark.parametrize("absent", [True, False], ids=["deleted", "ends-sooner"])
def test_a_room_that_callers_can_join_by_now_has_moved(
    reviewed: bool, absent: bool
) -> None:
    """A PIN that appeared after the review is not taken away or cut short."""
    store = world("merge")
    first = declared({"properties": {"exp": NOW + 50 * DAY}})
    applied(store, first, None, reviewed=False)
    room = {"state": "absent"} if absent else {"properties": {"exp": NOW + 9 * DAY}}
    config = config_from("current", {"rooms": {"r": room}})
    edit = {**PHONE, "exp": NOW + 50 * DAY}

    report = applied(store, config, edit, reviewed=reviewed)

    [result] = report.results
    assert (result.outcome is Outcome.MOVED) is reviewed
    assert report.exit_code == (4 if reviewed else 0)
    if reviewed:
        assert held(store)["exp"] == NOW + 50 * DAY


def test_a_room_that_is_gone_before_its_deletion_is_done() -> None:
    """Somebody else has done what was reviewed."""
    store = world("merge")
    applied(store, declared({"properties": {"lang": "de"}}), None, reviewed=False)
    config = config_from("current", {"rooms": {"r": {"state": "absent"}}})
    with client_of(store, writable=True) as client:
        plan = make_plan(config, read_live(client, config), now=NOW)
        client.send("DELETE", "/rooms/r")
        options = Options(now=lambda: NOW, rescue_file=Path("x"), reviewed=True)
        report = apply_plan(client, plan, options)

    assert [r.outcome for r in report.results] == [Outcome.DONE]
