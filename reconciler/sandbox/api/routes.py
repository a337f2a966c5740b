"""From a request to an answer, with no socket, no clock and no file in sight.

`handle` authenticates, reads the body, and calls what the path names. What
goes wrong on the way to that is answered here: wrong or missing key, wrong
content type, broken JSON, unknown path.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from reconciler.sandbox.api import dialin_config as dialin
from reconciler.sandbox.api import domain, logs, numbers, presence
from reconciler.sandbox.api import rooms as roomcalls
from reconciler.sandbox.api.refusal import Refusal, invalid, missing
from reconciler.sandbox.state.roomindex import Room
from reconciler.sandbox.state.store import Store

BASE = "/v1"

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case; `path` still has the base."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def segments(self) -> tuple[str, ...]:
        """The decoded parts of the path below the base; see `relative`."""
        return tuple(unquote(part) for part in relative(self.path).split("/") if part)

    @property
    def parameters(self) -> dict[str, str]:
        """The query as a mapping; the last of two equal names counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, ready to be sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def relative(path: str) -> str:
    """Cut the base off a path; a path outside the base stays as it is."""
    if path == BASE or path.startswith(BASE + "/"):
        return path[len(BASE) :] or "/"
    return path


def answer(status: int, body: object, **headers: str) -> Response:
    """Build a JSON answer."""
    text = json.dumps(body, separators=(",", ":"))
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Response(status, text.encode(), {**kind, **headers})


def handle(store: Store, request: Request, now: float) -> Response:
    """Answer one request at the moment `now` (Unix seconds)."""
    try:
        _authenticate(request.headers.get("authorization"), store.settings.key)
        if relative(request.path) == request.path:
            raise missing(f"there is nothing at {request.path}")
        call = _find(request)
        body = _read_body(request) if request.method != "GET" else {}
        with store.lock:
            # Written out under the lock: the answer may share parts of the state.
            return answer(200, call(store, request, body, now))
    except Refusal as refusal:
        return answer(refusal.status, refusal.body)


def _authenticate(header: str | None, key: str) -> None:
    kind, _, token = (header or "").partition(" ")
    if kind != "Bearer" or not token.strip():
        raise Refusal(
            400, "authorization-header-error", "bad Authorization header format"
        )
    if not hmac.compare_digest(token.strip().encode(), key.encode()):
        raise Refusal(401, "authentication-error")


def _read_body(request: Request) -> Body:
    """Read a JSON object; a DELETE without one is fine."""
    if request.method == "DELETE" and not request.body:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise invalid("the content type should be application/json")
    try:
        body = json.loads(request.body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refusal(
            400, "json-parsing-error", "the body could not be read as JSON"
        ) from None
    if not isinstance(body, dict):
        raise invalid("the body should be a JSON object")
    return body


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


Call = Callable[[Store, Request, Body, float], object]


def _find(request: Request) -> Call:
    """Find the call for a method and path; one part of a path may be a name."""
    segments = request.segments
    shape = (segments[0], "*") if len(segments) == 2 else segments
    call = _CALLS.get((request.method, *segments)) or _CALLS.get(
        (request.method, *shape)
    )
    if call is None:
        raise missing(f"there is no {request.method} at {relative(request.path)}")
    return call


def _post_domain(store: Store, _: Request, body: Body, now: float) -> object:
    domain.update_domain(store, body, now)
    return domain.show_domain(store)


def _one_room(store: Store, room: Room, *, created: bool = False) -> object:
    return roomcalls.show(store, [room], created=created)[0]


def _delete_config(store: Store, request: Request, _: Body, _now: float) -> object:
    dialin.delete(store, request.segments[1])
    return {"status": "ok"}


_CALLS: Mapping[tuple[str, ...], Call] = {
    ("GET",): lambda store, _, __, ___: domain.show_domain(store),
    ("POST",): _post_domain,
    ("GET", "rooms"): lambda store, request, _, now: roomcalls.list_rooms(
        store, request.parameters, now
    ),
    ("POST", "rooms"): lambda store, _, body, now: _one_room(
        store, roomcalls.create(store, body, now), created=True
    ),
    ("GET", "rooms", "*"): lambda store, request, _, now: _one_room(
        store, roomcalls.find(store, request.segments[1], now)
    ),
    ("POST", "rooms", "*"): lambda store, request, body, now: _one_room(
        store, roomcalls.update(store, request.segments[1], body, now)
    ),
    ("DELETE", "rooms", "*"): lambda store, request, _, now: roomcalls.delete(
        store, request.segments[1], now
    ),
    ("POST", "batch", "rooms"): lambda store, _, body, now: roomcalls.show(
        store, roomcalls.create_batch(store, body, now), created=True
    ),
    ("DELETE", "batch", "rooms"): lambda store, _, body, now: {
        "deleted_count": roomcalls.delete_batch(store, body, now)
    },
    ("GET", "domain-dialin-config"): lambda store, request, _, __: dialin.list_configs(
        store, request.parameters
    ),
    ("POST", "domain-dialin-config"): lambda store, _, body, now: dialin.show_config(
        store, dialin.create(store, body, now)
    ),
    ("GET", "domain-dialin-config", "*"): lambda store, request, _, __: (
        dialin.show_config(store, dialin.find(store, request.segments[1]))
    ),
    ("PUT", "domain-dialin-config", "*"): lambda store, request, body, now: (
        dialin.show_config(store, dialin.update(store, request.segments[1], body, now))
    ),
    ("DELETE", "domain-dialin-config", "*"): _delete_config,
    ("GET", "logs", "api"): lambda store, request, _, __: logs.list_calls(
        store, request.parameters
    ),
    ("GET", "presence"): lambda store, _, __, now: presence.show_presence(
        store.meetings, now
    ),
    ("GET", "purchased-phone-numbers"): lambda store, request, _, __: (
        numbers.list_numbers(store.numbers, request.parameters)
    ),
}
