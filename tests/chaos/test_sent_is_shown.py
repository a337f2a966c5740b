"""What a run sends is what its plan showed: key by key, no more and no less.

The requests of the run are compared with the plan's JSON document, which says for
each leaf what is sent. Only a secret is compared by its path alone.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from answers import client_on
from chaos import drawn
from chaos.drawn import ASSUMES, CONFIGS, NOW, STORES, Node, applied, config_from
from chaos.test_properties import holds
from hypothesis import strategies as st

from reconciler.core.body.listing import leaves
from reconciler.core.plan import make_plan
from reconciler.core.plan.approval import read_approved, unapproved
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import check_gates
from reconciler.core.plan.model import Selection
from reconciler.daily.read import read_live
from reconciler.daily.write import Options, apply_plan
from reconciler.render.json.documents import plan_document
from reconciler.sandbox.settings import Assume
from reconciler.sandbox.state.store import Store

EFFORT = [
    pytest.param(60, id="some"),
    pytest.param(2_000, id="many", marks=pytest.mark.chaos),
]
LISTS = ("fields", "also_sent", "carried")
Leaves = dict[tuple[Any, ...], Any]


def shown(change: Node) -> Leaves:
    """Every leaf that a change of the document says it sends."""
    return {tuple(f["path"]): f["after"] for name in LISTS for f in change[name]}


def sent(request: httpx.Request) -> Iterator[tuple[str, str, Leaves]]:
    """Kind, key and leaves of everything that a request writes."""
    path = request.url.path.removeprefix("/v1")
    body = json.loads(request.content) if request.content else {}
    if path == "/batch/rooms":
        for room in body["rooms"]:
            yield "room", room["name"], of_room(room)
    elif path.startswith("/rooms"):
        name = body.get("name") or path.removeprefix("/rooms/")
        yield "room", name, of_room(body)
    elif path.startswith("/domain-dialin-config"):
        yield "number", body["phone_number"], of_entry(body)
    else:
        for kind, entries in body["properties"].items():
            for entry in entries:
                yield "number", entry["phone_number"], of_entry({**entry, "type": kind})


def of_room(body: Node) -> Leaves:
    """The leaves of a room's body, its numbers bare."""
    flat = {k: v for k, v in body.items() if k == "privacy"}
    flat |= body.get("properties", {})
    listed = (flat.get("dialin") or {}).get("room_numbers")
    if listed is not None:
        bare = [item["phone_number"] for item in listed]
        flat["dialin"] = {**flat["dialin"], "room_numbers": bare}
    return dict(leaves(flat))


def of_entry(body: Node) -> Leaves:
    """The leaves of an assignment's body but for its number."""
    return dict(leaves({k: v for k, v in body.items() if k != "phone_number"}))


def in_lists(store: Store) -> list[Leaves]:
    """The entries of the legacy lists as they would be sent back."""
    return [
        of_entry({**{k: v for k, v in entry.items() if k != "sip_uri"}, "type": kind})
        for kind, entries in store.legacy.items()
        for entry in entries or ()
    ]


def differs(listed: Leaves, body: Leaves, *, in_list: bool) -> bool:
    """Tell whether more, less or something else is sent than what is listed."""
    if in_list:
        # The list says the type, and a null leaves its key out.
        listed = {p: v for p, v in listed.items() if v is not None and p != ("type",)}
        body = {p: v for p, v in body.items() if p != ("type",)}
    if listed.keys() != body.keys():
        return True
    return any(
        listed[path] != value and "(secret)" not in json.dumps(listed[path])
        for path, value in body.items()
    )


@pytest.mark.parametrize("examples", EFFORT)
def test_what_is_sent_is_what_the_plan_showed(examples: int) -> None:
    """For any config, domain and world, and what is sent again on request.

    The plan that was shown approves the run, and afterwards nothing is left to do.
    """

    def check(
        assume: Assume, chosen: str, before: Node, after: Node, resend: bool
    ) -> None:
        store = drawn.new_store(assume)
        with tempfile.TemporaryDirectory() as folder:
            rescue = Path(folder) / "rescue.json"
            applied(store, config_from(chosen, before), rescue)
            config = config_from(chosen, after)
            writes: list[tuple[httpx.Request, list[Leaves]]] = []

            def handler(request: httpx.Request) -> httpx.Response:
                if request.method in ("POST", "PUT"):
                    writes.append((request, in_lists(store)))
                return drawn.answer_of(store, request)

            with client_on(handler, writable=True) as client:
                selection = Selection(resend=lambda _kind, _key: resend)
                live = read_live(client, config)
                plan = make_plan(config, live, now=NOW, selection=selection)
                gates = check_gates(plan, {})
                document: Node = plan_document(
                    plan, gates, Estimate(), 0, digest="", tool="0"
                )
                options = Options(now=lambda: NOW, rescue_file=rescue, reviewed=True)
                report = apply_plan(client, plan, options)

        changes: dict[tuple[str, str], list[Leaves]] = {}
        for change in document["changes"]:
            entry = changes.setdefault((change["kind"], change["key"]), [])
            if change["action"] != "delete":
                entry.append(shown(change))
        legacy = chosen == "legacy"
        done: set[tuple[str, str]] = set()
        for request, held in writes:
            for kind, key, body in sent(request):
                in_list = legacy and kind == "number"
                listed = changes.get((kind, key), [])
                if any(not differs(one, body, in_list=in_list) for one in listed):
                    done.add((kind, key))
                    continue
                # A legacy list is written whole: the others stand in it as they were.
                assert in_list, (kind, key, body, listed)
                assert body in held, (key, body, listed)
        assert report.exit_code == 0, [
            (r.change.address, r.reason) for r in report.results
        ]
        assert {where for where, listed in changes.items() if listed} == done
        assert unapproved(plan, read_approved(document)) == ()
        again = drawn.plan_of(store, config)
        assert [(c.action, c.address, c.fields) for c in again.changes] == []

    holds(
        examples,
        check,
        assume=ASSUMES,
        chosen=STORES,
        before=CONFIGS,
        after=CONFIGS,
        resend=st.booleans(),
    )
