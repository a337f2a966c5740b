"""Daily's answers from memory: for the odd reply, where a sandbox would be too much.

`Domain` answers GET as the live part of a plan case describes it; `client_on` makes
a client that waits on a clock of its own, so that no test waits for real.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx

from reconciler.core.compare.diff import ABSENT
from reconciler.core.secrecy import Secret
from reconciler.daily.http.client import DailyClient
from reconciler.environment import Environment

URL = "http://127.0.0.1:9/v1"
KEY = "key-0123456789abcdef"

Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class Clock:
    """A clock that moves only when somebody sleeps on it."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def environment(
        self, jitter: float = 0.0, stopped: Callable[[], bool] = lambda: False
    ) -> Environment:
        """A world with this clock and real threads."""
        return Environment(
            now=self,
            clock=self,
            sleep=self.sleep,
            jitter=lambda: jitter,
            executor=ThreadPoolExecutor,
            stopped=stopped,
        )

    @property
    def waited(self) -> float:
        """Seconds slept in all."""
        return sum(self.slept)


def client_on(
    handler: Handler,
    clock: Clock | None = None,
    *,
    jitter: float = 0.0,
    share: float = 1000.0,
    stopped: Callable[[], bool] = lambda: False,
    **options: Any,
) -> DailyClient:
    """A client whose network is a function."""
    clock = clock or Clock()
    options.setdefault("url", URL)
    return DailyClient(
        key=Secret(KEY),
        environment=clock.environment(jitter, stopped),
        user_agent="daily-reconciler/test",
        share=share,
        transport=httpx.MockTransport(handler),
        **options,
    )


@dataclass
class Script:
    """Answers in their order, whatever is asked; the last one is repeated.

    An answer is a response, a JSON value for a 200, or an error to raise.
    """

    answers: list[Any]
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            # A response can be read once; the script may repeat it.
            return httpx.Response(
                answer.status_code, headers=answer.headers, content=answer.content
            )
        return httpx.Response(200, json=answer)


def _ok(body: object) -> httpx.Response:
    """JSON as lax as servers write it: NaN, and halves of characters, are allowed."""
    return httpx.Response(200, text=json.dumps(body))


@dataclass
class Domain:
    """A Daily domain that can be read.

    `config`: the domain's settings, legacy lists included where they are shown.
    `configs`: entries of /domain-dialin-config. `folded`: names ignore case.
    """

    name: str = "acme"
    config: Mapping[str, Any] = field(default_factory=dict)
    rooms: Iterable[Mapping[str, Any]] = ()
    configs: Iterable[Mapping[str, Any]] = ()
    purchased: Iterable[str] = ()
    folded: bool = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.path.removeprefix("/v1"))
        if path == "/":
            body = {"domain_name": self.name, "domain_id": "d", "config": self.config}
            return _ok(body)
        if path.startswith("/rooms/"):
            return self._room(path.removeprefix("/rooms/"))
        return _ok(self._page(path, request.url.params))

    def _room(self, name: str) -> httpx.Response:
        for room in self.rooms:
            same = room["name"].casefold() == name.casefold()
            if room["name"] == name or (self.folded and same):
                return _ok(room)
        return httpx.Response(404, json={"error": "not-found"})

    def _page(self, path: str, params: httpx.QueryParams) -> dict[str, Any]:
        if path == "/rooms":
            items, cursor = [{"id": r["name"], **r} for r in self.rooms], "id"
        elif path == "/domain-dialin-config":
            items, cursor = (
                [{"id": f"c{n}", **c} for n, c in enumerate(self.configs)],
                "id",
            )
        else:
            assert path == "/purchased-phone-numbers", path
            items = [
                {"id": f"p{n}", "pagination_id": n, "number": number}
                for n, number in enumerate(self.purchased)
            ]
            cursor = "pagination_id"
        start = 0
        if "starting_after" in params:
            keys = [str(item[cursor]) for item in items]
            start = keys.index(params["starting_after"]) + 1
        end = start + int(params.get("limit", 100))
        return {"total_count": len(items), "data": items[start:end]}


def json_text(text: str, status: int = 200) -> httpx.Response:
    """A response whose JSON may be damaged."""
    return httpx.Response(
        status, content=text.encode(), headers={"content-type": "application/json"}
    )


def refusal(status: int, code: str = "", info: str = "") -> httpx.Response:
    """Daily's error body."""
    body = {"error": code, "info": info}
    return httpx.Response(status, content=json.dumps(body).encode())


def as_shown(value: Any) -> Any:
    """A plan's value as people see it: secrets are their labels, ABSENT is null."""
    if isinstance(value, Secret):
        return value.label
    if isinstance(value, Mapping):
        return {key: as_shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_shown(item) for item in value]
    return None if value is ABSENT else value
