"""Running commands in turns, and what several runs amount to."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

CHILD: Final = Path(__file__).with_name("child.py")
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Command:
    """Something to run. `code` is the exit code that it must end with."""

    args: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    code: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: seconds of wall clock and of processor, peak bytes."""

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the table, from several runs."""

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """What is judged."""
        return statistics.median(self.values)

    def as_json(self) -> dict[str, Any]:
        """As the results file has it."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": rounded(self.median),
            "minimum": rounded(min(self.values)),
            "maximum": rounded(max(self.values)),
            "runs": len(self.values),
        }


def rounded(value: float) -> float:
    """Three digits that mean something."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, max(0, 2 - math.floor(math.log10(abs(value)))))


def run(command: Command) -> Cost:
    """Run a command once.

    Raises:
        RuntimeError: it ended otherwise than it should; with what it said.
    """
    done = subprocess.run(
        [sys.executable, "-S", "-E", str(CHILD), *command.args],
        env={**os.environ, **command.env},
        cwd=command.cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    cost = json.loads(done.stdout)
    if cost["code"] != command.code:
        words = f"{' '.join(command.args)} ended with {cost['code']}"
        raise RuntimeError(f"{words}, not {command.code}:\n{done.stderr[-3000:]}")
    return Cost(cost["wall"], cost["cpu"], cost["peak"])


def in_turns(commands: Mapping[str, Command], rounds: int) -> dict[str, list[Cost]]:
    """Run several commands one after the other, and all of it again.

    A first round warms the files up and is thrown away.
    """
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            cost = run(command)
            if turn:
                found[name].append(cost)
    return found


def wall(name: str, costs: Iterable[Cost]) -> Figure:
    """Seconds of wall clock."""
    return Figure(name, "s", tuple(cost.wall for cost in costs))


def peak(name: str, costs: Iterable[Cost]) -> Figure:
    """Peak memory in MiB."""
    return Figure(name, "MiB", tuple(cost.peak / MIB for cost in costs))


def ratio(
    name: str,
    ours: Iterable[Cost],
    theirs: Iterable[Cost],
    of: Callable[[Cost], float] = lambda cost: cost.wall,
) -> Figure:
    """How many times theirs ours is, turn by turn: a noisy moment hits both."""
    pairs = zip(ours, theirs, strict=True)
    return Figure(name, "times", tuple(of(a) / of(b) for a, b in pairs))
