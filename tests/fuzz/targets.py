"""What is fuzzed: each target takes bytes and raises only for a mistake of ours.

`config`: a file, from bytes to a plan-ready config. `answer`: whatever Daily may
answer, from bytes through the client and the wire to a live domain.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from reconciler.config.load import Variables, load
from reconciler.config.reading.files import decoded
from reconciler.core.findings import errors
from reconciler.core.model import Config, Desired
from reconciler.core.plan import make_plan
from reconciler.core.secrecy import Secret
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import read_live
from reconciler.environment import Environment
from reconciler.errors import ReconcilerError
from reconciler.render.text.findings import findings_text
from reconciler.render.words import Paint

KEY = "fuzz-key-0123456789"
CORPUS = Path(__file__).parent / "corpus"
_EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
_NOW = 1_800_000_000.0
_ENVIRON = {"A": "hunter2-hunter2"}
_CONFIG = Config(
    "acme",
    resources=(
        Desired("room", "lobby", {"privacy": "private", "enable_chat": True}),
        Desired("number", "+12095550100", {"type": "pin_dialin"}),
    ),
)


def config(content: bytes) -> None:
    """Loading gives a config or says why not, and what it says is harmless."""
    file = Path("fuzz.yaml")
    loaded = load(
        [file],
        environ=_ENVIRON,
        now=_NOW,
        variables=Variables.REQUIRED,
        read=lambda path: decoded(path, content),
    )
    assert (loaded.config is None) == bool(errors(loaded.findings))
    shown = findings_text(loaded.findings, Paint())
    assert all(line.isprintable() for line in shown.split("\n")), shown
    assert "hunter2" not in shown


def answer(content: bytes) -> None:
    """Reading a domain ends with a plan or with an error of the tool's own.

    The first byte chooses the status, the others are the body of every answer.
    """
    status = (
        (200, 200, 200, 400, 404, 429, 500, 302)[content[0] % 8] if content else 200
    )
    body = content[1:]

    def handler(_request: httpx.Request) -> httpx.Response:
        kind = {"content-type": "application/json"}
        return httpx.Response(status, content=body, headers=kind)

    try:
        with _client(handler) as client:
            live = read_live(client, _CONFIG, every_assignment=True)
        make_plan(_CONFIG, live, now=_NOW)
    except ReconcilerError as error:
        said = f"{error.message} {error.tip}"
    else:
        said = ""
    assert KEY not in said


def _client(handler: Callable[[httpx.Request], httpx.Response]) -> DailyClient:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    environment = Environment(
        now=lambda: _NOW,
        clock=lambda: now[0],
        sleep=sleep,
        jitter=lambda: 0.0,
        executor=ThreadPoolExecutor,
    )
    return DailyClient(
        "http://127.0.0.1:9/v1",
        Secret(KEY),
        environment=environment,
        user_agent="fuzz",
        share=1000,
        transport=httpx.MockTransport(handler),
    )


TARGETS: dict[str, Callable[[bytes], None]] = {"config": config, "answer": answer}


def corpus(name: str) -> list[bytes]:
    """Where fuzzing of a target begins; that of a config also with the example."""
    more = [_EXAMPLE] if name == "config" else []
    return [path.read_bytes() for path in [*sorted((CORPUS / name).iterdir()), *more]]
