"""Faults on demand: which request gets one, and what it does to the answer.

A spec is `KIND[=ARG][:METHOD[:PATHGLOB]][@NTH][*TIMES]`:

    lost-answer:POST:/rooms          the first POST /rooms is done, not answered
    slow=2.5:GET@3*2                 the third and fourth GET take 2.5 s longer
    duplicate-page:GET:/rooms*all    a cursor never moves on

METHOD may be `*`. PATHGLOB is matched against the path below /v1, without the
query. NTH counts the requests that match, from 1; TIMES is a number or `all`
and always comes last. Left out, both are 1.
"""

from __future__ import annotations

import enum
import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from urllib.parse import urlencode

from reconciler.sandbox.api.routes import Request, Response, answer, relative

KINDS: dict[str, str] = {
    "429": "refuses as over the rate limit, with no Retry-After",
    "429-retry-after": "the same, with Retry-After: ARG seconds (1)",
    "500": "fails with Daily's error body; nothing is done",
    "503": "fails with Daily's error body; nothing is done",
    "slow": "waits ARG seconds (1), then serves as usual",
    "lost-answer": "does it, then closes the connection without an answer",
    "reset": "resets the connection before anything is done",
    "truncated": "does it, and sends the first half of the answer",
    "html-502": "answers with a proxy's HTML page; nothing is done",
    "html-502-after": "does it, and answers with a proxy's HTML page",
    "empty": "does it, and answers 200 with no body",
    "wrong-json": "does it, and answers 200 with JSON of another shape",
    "plan-gate": "refuses as a paid feature, with status ARG (403); nothing is done",
    "duplicate-page": "ignores the cursor of a list, so the first page comes again",
}
_ARGUMENTS = {"slow": 1, "429-retry-after": 1, "plan-gate": 403}
"""The kinds that take an argument, and what it is without one."""
_SPEC = re.compile(
    r"(?P<kind>[a-z0-9-]+)(=(?P<arg>[0-9]+(\.[0-9]+)?))?"
    r"(:(?P<method>[A-Z]+|\*)(:(?P<glob>/[^@]*?))?)?"
    r"(@(?P<nth>[1-9][0-9]*))?(\*(?P<times>[1-9][0-9]*|all))?"
)
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body></body></html>\n"


class Drop(enum.Enum):
    """A connection that ends without an answer."""

    CLOSE = enum.auto()
    RESET = enum.auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """One parsed spec. `times=None` means from NTH on for ever."""

    kind: str
    argument: float = 1.0
    method: str = "*"
    glob: str = "*"
    nth: int = 1
    times: int | None = 1

    def matches(self, request: Request) -> bool:
        """Tell whether a request is of the kind this fault waits for."""
        return self.method in ("*", request.method) and fnmatchcase(
            relative(request.path), self.glob
        )

    def hits(self, count: int) -> bool:
        """Tell whether the matching request number `count` gets the fault."""
        late = self.times is not None and count >= self.nth + self.times
        return count >= self.nth and not late


def parse_fault(spec: str) -> Fault:
    """Read a spec; ValueError says what is wrong with it."""
    found = _SPEC.fullmatch(spec)
    if found is None:
        raise ValueError(
            f"{spec!r} is not a fault; write KIND[=ARG][:METHOD[:PATHGLOB]]"
            "[@NTH][*TIMES], such as lost-answer:POST:/rooms@2"
        )
    kind, argument, times = found["kind"], found["arg"], found["times"]
    if kind not in KINDS:
        raise ValueError(f"unknown fault {kind!r}; there are {', '.join(KINDS)}")
    if argument and kind not in _ARGUMENTS:
        raise ValueError(f"fault {kind!r} takes no argument")
    if argument and kind == "plan-gate" and not re.fullmatch(r"4[0-9]{2}", argument):
        raise ValueError(f"fault {kind!r} takes a status of 400 to 499")
    return Fault(
        kind=kind,
        argument=float(argument or _ARGUMENTS.get(kind, 1)),
        method=found["method"] or "*",
        glob=found["glob"] or "*",
        nth=int(found["nth"] or 1),
        times=None if times == "all" else int(times or 1),
    )


class Faults:
    """The faults of a running sandbox, and how often each has matched."""

    def __init__(self, specs: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._waiting = [(parse_fault(spec), [0]) for spec in specs]

    def add(self, spec: str) -> None:
        """Have one more fault, counting from the next request."""
        with self._lock:
            self._waiting.append((parse_fault(spec), [0]))

    def take(self, request: Request) -> Fault | None:
        """Count a request, and give the first fault that hits it."""
        with self._lock:
            hits = []
            for fault, count in self._waiting:
                if fault.matches(request):
                    count[0] += 1
                    hits += [fault] if fault.hits(count[0]) else []
            return hits[0] if hits else None


def inflict(
    fault: Fault | None,
    request: Request,
    perform: Callable[[Request], Response],
    pause: Callable[[float], object],
) -> Response | Drop:
    """Serve a request under a fault; `perform` does it, `pause` waits."""
    if fault is None:
        return perform(request)
    if fault.kind == "slow":
        pause(fault.argument)
        return perform(request)
    if fault.kind == "duplicate-page":
        return perform(_without_cursor(request))
    refusal = _instead(fault)
    return refusal if refusal is not None else _afterwards(fault, perform(request))


def over_limit(retry_after: float | None) -> Response:
    """Build a 429; whether Daily sends Retry-After is not documented."""
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    body = {"error": "rate-limit-error", "info": "too many requests: slow down"}
    return answer(429, body, **headers)


def _instead(fault: Fault) -> Response | Drop | None:
    """Give the answer of a fault that keeps the request from being done."""
    if fault.kind == "429":
        return over_limit(None)
    if fault.kind == "429-retry-after":
        return over_limit(fault.argument)
    if fault.kind in ("500", "503"):
        words = "something went wrong on our side"
        return answer(int(fault.kind), {"error": "server-error", "info": words})
    if fault.kind == "plan-gate":
        words = "This feature is only available to paid accounts"
        return answer(
            int(fault.argument), {"error": "invalid-plan-type", "info": words}
        )
    if fault.kind == "html-502":
        return Response(502, _HTML, {"Content-Type": "text/html"})
    return Drop.RESET if fault.kind == "reset" else None


def _afterwards(fault: Fault, done: Response) -> Response | Drop:
    """Spoil the answer of a request that was done."""
    if fault.kind == "truncated":
        return replace(done, body=done.body[: len(done.body) // 2])
    if fault.kind == "html-502-after":
        return Response(502, _HTML, {"Content-Type": "text/html"})
    if fault.kind == "empty":
        return replace(done, status=200, body=b"")
    if fault.kind == "wrong-json":
        return replace(done, status=200, body=json.dumps(["unexpected"]).encode())
    return Drop.CLOSE


def _without_cursor(request: Request) -> Request:
    cursors = ("starting_after", "ending_before")
    kept = {k: v for k, v in request.parameters.items() if k not in cursors}
    return replace(request, query=urlencode(kept))
