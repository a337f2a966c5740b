"""The log of API calls: GET `/logs/api`.

Documented: the parameters, the default limit of 20, a bare array, the fields of
an entry, and that `request` and `response` are JSON text or null. One refusal is
documented, and its form is used for all of them. Assumed: a page holds 100 at
most, `url` is a path without its query and has to be equal, reading the log is
not logged, and bodies are not masked.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.sandbox.api.pages import stretch
from reconciler.sandbox.api.refusal import Refusal, invalid
from reconciler.sandbox.state.calls import Call
from reconciler.sandbox.state.roomindex import iso

if TYPE_CHECKING:
    from reconciler.sandbox.state.store import Store

PATH = "/logs/api"
DEFAULT, PAGE = 20, 100
SOURCES = ("webhook", "api")


def list_calls(store: Store, query: Mapping[str, str]) -> list[dict[str, object]]:
    """Answer one page, newest first. The sandbox sends no webhooks to log."""
    _check(query)
    source, url = query.get("source", "api"), query.get("url")
    calls = [
        call for call in store.calls if source == "api" and url in (None, call.url)
    ]
    places = {call.id: place for place, call in enumerate(calls)}
    for name in ("starting_after", "ending_before"):
        cursor = query.get(name)
        if cursor and cursor not in places and cursor != "OLDEST":
            raise _wrong(name, "must be the id of a log", cursor)
    asked = {"limit": str(DEFAULT), **query}
    start, stop = stretch(asked, len(calls), PAGE, places.get)
    return [_show(store, call) for call in calls[start:stop]]


def _check(query: Mapping[str, str]) -> None:
    source, limit = query.get("source", "api"), query.get("limit", "1")
    if source not in SOURCES:
        raise _wrong("source", f"must be one of [{', '.join(SOURCES)}]", source)
    if not (limit.isascii() and limit.isdigit() and 0 < int(limit[:11]) < 2**31):
        raise _wrong("limit", "must be a positive 32-bit integer", limit)


def _wrong(name: str, rule: str, value: str) -> Refusal:
    return invalid(f'"{name}" {rule} [Received {name}="{value}"]\n')


def _show(store: Store, call: Call) -> dict[str, object]:
    return {
        "id": call.id,
        "userId": str(uuid.uuid5(uuid.NAMESPACE_OID, store.domain_id)),
        "domainId": store.domain_id,
        "source": "api",
        "ip": "127.0.0.1",
        "method": call.method,
        "url": call.url,
        "status": call.status,
        "createdAt": iso(call.at),
        "request": _json_text(call.request),
        "response": _json_text(call.response),
    }


def _json_text(body: bytes) -> str | None:
    """Give a body as text when it is JSON, else null."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return None
    # A byte order mark is no part of the text.
    return body.decode("utf-8-sig", "replace")
