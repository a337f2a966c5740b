"""Asking a run to end, with its streams as they are or broken, and judging its report.

What was begun is finished: in a replacement the new entry follows the one that was
deleted. The report is whole on whatever stream is left.
"""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Mapping
from typing import Any, Final

from chaos.cases import Signalled, SignalledRestore, Unread
from chaos.killing import check_rescue
from chaos.proxy import Answer, Asked, Chooser, Exchange, Fault
from chaos.running import Ran, Reader, Streams, Victim, through
from chaos.scene import REPLACED
from chaos.striking import misreported
from chaos.trial import (
    Trial,
    applying,
    besides_renewals,
    launcher,
    pending,
    tail_of,
)

STREAMS: Final[Mapping[str, Streams]] = {
    "open": ("file", "file"),
    "stdout-closed": ("closed", "file"),
    "stderr-closed": ("file", "closed"),
    "both-closed": ("closed", "closed"),
    "stdout-full": ("full", "file"),
    "stderr-full": ("file", "full"),
    "both-full": ("full", "full"),
    "reader-gone": ("pipe", "file"),
    "reader-of-stderr-gone": ("file", "pipe"),
    "readers-gone": ("pipe", "pipe"),
}
"""stdout and stderr; a pipe loses its reader in the middle of the run."""
BROKEN: Final = tuple(STREAMS)[1:]
HUNG_UP: Final = ("stdout-closed", "stderr-closed", "both-full", "readers-gone")
"""What is tried with SIGHUP too: it comes when streams go."""
SIGNALS: Final = tuple(n.name for n in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT))
NOTICED: Final = 0.01
"""Seconds in which a process handles a signal."""
_TOO_FAST: Final = Answer(
    429, b"{}", {"Content-Type": "application/json", "Retry-After": "5"}
)


def signaller(
    case: Signalled | SignalledRestore, victim: Victim, reader: Reader
) -> Chooser:
    """Send the signal at the n-th request, and take the reader away."""

    def strike(exchange: Exchange) -> None:
        reader.leave()
        if case.moment == "answered":
            exchange.reply(exchange.forward())
            victim.signal(case.signal)
            return
        victim.signal(case.signal)
        time.sleep(NOTICED)
        if case.moment == "twice":
            victim.signal(case.signal)
            time.sleep(NOTICED)
        throttled = case.moment == "throttled"
        exchange.reply(_TOO_FAST if throttled else exchange.forward())

    return _at(case.number, strike)


def leaver(case: Unread, victim: Victim, reader: Reader) -> Chooser:
    """Take the reader away at the n-th request, and send the signal if there is one."""

    def strike(exchange: Exchange) -> None:
        reader.leave()
        if case.signal:
            victim.signal(case.signal)
            time.sleep(NOTICED)
        exchange.reply(exchange.forward())

    return _at(case.number, strike)


def _at(number: int, fault: Fault) -> Chooser:
    def choose(asked: Asked) -> Fault | None:
        return fault if asked.number == number else None

    return choose


def signalled(trial: Trial, case: Signalled) -> str:
    """Ask an apply to end, judge what it says, and apply again."""
    victim, reader = Victim(), Reader()
    chooser = signaller(case, victim, reader)
    return _run(trial, chooser, victim, reader, "open")


def unread(trial: Trial, case: Unread) -> str:
    """Break the streams of an apply, judge what it says, and apply again."""
    victim, reader = Victim(), Reader()
    chooser = leaver(case, victim, reader)
    return _run(trial, chooser, victim, reader, case.streams)


def _run(
    trial: Trial, chooser: Chooser, victim: Victim, reader: Reader, streams: str
) -> str:
    made = trial.scene
    args = (*applying(made), "--format", "json")
    before = besides_renewals(made)
    with through(made.sandbox.url, chooser) as proxy:
        ran = launcher().run(
            made.folder,
            victim,
            proxy.url,
            *args,
            streams=STREAMS[streams],
            reader=reader,
        )
    trial.expect(proxy.struck == 1, f"only {len(proxy.asked)} requests were sent")
    trial.look("after the run")
    wrote = besides_renewals(made) != before
    _judge(trial, ran, STREAMS[streams], wrote)
    return {0: "converged", 1: "nothing written", 3: "part-way"}.get(ran.code, "?")


def _judge(trial: Trial, ran: Ran, streams: Streams, wrote: bool) -> None:
    made = trial.scene
    held = REPLACED in made.assigned()
    trial.expect(held, f"{REPLACED} was left unassigned: {tail_of(ran)}")
    known = "Traceback" in ran.err or "mistake in" in ran.err
    trial.expect(not known, f"it crashed: {tail_of(ran)}")
    trial.expect(ran.code in (0, 1, 3), f"it ended with {ran.code}: {tail_of(ran)}")
    if wrote:
        trial.expect(ran.code in (0, 3), f"it wrote, and ended with {ran.code}")
    missing = pending(trial)
    if ran.code == 0:
        trial.expect(not missing, f"code 0, and there is left: {sorted(missing)}")
    check_rescue(trial)
    if "file" in streams:
        _judge_report(trial, ran, streams, missing, wrote)
    else:
        done = ran.code == 3 or not wrote
        trial.expect(done, f"the report was lost, and it ended with {ran.code}")
    trial.finish(in_sync=not missing)


def _judge_report(
    trial: Trial, ran: Ran, streams: Streams, missing: set[str], wrote: bool
) -> None:
    left = ran.out if streams[0] == "file" else ran.err
    said = document(left)
    renewed = "weekly" in said.get("renewed", ())
    trial.expect(said.get("exit_code") == ran.code, f"no report: {left[-400:]!r}")
    trial.expect(
        renewed or "room weekly" in missing, "weekly was renewed and is not listed"
    )
    if said.get("kind") == "report":
        trial.problems += misreported(trial, said, missing)
    else:
        trial.expect(not wrote, f"it wrote, and tells only an error: {left[-400:]}")


def document(text: str) -> Mapping[str, Any]:
    """The JSON in a stream, which may have other lines around it; the last one."""
    found: Mapping[str, Any] = {}
    at = 0 if text.startswith("{\n") else text.find("\n{\n") + 1
    with contextlib.suppress(ValueError):
        found, _ = json.JSONDecoder().raw_decode(text[at:])
    return found
