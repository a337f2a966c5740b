"""Rows about the engine: start, validate, plan, growth, requests.

The tool's own pace is lifted (`--rate 1000`); the simulated Daily has neither latency
nor limits, and is a process of its own that shares the machine.
"""

from __future__ import annotations

import itertools
import math
import sys
from pathlib import Path
from typing import Final

from bench import samples
from bench.measure import Command, Cost, Figure, in_turns, peak, ratio, run, wall
from bench.scene import EXAMPLE, TOOL, Scene, plan_command
from bench.simulated import Simulated, simulated
from bench.table import Bound, Row, plain

_SIZES: Final = (1_000, 10_000, 50_000)


def start(scene: Scene) -> Row:
    """`--version` and `--help` against importing click."""
    found = in_turns(
        {
            "click": Command([sys.executable, "-c", "import click"]),
            "--version": Command([*TOOL, "--version"]),
            "--help": Command([*TOOL, "--help"]),
        },
        scene.rounds(15),
    )
    click = found["click"]
    return Row(
        "start",
        "`--version`, `--help`",
        "at most 1.6 times `python -c 'import click'`",
        [
            Bound(ratio("--version / import click", found["--version"], click), 1.6),
            Bound(ratio("--help / import click", found["--help"], click), 1.6),
            *plain(*(wall(name, costs) for name, costs in found.items())),
        ],
    )


def validate(scene: Scene) -> Row:
    """`validate` of the example against the imports that it cannot do without."""
    found = in_turns(
        {
            "imports": Command(
                [sys.executable, "-c", "import yaml, jsonschema, click"]
            ),
            "validate": Command([*TOOL, "validate", str(EXAMPLE)]),
        },
        scene.rounds(15),
    )
    return Row(
        "validate",
        "`validate` of `config.example.yaml`",
        "at most 2 times importing yaml, jsonschema and click",
        [
            Bound(ratio("validate / imports", found["validate"], found["imports"]), 2),
            *plain(*(wall(name, costs) for name, costs in found.items())),
        ],
    )


def plan_light(scene: Scene) -> Row:
    """10,000 small rooms against octoDNS and 10,000 records."""
    config = samples.write_rooms(scene.folder / "light.yaml", "light", 10_000)
    zone = samples.octodns_files(scene.folder / "octodns", 10_000)
    sync = [str(scene.octodns), "--config-file", str(zone), "--quiet"]
    with simulated() as daily:
        daily.fill("light", 10_000)
        found = in_turns(
            {"plan": plan_command(config, daily), "octodns-sync": Command(sync)},
            scene.rounds(7),
        )
    ours, theirs = found["plan"], found["octodns-sync"]
    return Row(
        "plan-light",
        "`plan`, 10,000 rooms of 7 lines, nothing to change; beside `octodns-sync` "
        "(1.22, dry run, YAML to YAML) of 10,000 records of 3 lines",
        "at most half of octoDNS' wall time, 150 MiB",
        [
            Bound(ratio("plan / octodns-sync", ours, theirs), 0.5),
            Bound(peak("peak memory of plan", ours), 150),
            *plain(
                wall("plan", ours),
                wall("octodns-sync", theirs),
                ratio("the same, processor time", ours, theirs, lambda c: c.cpu),
                peak("peak memory of octodns-sync", theirs),
            ),
        ],
    )


def plan_heavy(scene: Scene) -> Row:
    """10,000 large rooms."""
    config = samples.write_rooms(scene.folder / "heavy.yaml", "heavy", 10_000)
    with simulated() as daily:
        daily.fill("heavy", 10_000)
        command = plan_command(config, daily)
        found = in_turns({"plan": command}, scene.rounds(5))["plan"]
    return Row(
        "plan-heavy",
        "`plan`, 10,000 rooms of 34 lines, nothing to change",
        "at most 7 s on two cores, 260 MiB",
        [
            Bound(wall("plan", found), 7),
            Bound(peak("peak memory", found), 260),
            *plain(Figure("processor time", "s", tuple(c.cpu for c in found))),
        ],
    )


def growth(scene: Scene) -> Row:
    """From 1,000 to 50,000 rooms: the steepest exponent between two sizes."""
    rounds = scene.rounds(3)
    found: dict[int, list[Cost]] = {size: [] for size in _SIZES}
    commands: dict[int, Command] = {}
    with simulated() as a, simulated() as b, simulated() as c:
        for size, daily in zip(_SIZES, (a, b, c), strict=True):
            path = scene.folder / f"grow-{size}.yaml"
            daily.fill("light", size)
            samples.write_rooms(path, "light", size)
            commands[size] = plan_command(path, daily)
            run(commands[size])
        for _ in range(rounds):
            for size, command in commands.items():
                found[size].append(run(command))
    time = _exponents("time", [[c.wall for c in found[s]] for s in _SIZES])
    memory = _exponents("memory", [[c.peak for c in found[s]] for s in _SIZES])
    return Row(
        "growth",
        "`plan` of 1,000, 10,000 and 50,000 rooms of 7 lines",
        "time and memory grow with an exponent of at most 1.1",
        [
            Bound(time, 1.1),
            Bound(memory, 1.1),
            *plain(*(wall(f"{s:,} rooms", found[s]) for s in _SIZES)),
            *plain(*(peak(f"{s:,} rooms", found[s]) for s in _SIZES)),
        ],
    )


def _exponents(name: str, costs: list[list[float]]) -> Figure:
    """For each round the steepest step: 1 means twice the rooms, twice the cost."""
    steps = []
    for round_ in zip(*costs, strict=True):
        pairs = itertools.pairwise(zip(_SIZES, round_, strict=True))
        steps.append(max(_slope(*pair) for pair in pairs))
    return Figure(f"exponent of {name}", "", tuple(steps))


def _slope(small: tuple[int, float], large: tuple[int, float]) -> float:
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])


def requests(scene: Scene) -> Row:
    """What planning D declared rooms in a domain of L live ones asks of Daily."""
    cases = [(1, 1_000), (30, 5_000), (49, 5_000), (51, 5_000), (500, 5_000)]
    cases += [(1_000, 1_000), (1_500, 1_000)]
    excess: list[float] = []
    shown: list[Figure] = []
    for live, group in itertools.groupby(sorted(cases, key=lambda c: c[1]), _live):
        with simulated(log=True) as daily:
            daily.fill("light", live)
            for declared, _ in group:
                count = _count(scene, daily, declared)
                fewest = min(math.ceil(live / 100), declared)
                excess.append(count - fewest)
                name = f"D = {declared:,}, L = {live:,}: fewest {fewest}"
                shown.append(Figure(name, "", (count,)))
    return Row(
        "requests",
        "requests to plan D declared rooms and one number in a domain of L rooms",
        "min(ceil(L/100), D), plus at most 5",
        [Bound(Figure("most beyond that", "", (max(excess),)), 5), *plain(*shown)],
    )


def _live(case: tuple[int, int]) -> int:
    return case[1]


def _count(scene: Scene, daily: Simulated, declared: int) -> int:
    path: Path = samples.write_rooms(scene.folder / "asked.yaml", "light", declared)
    number = 'phone_numbers: {"+12095550100": {pin_dialin: {name_prefix: pin}}}\n'
    path.write_text(path.read_text().replace("rooms:", f"{number}rooms:", 1))
    daily.taken()
    run(plan_command(path, daily, code=2))
    return len(daily.taken())
