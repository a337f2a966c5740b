"""Answers that leave out some of the legacy lists never cost anybody an assignment."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from kit import World

from reconciler.sandbox.state import legacy
from reconciler.sandbox.state.store import Store

MakeWorld = Callable[..., World]
Node = dict[str, Any]

PINLESS = "pinless_dialin"
HOOK = "https://example.com/daily/foreign"
FOREIGN: list[Node] = [
    {"phone_number": "+12095550102", "room_creation_api": HOOK, "hmac": "Zm9yZWlnbg=="},
    {"name_prefix": "sip", "room_creation_api": HOOK, "hmac": "c2lwIG9ubHk="},
]
OURS = {
    "+12095550100": {"pin_dialin": {"name_prefix": "pin"}},
    "+12095550101": {
        PINLESS: {
            "name_prefix": "support",
            "room_creation_api": "https://example.com/daily/incoming",
            "hmac": "b25lIHNlY3JldA==",
        }
    },
}


def _without_pinless(lists: Node) -> Node:
    return {kind: shown for kind, shown in lists.items() if kind != PINLESS}


def _null(lists: Node) -> Node:
    return {**lists, PINLESS: None}


def _empty(lists: Node) -> Node:
    return {**lists, PINLESS: []}


def _one_less(lists: Node) -> Node:
    return {**lists, PINLESS: (lists[PINLESS] or [])[1:]}


def _without_hmac(lists: Node) -> Node:
    kept = [
        {key: value for key, value in entry.items() if key != "hmac"}
        for entry in lists[PINLESS] or []
    ]
    return {**lists, PINLESS: kept}


SPOILED = {
    "absent": _without_pinless,
    "null": _null,
    "empty": _empty,
    "one-less": _one_less,
    "no-hmac": _without_hmac,
}
EVERY = [(k, offset) for k in (2, 3, 4) for offset in range(k)]


def spoil(
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Node], Node],
    is_spoiled: Callable[[int], bool],
) -> None:
    """Let some answers to `GET /` show less; `is_spoiled` gets their place from 0."""
    whole, count = legacy.show_lists, iter(range(10_000))

    def show(store: Store) -> Node:
        lists = whole(store)
        return change(lists) if is_spoiled(next(count)) else lists

    monkeypatch.setattr(legacy, "show_lists", show)


def foreign_world(make_world: MakeWorld, store: str, **settings: Any) -> World:
    """A world with foreign entries in the legacy list, and a file with two numbers."""
    world = make_world(**settings)
    for entry in FOREIGN:
        world.sandbox.store.add_legacy(PINLESS, entry)
    world.write(f"dialin_store: {store}\nphone_numbers: {json.dumps(OURS)}\n")
    return world


def foreign(world: World) -> list[Node]:
    """What the legacy list still holds of the entries that no file mentions."""
    listed = world.sandbox.store.legacy[PINLESS] or []
    return [e for e in listed if e.get("phone_number") not in OURS]


@pytest.mark.parametrize("kind", SPOILED)
@pytest.mark.parametrize("store", ["legacy", "current"])
@pytest.mark.parametrize(("k", "offset"), EVERY)
def test_every_kth_answer_shows_less(
    make_world: MakeWorld,
    monkeypatch: pytest.MonkeyPatch,
    store: str,
    kind: str,
    k: int,
    offset: int,
) -> None:
    """No foreign entry is lost, whichever answers leave something out."""
    world = foreign_world(make_world, store)
    before = foreign(world)
    spoil(monkeypatch, SPOILED[kind], lambda n: n % k == offset)

    ran = world.run("apply", "config.yaml", "--yes")

    assert foreign(world) == before
    assert ran.code in (0, 1, 3, 4), ran.out + ran.err
    assert world.writes() or ran.code in (1, 3, 4)


@pytest.mark.parametrize("kind", SPOILED)
@pytest.mark.parametrize("good", range(1, 4))
def test_what_only_the_first_answers_showed_is_not_overwritten(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, kind: str, good: int
) -> None:
    """All later readings show less: nothing is written, and what is missing is named.

    The rescue file holds what the earlier reading showed.
    """
    world = foreign_world(make_world, "legacy")
    before = foreign(world)
    # The plan reads once, each write twice: from there on the answers follow it.
    spoil(monkeypatch, SPOILED[kind], lambda n: n >= good)

    ran = world.run("apply", "config.yaml", "--yes", "--rescue-file", "rescue.json")

    if good < 3:
        assert foreign(world) == before
        assert world.writes() == []
        assert "+12095550102 (pinless_dialin, legacy store)" in ran.out
    assert ran.code == 3
    saved = json.loads((world.folder / "rescue.json").read_text())["assignments"]
    assert {e["phone_number"] for e in saved} == {None, "+12095550102"}


def test_a_gate_that_closes_after_the_plan_stops_the_write(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that is no longer shown is not replaced, although nothing was in it."""
    world = make_world()
    world.write(f"dialin_store: legacy\nphone_numbers: {json.dumps(OURS)}\n")
    spoil(monkeypatch, _without_pinless, lambda n: n > 0)

    ran = world.run("apply", "config.yaml", "--yes")

    assert ran.code == 1
    assert world.writes() == []
    assert "blocked by gate blind-list-write" in ran.out
    assert "--allow blind-list-write=1" in ran.out


@pytest.mark.parametrize("kind", SPOILED)
@pytest.mark.parametrize(("k", "offset"), EVERY)
def test_restore_loses_nothing_either(
    make_world: MakeWorld,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    k: int,
    offset: int,
) -> None:
    """A restore compares all of its readings as an apply does."""
    world = foreign_world(make_world, "legacy")
    lost = {"name_prefix": "lost", "room_creation_api": HOOK, "hmac": "bG9zdA=="}
    entries = [
        {
            "store": store,
            "type": PINLESS,
            "phone_number": number,
            "id": "",
            "position": 5,
            "fields": lost,
        }
        for store, number in (("legacy", "+12095550103"), ("current", "+12095550100"))
    ]
    (world.folder / "rescue.json").write_text(
        json.dumps(
            {"version": 1, "domain": "acme", "managed": [], "assignments": entries}
        )
    )
    before = foreign(world)
    spoil(monkeypatch, SPOILED[kind], lambda n: n % k == offset)

    ran = world.run("restore", "rescue.json", "--yes")

    assert [e for e in foreign(world) if e.get("name_prefix") != "lost"] == before
    assert ran.code in (0, 1, 3, 4), ran.out + ran.err
    assert ran.code != 1 or world.writes() == []
