"""Applies to a sandbox without sockets, on a clock that moves only by sleeping."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
from answers import Clock, client_on
from chaos.drawn import NOW, answer_of, config_from

from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Plan, Selection
from reconciler.core.report import Report
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import read_live
from reconciler.daily.write import Options, apply_plan
from reconciler.sandbox.settings import Assume, Settings
from reconciler.sandbox.state.store import Store

Answer = Callable[[httpx.Request], httpx.Response]
EXP = NOW + 90 * 86_400


@dataclass
class Daily:
    """One domain, and what stands between it and the client.

    `between` gets each request once planning is over, and the function that answers
    it. `asked`: these requests, as `POST /rooms`. `every_room`: the plan reads rooms
    of no file, too. `stop`: set when the run is to end.
    """

    folder: Path
    store: Store = field(
        default_factory=lambda: Store(
            Settings(numbers=tuple(f"+120955501{n:02}" for n in range(5)))
        )
    )
    clock: Clock = field(default_factory=Clock)
    between: Callable[[httpx.Request, Answer], httpx.Response] | None = None
    asked: list[str] = field(default_factory=list)
    every_room: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    _applying: bool = False

    @property
    def writes(self) -> list[str]:
        """What was asked but GETs."""
        return [line for line in self.asked if not line.startswith("GET")]

    @property
    def rescue_files(self) -> list[Path]:
        """The rescue files that are there."""
        return sorted(self.folder.glob("rescue*"))

    def plan(self, client: DailyClient, config: Any, selection: Selection) -> Plan:
        """Plan one drawn-up config."""
        wanted = config_from(config.pop("dialin_store", "current"), config)
        live = read_live(client, wanted, every_room=self.every_room)
        return make_plan(wanted, live, now=NOW, selection=selection)

    def apply(
        self,
        selection: Selection | None = None,
        /,
        *,
        reviewed: bool = False,
        allow: Mapping[str, int] = MappingProxyType({}),
        **config: Any,
    ) -> Report:
        """Plan, and apply."""
        stopped = self.stop.is_set
        with client_on(
            self._answer, self.clock, stopped=stopped, writable=True
        ) as client:
            plan = self.plan(client, dict(config), selection or Selection())
            self._applying = True
            options = Options(
                now=lambda: NOW + self.clock.waited,
                rescue_file=self.folder / "rescue.json",
                stop=self.stop,
                reviewed=reviewed,
                allow=allow,
            )
            try:
                return apply_plan(client, plan, options)
            finally:
                self._applying = False

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not self._applying:
            return answer_of(self.store, request)
        self.asked.append(f"{request.method} {request.url.path.removeprefix('/v1')}")
        if self.between is None:
            return answer_of(self.store, request)
        return self.between(request, lambda asked: answer_of(self.store, asked))


def assuming(folder: Path, **assume: str) -> Daily:
    """A domain in another world."""
    numbers = tuple(f"+120955501{n:02}" for n in range(5))
    return Daily(folder, Store(Settings(numbers=numbers, assume=Assume(**assume))))


def refusal(status: int, **body: str) -> httpx.Response:
    """An answer that says no."""
    return httpx.Response(status, content=json.dumps(body).encode())
