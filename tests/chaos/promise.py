"""One plan and one apply of the command line, for a case drawn by chance.

What came of it is judged next door (`judging`), by what was really sent and by the raw
state of the sandbox: neither is asked of the program.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from answers import URL
from chaos import drawn
from chaos.drawn import NOW, Node
from chaos.drawncase import Case, live_store
from chaos.mixing import meddle
from chaos.revision import SECRETS, with_nulls, written
from chaos.running import Ran, run_here
from chaos.sent import Leaves, in_lists

from reconciler.daily.http.network import Network
from reconciler.sandbox.state.store import Store


@dataclass(slots=True)
class Trial:
    """What a case left behind. `writes`: requests, and the legacy lists before each.

    `before`: the domain before the run, with what others changed on the way; `first`:
    without that. `allowed`: the gates that were opened, by name and count. `seen`: what
    others changed was there before the last write, and so before the last reading.
    """

    first: Store
    before: Store
    store: Store
    plan: Ran
    document: Node
    apply: Ran
    report: Node
    again: Node
    writes: list[tuple[httpx.Request, int, list[Leaves]]]
    allowed: Mapping[str, int]
    seen: bool


def tried(case: Case, folder: Path) -> Trial:
    """Plan against the base, apply, and plan again."""
    store = live_store(case)
    first = before = copy.deepcopy(_plain(store))
    unseen_from = 0
    readings = itertools.count(2)
    applying = False
    chance = random.Random(repr(case.base))
    writes: list[tuple[httpx.Request, int, list[Leaves]]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal before, unseen_from
        if applying and request.method == "GET" and next(readings) == case.meddled:
            with store.lock:
                meddle(store, case.chosen, case.base, chance, request.url.path)
                before, unseen_from = copy.deepcopy(_plain(store)), len(writes)
        held = in_lists(store) if request.method in ("POST", "PUT") else []
        answer = drawn.answer_of(store, request)
        if request.method != "GET":
            writes.append((request, answer.status_code, held))
        return answer

    config = with_nulls(case) if case.nulls else case.config
    _write(folder / "base", written(case, case.base))
    _write(folder / "daily", written(case, config, hidden=case.hidden))
    only = _words("--only", case.only)
    # Only an approved plan tells an apply what this revision changed.
    against = ["--base", "base"] if case.reviewed else []
    planning = ["plan", "daily", *only, "--format", "json"]
    with _network(handler):
        plan = _run(folder, *planning, *against, "--out", "plan.json")
        document = json.loads(plan.out)
        if case.meddled == 1:
            meddle(store, case.chosen, case.base, chance)
            before = copy.deepcopy(_plain(store))
        allowed = _allowed(case, document)
        # The default lock is one for all tests that run at a time.
        options = ["apply", "daily", *only, "--yes", "--lock-file", "lock"]
        options += ["--format", "json", *_words("--resend", case.resend)]
        options += _words("--allow", [f"{name}={n}" for name, n in allowed.items()])
        if case.reviewed:
            options += ["--plan", "plan.json"]
            options += ["--skip-unapproved"] if case.skip else []
        applying = True
        applied = _run(folder, *options)
        applying, made = False, len(writes)
        again = _run(folder, *planning)
        assert len(writes) == made
    return Trial(
        first,
        before,
        store,
        plan,
        document,
        applied,
        json.loads(applied.out),
        json.loads(again.out),
        writes,
        allowed,
        seen=case.meddled < 2 or unseen_from < made,
    )


def _write(folder: Path, texts: list[str]) -> None:
    folder.mkdir()
    for n, text in enumerate(texts):
        (folder / f"{n}.yaml").write_text(text)


def _words(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _plain(store: Store) -> Any:
    return _Raw(
        rooms={name: copy.deepcopy(room) for name, room in store.rooms.items()},
        legacy=copy.deepcopy(store.legacy),
        dialin_configs=copy.deepcopy(store.dialin_configs),
    )


@dataclass(slots=True)
class _Raw:
    rooms: dict[str, Any]
    legacy: dict[str, Any]
    dialin_configs: dict[str, Any]


def _allowed(case: Case, document: Node) -> dict[str, int]:
    gates = [g for g in document.get("gates", ()) if not g["open"]]
    less = int(case.allow == "short")
    found = {g["name"]: g["count"] - less for g in gates} if case.allow else {}
    found = {name: n for name, n in found.items() if n}
    return {**found, "new-pin": 9} if case.pins else found


def _network(handler: Any) -> Any:
    """Stands in for the sockets of every client."""

    def network(*args: Any, **options: Any) -> Network:
        options["transport"] = httpx.MockTransport(handler)
        return Network(*args, **options)

    return mock.patch("reconciler.daily.http.client.Network", network)


def _run(folder: Path, *args: str) -> Ran:
    values = {name: value for value, name in SECRETS.items()}
    with mock.patch.dict(os.environ, values):
        return run_here(folder, URL, *args, now=lambda: NOW)
