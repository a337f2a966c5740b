"""What can go wrong with one exchange, each as a function of that exchange."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from chaos.proxy import Answer, Exchange, Fault, Later

_HTML: Final = {"Content-Type": "text/html"}
_PAGE: Final = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def _error(status: int, code: str, **headers: str) -> Answer:
    body = json.dumps({"error": code, "info": "made by the proxy"}).encode()
    return Answer(status, body, {"Content-Type": "application/json", **headers})


def instead(answer: Answer) -> Fault:
    """Answer without asking the sandbox."""

    def fault(exchange: Exchange) -> None:
        exchange.reply(answer)

    return fault


def after(change: Callable[[Answer], Answer], *, cut: bool = False) -> Fault:
    """Let the sandbox do it, and answer something else than it did."""

    def fault(exchange: Exchange) -> None:
        exchange.reply(change(exchange.forward()), cut=cut)

    return fault


def reset_before(exchange: Exchange) -> None:
    """The connection breaks, and nothing was done."""
    exchange.reset()


def reset_after(exchange: Exchange) -> None:
    """It was done, and the connection breaks before the answer."""
    exchange.forward()
    exchange.reset()


def slow_after(exchange: Exchange) -> Later:
    """It is done at once, and the answer comes after `--timeout`."""
    exchange.forward()
    return exchange.wait_gone


def slow_before(exchange: Exchange) -> Later:
    """Nothing is done for longer than `--timeout`."""
    return exchange.wait_gone


def late(exchange: Exchange) -> Later:
    """It is done only after the client has given up, at some moment after."""

    def later() -> None:
        exchange.wait_gone()
        exchange.forward()

    return later


def duplicate_page(exchange: Exchange) -> None:
    """The next page is the first one again."""
    asked = exchange.asked
    path, _, query = asked.target.partition("?")
    left = [part for part in query.split("&") if not part.startswith("starting_after")]
    first = replace(asked, target=f"{path}?{'&'.join(left)}")
    exchange.reply(exchange.proxy.forward(first))


def json_of(change: Callable[[Any], Any]) -> Callable[[Answer], Answer]:
    """A change of the JSON in an answer that was a success."""

    def changed(answer: Answer) -> Answer:
        if answer.status != 200:
            return answer
        body = json.dumps(change(json.loads(answer.body))).encode()
        return Answer(answer.status, body, answer.headers)

    return changed


def _twisted(value: Any, depth: int) -> Any:
    """Every value below a depth becomes one of another type."""
    if isinstance(value, dict) and depth:
        return {key: _twisted(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list) and depth:
        return [_twisted(item, depth) for item in value]
    swaps: Mapping[type, Any] = {
        str: 7,
        bool: "yes",
        int: "many",
        float: [],
        list: {"a": 1},
        dict: ["a"],
        type(None): {"b": []},
    }
    return swaps[type(value)]


def _extra(value: Any) -> Any:
    """A field that nobody knows: in the answer, its items and a room's config."""
    if isinstance(value, list):
        return [_extra(item) for item in value]
    made = {**value, "brand_new_field": {"since": 2027, "on": True}}
    if isinstance(value.get("data"), list):
        made["data"] = _extra(value["data"])
    if isinstance(value.get("config"), dict) and "name" in value:
        made["config"] = {**value["config"], "brand_new_setting": True}
    return made


FAULTS: Final[Mapping[str, Fault]] = {
    "reset-before": reset_before,
    "reset-after": reset_after,
    "slow-before": slow_before,
    "slow-after": slow_after,
    "late": late,
    "truncated": after(lambda answer: answer, cut=True),
    "429": instead(_error(429, "rate-limit-error")),
    "429-retry-after": instead(_error(429, "rate-limit-error", **{"Retry-After": "7"})),
    "500-before": instead(_error(500, "server-error")),
    "500-after": after(lambda _answer: _error(500, "server-error")),
    "502-html-before": instead(Answer(502, _PAGE, _HTML)),
    "502-html-after": after(lambda _answer: Answer(502, _PAGE, _HTML)),
    "html-200": after(lambda _answer: Answer(200, _PAGE, _HTML)),
    "empty-body": after(lambda answer: Answer(answer.status, b"", answer.headers)),
    "null": after(json_of(lambda _value: None)),
    "array": after(json_of(lambda _value: [])),
    "object": after(json_of(lambda _value: {})),
    "text": after(json_of(lambda _value: "ok")),
    "wrong-types": after(json_of(lambda value: _twisted(value, 1))),
    "wrong-types-inside": after(json_of(lambda value: _twisted(value, 2))),
    "extra-field": after(json_of(_extra)),
    "duplicate-page": duplicate_page,
}
"""Every fault but a refused connection, which is no exchange at all."""

PAGES_ONLY: Final = frozenset({"duplicate-page"})

HARMLESS: Final = frozenset({"extra-field"})
"""Not even a warning is called for: the run ends as if nothing had happened."""
