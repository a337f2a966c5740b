"""One case each: break something, look, run again, look again.

A case is a value, so that other processes can work on it; `tried` does it and says
what came of it. What the domain must be afterwards is judged by `Scene`, from the
sandbox's state.
"""

from __future__ import annotations

import functools
import json
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from chaos.faults import FAULTS, HARMLESS
from chaos.meanwhile import ACTS, FOREIGN_NUMBERS
from chaos.proxy import Asked, Exchange, Fault
from chaos.running import Launcher, Ran, Victim, run_here, through
from chaos.scene import Scene, scene

from reconciler.sandbox.settings import Assume

APPLY = ("apply", "config.yaml", "--yes", "--lock-file", "apply.lock")
PLAN = ("plan", "config.yaml", "--detailed-exitcode")

# The other answer to most of what nobody knows about Daily.
OTHERWISE = Assume(
    echo="full",
    stores="mirrored",
    nested="replace",
    put="reset",
    expired="zombie",
    case="folded",
)
ASSUMES = {"default": Assume(), "otherwise": OTHERWISE}

LAST_LOOK = 5
"""Requests with which an apply reads the domain once more, after its last write."""

Moment = Literal["before", "unanswered", "answered"]
MOMENTS: tuple[Moment, ...] = ("before", "unanswered", "answered")
Where = Literal["first", "last", "all"]


@dataclass(frozen=True, slots=True)
class Boundary:
    """Kill the run at its n-th request: not yet sent on, done, or answered too."""

    store: str
    plain: str
    assume: str
    number: int
    moment: Moment


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault at a kind of request: its first one, its last one, or every one."""

    store: str
    fault: str
    kind: str
    where: Where


@dataclass(frozen=True, slots=True)
class Refusal:
    """Connections are refused from the n-th request on, once or for good."""

    store: str
    number: int
    lasting: bool


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Somebody else acts right before the n-th request of the run."""

    store: str
    act: str
    number: int


@dataclass(frozen=True, slots=True)
class Second:
    """A second run, from start to end, right before the n-th request of the first.

    `locked`: both use the same lock file.
    """

    store: str
    number: int
    locked: bool


Case = Boundary | Strike | Refusal | Meanwhile | Second


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case. `problems` is empty when it was survived.

    `end`: how the broken run ended; `lost`: how often foreign entries were lost;
    `overrun`: a change by others was overwritten that nothing could have shown.
    """

    case: Case
    end: str
    problems: tuple[str, ...] = ()
    lost: int = 0
    overrun: bool = False

    def __str__(self) -> str:
        said = "; ".join(self.problems) or "survived"
        return f"{type(self.case).__name__} {asdict(self.case)}: {self.end}: {said}"


@dataclass
class Trial:
    """A case under way: what was found so far."""

    scene: Scene
    problems: list[str] = field(default_factory=list)
    lost: int = 0
    overrun: bool = False

    def look(self, when: str) -> None:
        """Note what is hurt now."""
        for hurt in self.scene.hurt():
            self.problems.append(f"{when}: {hurt}")
            self.lost += "foreign" in hurt

    def expect(self, held: bool, said: str) -> None:
        """Note what does not hold."""
        if not held:
            self.problems.append(said)

    def here(self, *args: str) -> Ran:
        """Run the command line with nothing in its way."""
        return run_here(self.scene.folder, self.scene.sandbox.url, *args)

    def finish(self) -> None:
        """The next run brings the domain to what the file says, and all is there."""
        ran = self.here(*APPLY)
        self.expect(ran.code == 0, f"the next run ended with {ran.code}: {_tail(ran)}")
        ran = self.here(*PLAN)
        self.expect(ran.code == 0, f"the plan after it is not empty: {_tail(ran)}")
        self.problems += self.scene.unlike()
        self.look("at the end")


def tried(case: Case) -> Verdict:
    """Do one case from its beginning to its end."""
    store = case.store
    plain = case.plain if isinstance(case, Boundary) else "batch"
    assume = ASSUMES[case.assume if isinstance(case, Boundary) else "default"]
    with (
        tempfile.TemporaryDirectory() as folder,
        scene(Path(folder), store, plain, assume) as made,
    ):
        trial = Trial(made)
        end = _end(trial, case)
        return Verdict(case, end, tuple(trial.problems), trial.lost, trial.overrun)


def _end(trial: Trial, case: Case) -> str:
    match case:
        case Boundary():
            return _killed(trial, case)
        case Strike():
            return _struck(trial, case)
        case Refusal():
            return _refused(trial, case)
        case Meanwhile():
            return _disturbed_by_others(trial, case)
        case Second():
            return _overtaken(trial, case)


@functools.cache
def asked_in(store: str, plain: str = "batch", assume: str = "default") -> list[str]:
    """The kinds of requests of an apply that nothing disturbs, in their order."""
    with (
        tempfile.TemporaryDirectory() as folder,
        scene(Path(folder), store, plain, ASSUMES[assume]) as made,
        through(made.sandbox.url) as proxy,
    ):
        ran = run_here(made.folder, proxy.url, *APPLY)
        assert ran.code == 0, ran.out + ran.err
        return proxy.kinds


# Boundaries.


@functools.cache
def _launcher() -> Launcher:
    """One for each process that works on cases; it ends with it."""
    return Launcher()


def _killed(trial: Trial, case: Boundary) -> str:
    victim = Victim()

    def kill(exchange: Exchange) -> None:
        answer = exchange.forward() if case.moment != "before" else None
        if case.moment == "answered" and answer is not None:
            exchange.reply(answer)
        victim.kill(exchange.proxy)
        exchange.reset()

    def choose(asked: Asked) -> Fault | None:
        return kill if asked.number == case.number else None

    made = trial.scene
    with through(made.sandbox.url, choose) as proxy:
        ran = _launcher().run(made.folder, victim, proxy.url, *APPLY)
    # After the last answer the process may be gone before it can be killed.
    last = case.moment == "answered" and ran.code == 0
    trial.expect(proxy.struck == 1, f"only {len(proxy.asked)} requests were sent")
    trial.expect(ran.code == -9 or last, f"it ended with {ran.code}: {_tail(ran)}")
    trial.look("after the kill")
    _check_rescue(trial)
    trial.finish()
    return f"killed at {proxy.asked[-1].kind}" if proxy.asked else "not started"


def _check_rescue(trial: Trial) -> None:
    """A file that a killed run leaves is whole, private, and holds what is foreign."""
    for file in trial.scene.folder.glob("daily-rescue-*"):
        mode = stat.S_IMODE(file.stat().st_mode)
        trial.expect(mode == 0o600, f"{file.name} has mode {mode:o}")
        saved = {
            (e["store"], e["phone_number"], json.dumps(e["fields"].get("hmac")))
            for e in json.loads(file.read_text())["assignments"]
        }
        lists, configs, _ = json.loads(trial.scene.foreign)
        entries = [("legacy", e) for list_ in lists.values() for e in list_]
        entries += [("current", fields) for _, _, fields in configs]
        for store, entry in entries:
            key = (store, entry.get("phone_number"), json.dumps(entry.get("hmac")))
            trial.expect(key in saved, f"{file.name} lacks {key[:2]}")


# Faults.


def _struck(trial: Trial, case: Strike) -> str:
    seen: Counter[str] = Counter()
    last = asked_in(case.store).count(case.kind)

    def choose(asked: Asked) -> Fault | None:
        seen[asked.kind] += asked.kind == case.kind
        wanted = {"first": seen[case.kind] == 1, "last": seen[case.kind] == last}
        hit = asked.kind == case.kind and wanted.get(case.where, True)
        return FAULTS[case.fault] if hit else None

    slow = "slow" in case.fault or case.fault == "late"
    options = ("--format", "json", *(("--timeout", "0.4") if slow else ()))
    return _disturbed(trial, choose, options, harmless=case.fault in HARMLESS)


def _refused(trial: Trial, case: Refusal) -> str:
    made = trial.scene
    before = _state(made)
    with through(made.sandbox.url, refuse_at=case.number) as proxy:

        def on_pause() -> None:
            if not case.lasting:
                proxy.open_door()

        options = ("--format", "json")
        ran = run_here(made.folder, proxy.url, *APPLY, *options, on_pause=on_pause)
    trial.expect(proxy.struck == 1, "no connection was refused")
    return _judge(trial, ran, before)


def _disturbed(
    trial: Trial, choose: Any, options: tuple[str, ...], *, harmless: bool
) -> str:
    made = trial.scene
    before = _state(made)
    with through(made.sandbox.url, choose) as proxy:
        ran = run_here(made.folder, proxy.url, *APPLY, *options)
    trial.expect(proxy.struck > 0, "the fault was never used")
    if harmless:
        trial.expect(ran.code == 0, f"it ended with {ran.code}: {_tail(ran)}")
    return _judge(trial, ran, before)


def _judge(trial: Trial, ran: Ran, before: str) -> str:
    """Converged, or a report that names exactly what is missing."""
    trial.look("after the fault")
    trial.expect("Traceback" not in ran.err, f"it crashed: {_tail(ran)}")
    try:
        said = ran.json
    except ValueError:
        trial.problems.append(f"stdout is not JSON: {ran.out[:200]!r}")
        said = {"kind": ""}
    missing = _pending(trial)
    if said["kind"] == "report":
        trial.problems += _misreported(trial, said, missing)
    else:
        trial.expect(ran.code == 1, f"an error with code {ran.code}")
        trial.expect(_state(trial.scene) == before, "it wrote, and tells only an error")
    trial.expect(ran.code in (0, 1, 3), f"it ended with {ran.code}: {_tail(ran)}")
    if ran.code == 0:
        trial.expect(not missing, f"code 0, and there is left: {sorted(missing)}")
    trial.finish()
    return {0: "converged", 1: "nothing written", 3: "part-way"}.get(ran.code, "?")


def _pending(trial: Trial) -> set[str]:
    """What a plan would still do, asked with nothing in the way."""
    ran = trial.here(*PLAN, "--format", "json")
    return {f"{c['kind']} {c['key']}" for c in ran.json["changes"]}


def _misreported(
    trial: Trial, said: Mapping[str, Any], missing: set[str]
) -> Iterator[str]:
    """Where a report is silent about what is missing, or names what is there."""
    named = {f"{r['kind']} {r['key']}": r for r in said["results"]}
    kept = {f"{k['kind']} {k['key']}" for k in said["kept"]}
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


# Others.


def _disturbed_by_others(trial: Trial, case: Meanwhile) -> str:
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
        ran = run_here(made.folder, proxy.url, *APPLY, "--format", "json")
    trial.expect(proxy.struck == 1, f"only {len(proxy.asked)} requests were sent")
    if kinds == ["POST /"] and case.act in FOREIGN_NUMBERS:
        # Daily has no locking: between the reading of a list and its writing, in
        # two requests that follow each other, nobody can see what others do.
        trial.overrun = made.strangers() != made.foreign
        made.remember()
    last_look = len(asked_in(case.store)) - LAST_LOOK
    return _judge_race(trial, ran, seen=case.number <= last_look)


def _overtaken(trial: Trial, case: Second) -> str:
    made = trial.scene
    second: list[Ran] = []
    lock = "apply.lock" if case.locked else "second.lock"

    def overtake(exchange: Exchange) -> None:
        victim = Victim()
        options = (*APPLY[:-1], lock, "--rescue-file", "second-rescue.json")
        url = made.sandbox.url
        second.append(_launcher().run(made.folder, victim, url, *options))
        made.pins |= made.codes()
        exchange.reply(exchange.forward())

    def choose(asked: Asked) -> Fault | None:
        return overtake if asked.number == case.number else None

    with through(made.sandbox.url, choose) as proxy:
        ran = run_here(made.folder, proxy.url, *APPLY, "--format", "json")
    trial.expect(proxy.struck == 1, f"only {len(proxy.asked)} requests were sent")
    wanted = (4,) if case.locked else (0, 3)
    for one in second:
        trial.expect(one.code in wanted, f"the second ended with {one.code}")
        trial.expect("Traceback" not in one.err, f"it crashed: {_tail(one)}")
    if case.locked:
        trial.expect(ran.code == 0, f"it ended with {ran.code}: {_tail(ran)}")
    return _judge_race(trial, ran)


def _judge_race(trial: Trial, ran: Ran, *, seen: bool = True) -> str:
    """Nothing foreign is lost, and what was lost of ours is named.

    `seen`: it happened before the run began to look at the domain for the last time.
    """
    trial.look("after the race")
    trial.expect("Traceback" not in ran.err, f"it crashed: {_tail(ran)}")
    trial.expect(ran.code in (0, 1, 3), f"it ended with {ran.code}: {_tail(ran)}")
    said = ran.json
    if said["kind"] == "report":
        open_ = [r for r in said["results"] if r["outcome"] != "done"]
        named = {f"{r['kind']} {r['key']}" for r in [*open_, *said["kept"]]}
        unnamed = sorted(_pending(trial) - named) if seen else []
        for address in unnamed:
            trial.problems.append(f"{address} was lost in the race and is not named")
        if said["lost"] and not said["rescue_file"]:
            trial.problems.append("entries are called lost, and no rescue file named")
    trial.finish()
    return {0: "converged", 1: "nothing written", 3: "part-way"}.get(ran.code, "?")


def _state(made: Scene) -> str:
    """Everything that a write could change."""
    ours = {
        name: [room.privacy, room.properties]
        for name, room in made.sandbox.store.rooms.items()
    }
    return json.dumps([made.strangers(), ours, made.assigned()], sort_keys=True)


def _tail(ran: Ran) -> str:
    return f"{ran.out[-600:]} {ran.err[-600:]}".strip()
