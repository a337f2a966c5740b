"""The counts of a whole run, as a table."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chaos.cases import Verdict

_BLOCK = re.compile(r"(<!-- chaos -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass
class Row:
    """One group of cases."""

    tried: int = 0
    survived: int = 0
    lost: int = 0
    overrun: int = 0

    def add(self, verdict: Verdict) -> None:
        """Count one case."""
        self.tried += 1
        self.survived += not verdict.problems and not verdict.overrun
        self.lost += bool(verdict.lost)
        self.overrun += verdict.overrun


@dataclass
class Tally:
    """All groups, and how long they took."""

    rows: dict[str, Row] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def add(self, group: str, *verdicts: Verdict) -> None:
        """Count the cases of a group."""
        row = self.rows.setdefault(group, Row())
        for verdict in verdicts:
            row.add(verdict)

    def table(self) -> str:
        """The counts in Markdown."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "| what | tried | survived | foreign entries lost, the gap below aside |"
        yield "|---|---:|---:|---:|"
        for name, row in self.rows.items():
            yield f"| {name} | {row.tried} | {row.survived} | {row.lost} |"
        rows = self.rows.values()
        tried, survived = sum(r.tried for r in rows), sum(r.survived for r in rows)
        yield f"| **all** | {tried} | {survived} | {sum(r.lost for r in rows)} |"
        yield ""
        minutes = (time.monotonic() - self.started) / 60
        overrun = sum(r.overrun for r in rows)
        yield f"{overrun} changes of others were overwritten by a legacy list,"
        yield "in the gap that nothing can close (see below): not survived."
        yield ""
        yield f"Time: {minutes:.1f} minutes."

    def record(self, page: Path) -> None:
        """Put the table into a page of the documentation."""
        text = page.read_text(encoding="utf-8")
        page.write_text(
            _BLOCK.sub(lambda m: f"{m[1]}{self.table()}{m[2]}", text),
            encoding="utf-8",
        )
