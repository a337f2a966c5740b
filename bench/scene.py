"""What every row starts from: where files go, how often to run, the command line."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.measure import Command
from bench.simulated import Simulated

ROOT: Final = Path(__file__).parents[1]
EXAMPLE: Final = ROOT / "config.example.yaml"
# As installed: what `pip` writes for people to call.
TOOL: Final = (str(Path(sys.executable).with_name("daily-reconciler")),)


@dataclass(frozen=True, slots=True)
class Scene:
    """`folder` is for files of this run; `others` has the programs to compare with."""

    folder: Path
    others: Path
    quick: bool = False

    def rounds(self, usual: int) -> int:
        """How often to run something: less often when it has to be quick."""
        return max(2, usual // 4) if self.quick else usual

    @property
    def octodns(self) -> Path:
        """The program to plan DNS records with."""
        return self.others / "bin" / "octodns-sync"

    @property
    def python(self) -> Path:
        """The Python that has `requests`, for the per-room script."""
        return self.others / "bin" / "python"


def plan_command(config: Path, daily: Simulated, *, code: int = 0) -> Command:
    """`plan` as fast as the machine can; ends with `code`, so 0 is "in sync"."""
    args = [*TOOL, "plan", str(config), "--rate", "1000", "--detailed-exitcode"]
    return Command(args, env=daily.env, code=code)
