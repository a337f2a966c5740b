"""Rows of the benchmark and how they are shown: text, markdown and JSON.

A row is met when the median of its judged figures keeps to their bounds. What it
cannot reach is said in `note`, with the floor that was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.measure import Figure


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure, and what its median must not exceed (`least`: fall below)."""

    figure: Figure
    most: float | None = None
    least: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the median keeps to the bound."""
        median = self.figure.median
        return (self.most is None or median <= self.most) and (
            self.least is None or median >= self.least
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the benchmark: the work, its target, and what was measured."""

    id: str
    work: str
    target: str
    bounds: Sequence[Bound]
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the results file has it; `met` is null where nothing is asked for."""
        judged = [b for b in self.bounds if (b.most, b.least) != (None, None)]
        return {
            "id": self.id,
            "work": self.work,
            "target": self.target,
            "met": all(b.kept for b in judged) if judged else None,
            "figures": [_figure(b) for b in self.bounds],
            "note": self.note,
        }


def _figure(bound: Bound) -> dict[str, Any]:
    shown = bound.figure.as_json()
    if bound.most is not None:
        shown["at_most"] = bound.most
    if bound.least is not None:
        shown["at_least"] = bound.least
    return shown


def plain(*figures: Figure) -> list[Bound]:
    """Figures that are shown and not judged."""
    return [Bound(figure) for figure in figures]


Document = Mapping[str, Any]
"""A results file: `machine`, and `rows` as `Row.as_json` gives them."""


def as_text(document: Document) -> str:
    """The table for a terminal: a line for each row, one for each figure below it."""
    lines: list[str] = []
    for row in document["rows"]:
        lines += [f"{_verdict(row):7} {row['work']}", f"        asked: {row['target']}"]
        lines += [f"        {_line(figure)}" for figure in row["figures"]]
        if row["note"]:
            lines.append(f"        note: {row['note']}")
        lines.append("")
    return "\n".join([*lines, _machine(document)])


def _line(figure: Mapping[str, Any]) -> str:
    median, unit = _number(figure["median"]), _unit(figure)
    spread = f"{_number(figure['minimum'])} .. {_number(figure['maximum'])}"
    return (
        f"{figure['name']:<44} {median:>9} {unit:<6} {spread:>20}  n={figure['runs']}"
        f"{_asked(figure)}"
    ).rstrip()


def _asked(figure: Mapping[str, Any]) -> str:
    if "at_most" in figure:
        return f"  (at most {_number(figure['at_most'])})"
    if "at_least" in figure:
        return f"  (at least {_number(figure['at_least'])})"
    return ""


def as_markdown(document: Document) -> str:
    """The same as one markdown table, for the documentation."""
    lines = ["| work | asked | measured: median (minimum to maximum) | met |"]
    lines.append("|---|---|---|---|")
    notes: list[str] = []
    for row in document["rows"]:
        cells = [row["work"], row["target"], _cell(row["figures"]), _verdict(row)]
        lines.append(f"| {' | '.join(cells)} |")
        if row["note"]:
            notes.append(f"* {row['work']}: {row['note']}")
    return "\n".join([*lines, "", *notes, *([""] if notes else []), _machine(document)])


def _cell(figures: Iterable[Mapping[str, Any]]) -> str:
    return "<br>".join(
        f"{f['name']}: **{_number(f['median'])}**{_with_space(_unit(f))}{_spread(f)}"
        for f in figures
    )


def _with_space(unit: str) -> str:
    return f" {unit}" if unit else ""


def _spread(figure: Mapping[str, Any]) -> str:
    least, most = figure["minimum"], figure["maximum"]
    return "" if least == most else f" ({_number(least)} to {_number(most)})"


def _verdict(row: Mapping[str, Any]) -> str:
    return {True: "met", False: "NOT MET", None: "-"}[row["met"]]


def _unit(figure: Mapping[str, Any]) -> str:
    return "x" if figure["unit"] == "times" else str(figure["unit"])


def _number(value: float) -> str:
    return f"{value:,.10g}"


def _machine(document: Document) -> str:
    machine = document["machine"]
    return (
        f"Python {machine['python']}, {machine['cores']} cores, {machine['system']}; "
        f"taken {document['taken']}, version {document['version']}."
    )


def merged(old: Document | None, new: Document, order: Sequence[str]) -> dict[str, Any]:
    """The new rows over the old ones, in the order of the benchmark."""
    rows = {row["id"]: row for row in (old or {}).get("rows", [])}
    rows |= {row["id"]: row for row in new["rows"]}
    return {**new, "rows": [rows[name] for name in order if name in rows]}
