"""Doing something to an answer, and judging what the run says about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from chaos.cases import Refusal, Strike, StruckRestore
from chaos.faults import FAULTS, HARMLESS
from chaos.proxy import Asked, Chooser, Fault
from chaos.running import Ran, run_here, through
from chaos.trial import (
    Trial,
    applying,
    asked_in,
    besides_renewals,
    pending,
    tail_of,
)


def striker(case: Strike | StruckRestore, times: int) -> Chooser:
    """Do it to the first of its kind, to the last of so many, or to all."""
    seen: Counter[str] = Counter()

    def choose(asked: Asked) -> Fault | None:
        if asked.kind != case.kind:
            return None
        seen[asked.kind] += 1
        place = {"first": 1, "last": times, "all": seen[asked.kind]}[case.where]
        return FAULTS[case.fault] if seen[asked.kind] == place else None

    return choose


def options_for(fault: str) -> tuple[str, ...]:
    """Options of a run that meets a fault."""
    slow = "slow" in fault or fault == "late"
    return ("--format", "json", *(("--timeout", "0.4") if slow else ()))


def struck(trial: Trial, case: Strike) -> str:
    """Meet a fault, judge the report, and apply again."""
    made = trial.scene
    before = besides_renewals(made)
    choose = striker(case, asked_in(case.store).count(case.kind))
    with through(made.sandbox.url, choose) as proxy:
        ran = run_here(
            made.folder, proxy.url, *applying(made), *options_for(case.fault)
        )
    trial.expect(proxy.struck > 0, "the fault was never used")
    if case.fault in HARMLESS:
        trial.expect(ran.code == 0, f"it ended with {ran.code}: {tail_of(ran)}")
    return _judge(trial, ran, before)


def refused(trial: Trial, case: Refusal) -> str:
    """Find the door closed, judge the report, and apply again."""
    made = trial.scene
    before = besides_renewals(made)
    with through(made.sandbox.url, refuse_at=case.number) as proxy:

        def on_pause() -> None:
            if not case.lasting:
                proxy.open_door()

        options = ("--format", "json")
        ran = run_here(
            made.folder, proxy.url, *applying(made), *options, on_pause=on_pause
        )
    trial.expect(proxy.struck == 1, "no connection was refused")
    return _judge(trial, ran, before)


def _judge(trial: Trial, ran: Ran, before: str) -> str:
    """Converged, or a report that names exactly what is missing."""
    trial.look("after the fault")
    trial.expect("Traceback" not in ran.err, f"it crashed: {tail_of(ran)}")
    try:
        said = ran.json
    except ValueError:
        trial.problems.append(f"stdout is not JSON: {ran.out[:200]!r}")
        said = {"kind": ""}
    missing = pending(trial)
    if said["kind"] == "report":
        trial.problems += misreported(trial, said, missing)
    else:
        trial.expect(ran.code == 1, f"an error with code {ran.code}")
        wrote = besides_renewals(trial.scene) != before
        trial.expect(not wrote, "it wrote, and tells only an error")
        renewed = "weekly" in said.get("renewed", ())
        trial.expect(
            renewed or "room weekly" in missing, "weekly was renewed and is not listed"
        )
    trial.expect(ran.code in (0, 1, 3), f"it ended with {ran.code}: {tail_of(ran)}")
    if ran.code == 0:
        trial.expect(not missing, f"code 0, and there is left: {sorted(missing)}")
    trial.finish(in_sync=not missing)
    return {0: "converged", 1: "nothing written", 3: "part-way"}.get(ran.code, "?")


def misreported(
    trial: Trial, said: Mapping[str, Any], missing: set[str]
) -> Iterator[str]:
    """Where a report is silent about what is missing, or names what is there."""
    named = {f"{r['kind']} {r['key']}": r for r in said["results"]}
    kept = {f"{k['kind']} {k['key']}" for k in (*said["kept"], *said["left"])}
    for address in sorted(missing):
        outcome = named.get(address, {}).get("outcome", "not mentioned")
        if outcome in ("done", "not mentioned") and address not in kept:
            yield f"{address} is missing and reported as: {outcome}"
    for address, result in named.items():
        if result["outcome"] in ("failed", "blocked", "not tried"):
            if address not in missing:
                yield f"{address} is done and reported as: {result['outcome']}"
            if not result["why"]:
                yield f"{address} is {result['outcome']} without a reason"
    if said["lost"]:
        yield f"foreign entries are called lost: {said['lost']}"
    if said["rescue_file"]:
        file = trial.scene.folder / said["rescue_file"]
        if not file.is_file():
            yield f"{said['rescue_file']} is named and is not there"
    elif list(trial.scene.folder.glob("daily-rescue-*")):
        yield "a rescue file is left and not named"
