"""Rows about writing: at the real limits, in batches, and against a script per room."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import samples
from bench.measure import Command, Figure, run
from bench.scene import TOOL, Scene, plan_command
from bench.simulated import Asked, Simulated, simulated
from bench.table import Bound, Row, plain

ALLOWED: Final = 20.0
"""Requests a second that Daily takes from one domain, as it publishes."""
_UPDATES: Final = 200
_VERBOSE: Final = re.compile(r"^(GET|POST) (?:/v1)?(/\S+) -> 200 in (\d+) ms$")


def rate(scene: Scene) -> Row:
    """Updates at the real limits: as many as Daily takes, and no 429."""
    bounds: list[Bound] = []
    throttled = 0
    for latency in (100, 800):
        rates = []
        with simulated("--latency-ms", str(latency), limits=True, log=True) as daily:
            daily.fill("light", _UPDATES)
            for turn in range(scene.rounds(3)):
                asked = _updated(scene, daily, size=20 + turn)
                throttled += sum(one.status == "429" for one in asked)
                rates.append(_per_second(asked) / ALLOWED)
        name = f"share of the limit used, latency {latency} ms"
        bounds.append(Bound(Figure(name, "", tuple(rates)), least=0.95))
    return Row(
        "apply-rate",
        f"`apply --rate 1` of {_UPDATES} updates at Daily's limits of 20 a second",
        "at least 95 % of the rate allowed, no 429",
        [*bounds, Bound(Figure("answers 429, all runs", "", (throttled,)), 0)],
    )


def _updated(scene: Scene, daily: Simulated, *, size: int) -> list[Asked]:
    """Change every room, and tell what was asked."""
    path = scene.folder / "updates.yaml"
    samples.write_rooms(path, "light", _UPDATES, size=size)
    daily.taken()
    time.sleep(5)  # Daily's windows are empty again
    run(apply_command(path, daily, rate="1"))
    return daily.taken()


def _per_second(asked: Sequence[Asked]) -> float:
    writes = [one.at for one in asked if one.method == "POST"]
    if len(writes) < _UPDATES:
        raise RuntimeError(f"{len(writes)} updates were sent, not {_UPDATES}")
    return (len(writes) - 1) / (max(writes) - min(writes))


def apply_command(config: Path, daily: Simulated, *, rate: str) -> Command:
    """`apply` without questions; ends with 2, since there was something to do."""
    args = [*TOOL, "apply", str(config), "--yes", "--rate", rate]
    return Command([*args, "--detailed-exitcode"], env=daily.env, code=2)


@dataclass(frozen=True, slots=True)
class _Created:
    """Seconds of one apply: in all, in its batches, and reading back."""

    whole: float
    batches: float
    back: float
    count: int

    @property
    def beyond(self) -> float:
        """The tool's own part."""
        return self.whole - self.batches - self.back


def apply_new(scene: Scene) -> Row:
    """10,000 new rooms: batches, and what the tool itself adds to them."""
    config = samples.write_rooms(scene.folder / "new.yaml", "light", 10_000)
    plans: list[float] = []
    applied: list[_Created] = []
    for turn in range(scene.rounds(5) + 1):
        with simulated() as daily:
            planned = run(plan_command(config, daily, code=2)).wall
            made = _created(config, daily)
        if turn:
            plans.append(planned)
            applied.append(made)
    beyond = tuple(a.beyond / p for a, p in zip(applied, plans, strict=True))
    added = tuple(share - 1 for share in beyond)
    return Row(
        "apply-new",
        "`apply` of 10,000 new rooms of 7 lines",
        "10 batch requests; time beyond them, reading back aside, at most the plan's",
        [
            Bound(Figure("batch requests", "", tuple(a.count for a in applied)), 10),
            Bound(Figure("time beyond / plan", "times", beyond), 1),
            *plain(
                Figure("plan", "s", tuple(plans)),
                Figure("apply", "s", tuple(a.whole for a in applied)),
                Figure("of it, waiting for batches", "s", _each(applied, "batches")),
                Figure("of it, reading back", "s", _each(applied, "back")),
                Figure("of it, the rest", "s", _each(applied, "beyond")),
                Figure("the rest without the plan / plan", "times", added),
            ),
        ],
        note="The floor is 1: apply makes and shows the same plan before it writes. "
        "What it adds is comparing each answer with what was sent, a line for each "
        "room, and planning once more on what was read back.",
    )


def _each(applied: Sequence[_Created], name: str) -> tuple[float, ...]:
    return tuple(getattr(one, name) for one in applied)


def _created(config: Path, daily: Simulated) -> _Created:
    """Apply with `-v`, and tell from its log when it waited for what."""
    command = apply_command(config, daily, rate="1000")
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command.args, "-v"],
        env={**daily.env, "PATH": "", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    lines = [
        (time.perf_counter(), found[2], int(found[3]) / 1000)
        for line in process.stderr
        if (found := _VERBOSE.match(line.strip()))
    ]
    if process.wait() != command.code:
        raise RuntimeError(f"apply ended with {process.returncode}")
    whole = time.perf_counter() - started
    batches = [(at, spent) for at, path, spent in lines if path == "/batch/rooms"]
    back = max(at for at, *_ in lines) - max(at for at, _ in batches)
    return _Created(whole, sum(spent for _, spent in batches), back, len(batches))


def per_room(scene: Scene) -> Row:
    """A script that asks for each room and writes it, beside plan and apply.

    Both do little but wait, so the runs of the script go on beside each other and
    beside ours, each against a Daily of its own.
    """
    bounds: list[Bound] = []
    for count in (100,) if scene.quick else (100, 1_000):
        bounds += _against_script(scene, count)
    return Row(
        "per-room",
        "a script with one GET and one POST per room, in sequence, at 100 ms latency, "
        "beside `apply --rate 1`",
        "the ratio, for 100 and 1,000 rooms",
        bounds,
        note="The script takes the same time whatever is to do. An update is one "
        "request for each room for us too, at the 20 a second that Daily allows; the "
        "script does 10 at most.",
    )


def _against_script(scene: Scene, count: int) -> list[Bound]:
    rounds = scene.rounds(3)
    with ThreadPoolExecutor(rounds) as pool:
        scripts = [pool.submit(_script, scene, count) for _ in range(rounds)]
        ours = [_ours(scene, count, turn) for turn in range(rounds)]
        theirs = tuple(script.result() for script in scripts)
    figures = [Figure(f"{count:,} rooms: script", "s", theirs)]
    for case in ("all new", "all changed", "in sync"):
        times = tuple(one[case] for one in ours)
        ratios = tuple(t / o for t, o in zip(theirs, times, strict=True))
        figures += [
            Figure(f"{count:,} rooms, {case}: ours", "s", times),
            Figure(f"{count:,} rooms, {case}: script / ours", "times", ratios),
        ]
    return plain(*figures)


def _script(scene: Scene, count: int) -> float:
    rooms = scene.folder / f"rooms-{count}.json"
    rooms.write_text(json.dumps(list(samples.bodies("light", count))))
    with simulated("--latency-ms", "100", limits=True) as daily:
        script = str(Path(__file__).with_name("per_room.py"))
        command = Command([str(scene.python), script, str(rooms)], env=daily.env)
        return run(command).wall


def _ours(scene: Scene, count: int, turn: int) -> dict[str, float]:
    """Make the rooms, change all of them, and do so again: nothing is left to do."""
    folder = scene.folder / f"ours-{count}-{turn}"
    folder.mkdir(exist_ok=True)
    found: dict[str, float] = {}
    with ExitStack() as stack:
        daily = stack.enter_context(simulated("--latency-ms", "100", limits=True))
        for case, size in (("all new", 12), ("all changed", 13)):
            path = samples.write_rooms(
                folder / f"{size}.yaml", "light", count, size=size
            )
            found[case] = run(apply_command(path, daily, rate="1")).wall
        again = apply_command(path, daily, rate="1")
        found["in sync"] = run(Command(again.args, env=daily.env, code=0)).wall
    return found


def start_others(scene: Scene) -> None:
    """Install what we are compared with, once, into an environment of its own."""
    if not scene.python.exists():
        subprocess.run([sys.executable, "-m", "venv", scene.others], check=True)
    wanted = scene.others / ".octodns-1.22.0"
    if not wanted.exists():
        pip = [str(scene.python), "-m", "pip", "install", "--quiet"]
        pip += ["--disable-pip-version-check", "octodns==1.22.0", "requests==2.*"]
        subprocess.run(pip, check=True)
        wanted.touch()
