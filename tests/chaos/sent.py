"""What the requests of a run send, leaf by leaf, and what a plan's document lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
from chaos.drawn import Node, key_of

from reconciler.core.body.listing import leaves
from reconciler.sandbox.state.store import Store

LISTS = ("fields", "also_sent", "carried")
Leaves = dict[tuple[Any, ...], Any]


def shown(change: Node) -> Leaves:
    """Every leaf that a change of the document says it sends of its own resource.

    A change of a legacy list also lists the `hmac` of other numbers, by their number.
    """
    listed = {tuple(f["path"]): f["after"] for name in LISTS for f in change[name]}
    return {path: v for path, v in listed.items() if not str(path[0]).startswith("+")}


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
                yield "number", key_of(entry), of_entry({**entry, "type": kind})


def of_room(body: Node) -> Leaves:
    """The leaves of a room's body, its numbers bare."""
    flat = {k: v for k, v in body.items() if k == "privacy"}
    flat |= body.get("properties", {})
    listed = (flat.get("dialin") or {}).get("room_numbers")
    if listed is not None:
        bare = [n["phone_number"] if isinstance(n, dict) else n for n in listed]
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


def differs(
    listed: Leaves, body: Leaves, known: Iterable[Leaves], *, in_list: bool
) -> bool:
    """Tell whether more, less or something else is sent than what is listed.

    `known`: what is declared and what was held; a secret that is sent is one of both.
    """
    if in_list:
        # The list says the type, and a null leaves its key out.
        listed = {p: v for p, v in listed.items() if v is not None and p != ("type",)}
        body = {p: v for p, v in body.items() if p != ("type",)}
    if listed.keys() != body.keys():
        return True
    return any(
        listed[path] != value
        and not (_hides(listed[path]) and any(k.get(path) == value for k in known))
        for path, value in body.items()
    )


def _hides(label: Any) -> bool:
    """Tell whether a value of the document stands for one that is not shown."""
    text = json.dumps(label)
    return any(mark in text for mark in ("(secret)", "***", "${"))
