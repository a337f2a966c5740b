"""Others at work on the same domain while a run is under way."""

from __future__ import annotations

from chaos.cases import Meanwhile, Second
from chaos.meanwhile import ACTS, FOREIGN_NUMBERS, QUIET
from chaos.proxy import Asked, Exchange, Fault
from chaos.running import Ran, Victim, run_here, through
from chaos.trial import Trial, applying, asked_in, launcher, pending, tail_of

LAST_LOOK = 5
"""Requests with which an apply reads the domain once more, after its last write."""


def disturbed_by_others(trial: Trial, case: Meanwhile) -> str:
    """Let somebody act during an apply, judge the report, and apply again."""
    made = trial.scene
    kinds: list[str] = []

    def act(exchange: Exchange) -> None:
        kinds.append(exchange.asked.kind)
        with made.sandbox.store.lock:
            ACTS[case.act](made)
            # From here on, this is what must stay.
            made.remember()
        exchange.reply(exchange.forward())

    def choose(asked: Asked) -> Fault | None:
        return act if asked.number == case.number else None

    with through(made.sandbox.url, choose) as proxy:
        ran = run_here(made.folder, proxy.url, *applying(made), "--format", "json")
    trial.expect(proxy.struck == 1, f"only {len(proxy.asked)} requests were sent")
    if kinds == ["POST /"] and case.act in FOREIGN_NUMBERS:
        # Daily has no locking: between the reading of a list and its writing, in
        # two requests that follow each other, nobody can see what others do.
        trial.overrun = made.strangers() != made.foreign
        made.remember()
    if case.act in QUIET:
        trial.expect(ran.code == 0, f"it ended with {ran.code}: {tail_of(ran)}")
    last_look = len(asked_in(case.store)) - LAST_LOOK
    return judge_race(trial, ran, seen=case.number <= last_look)


def overtaken(trial: Trial, case: Second) -> str:
    """Let a second apply run during the first, judge both, and apply again."""
    made = trial.scene
    second: list[Ran] = []
    lock = "apply.lock" if case.locked else "second.lock"

    def overtake(exchange: Exchange) -> None:
        victim = Victim()
        options = (*applying(made)[:-1], lock, "--rescue-file", "second-rescue.json")
        url = made.sandbox.url
        second.append(launcher().run(made.folder, victim, url, *options))
        made.pins |= made.codes()
        exchange.reply(exchange.forward())

    def choose(asked: Asked) -> Fault | None:
        return overtake if asked.number == case.number else None

    with through(made.sandbox.url, choose) as proxy:
        ran = run_here(made.folder, proxy.url, *applying(made), "--format", "json")
    trial.expect(proxy.struck == 1, f"only {len(proxy.asked)} requests were sent")
    wanted = (4,) if case.locked else (0, 3)
    for one in second:
        trial.expect(one.code in wanted, f"the second ended with {one.code}")
        trial.expect("Traceback" not in one.err, f"it crashed: {tail_of(one)}")
    if case.locked:
        trial.expect(ran.code == 0, f"it ended with {ran.code}: {tail_of(ran)}")
    return judge_race(trial, ran)


def judge_race(trial: Trial, ran: Ran, *, seen: bool = True) -> str:
    """Nothing foreign is lost, and what was lost of ours is named.

    `seen`: it happened before the run began to look at the domain for the last time.
    """
    trial.look("after the race")
    trial.expect("Traceback" not in ran.err, f"it crashed: {tail_of(ran)}")
    trial.expect(ran.code in (0, 1, 3), f"it ended with {ran.code}: {tail_of(ran)}")
    said, missing = ran.json, pending(trial)
    if said["kind"] == "report":
        open_ = [r for r in said["results"] if r["outcome"] != "done"]
        named = {
            f"{r['kind']} {r['key']}" for r in [*open_, *said["kept"], *said["left"]]
        }
        unnamed = sorted(missing - named) if seen else []
        for address in unnamed:
            trial.problems.append(f"{address} was lost in the race and is not named")
        if said["lost"] and not said["rescue_file"]:
            trial.problems.append("entries are called lost, and no rescue file named")
    trial.finish(in_sync=not missing)
    return {0: "converged", 1: "nothing written", 3: "part-way"}.get(ran.code, "?")
