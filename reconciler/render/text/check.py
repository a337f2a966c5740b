"""The answer of a check for a terminal: a table, and under a row what is wrong."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from reconciler.core.check.model import Health, Row, Verdict
from reconciler.core.commands import Invocation
from reconciler.core.findings import Finding
from reconciler.core.text import clean, short
from reconciler.core.times import shown
from reconciler.render.text.findings import findings_text
from reconciler.render.words import Paint, count, place_text

_WORDS: Final = {
    Verdict.OK: ("ok", "green"),
    Verdict.FAIL: ("FAIL", "red", "bold"),
    Verdict.UNKNOWN: ("unknown", "yellow"),
}
_WIDEST: Final = 24
"""Columns of a subject; a longer one pushes what was checked to the right."""
_LINE: Final = 80
_INDENT: Final = " " * 9


def check_text(
    health: Health, paint: Paint, invocation: Invocation, *, tool: str
) -> str:
    """The way to Daily, the table, notes, and how many rows there are of each."""
    table = _table(health.rows, paint, invocation)
    parts = ["\n".join(_head(health, tool)), "\n".join(table)]
    if health.notes:
        # The lines of the files that they stand on would only be in the way here.
        notes = (replace(note, source="") for note in health.notes)
        parts.append(findings_text(notes, paint))
    return "\n\n".join([*parts, "\n".join(_summary(health))])


def quiet_text(health: Health, paint: Paint, invocation: Invocation) -> str:
    """Only the rows that are not ok; empty when there is none."""
    rows = [row for row in health.rows if row.verdict is not Verdict.OK]
    return "\n".join(_table(rows, paint, invocation)) if rows else ""


def _head(health: Health, tool: str) -> Iterator[str]:
    live, way = health.live, health.way
    skew = "unknown" if live.skew is None else _apart(live.skew)
    yield f"daily-reconciler {tool}, API key from {clean(way.key)}"
    yield f"domain {clean(live.domain.name)}, as in the file"
    proxy = f"by the proxy {clean(way.proxy)}" if way.proxy else "without a proxy"
    yield f"{count(live.requests, 'request')} {proxy}, clock difference {skew}"


def _apart(seconds: float) -> str:
    apart = abs(round(seconds))
    return shown(apart) if apart > 1 else "none"


def _table(rows: Sequence[Row], paint: Paint, invocation: Invocation) -> Iterator[str]:
    width = max((len(_subject(row)) for row in rows), default=0)
    width = min(width, _WIDEST)
    for row in rows:
        yield from _row(row, width, paint)
        for reason in row.reasons:
            yield from _reason(reason, invocation)


def _row(row: Row, width: int, paint: Paint) -> Iterator[str]:
    """What was checked beside the subject, or below it where that is too long."""
    word, *colours = _WORDS[row.verdict]
    verdict = paint(word, *colours) + _INDENT[len(word) :]
    subject, checked = _subject(row).ljust(width), clean(row.checked)
    if len(_INDENT) + len(subject) + 2 + len(checked) <= _LINE:
        yield f"{verdict}{subject}  {checked}".rstrip()
        return
    yield f"{verdict}{subject}".rstrip()
    yield from _wrapped(checked)


def _subject(row: Row) -> str:
    return f"{row.kind.replace('-', ' ')} {short(row.subject)}"


def _reason(finding: Finding, invocation: Invocation) -> Iterator[str]:
    yield from _wrapped(f"{clean(finding.message)} [{finding.id}]")
    if finding.place is not None and finding.place.line:
        yield f"{_INDENT}at {clean(place_text(finding.place))}"
    if finding.command:
        yield from _wrapped(f"{clean(finding.hint)}:")
        # Whole on its line, so that it can be pasted.
        yield f"{_INDENT}  {invocation.suggested(*finding.command)}"
    elif finding.hint:
        yield from _wrapped(clean(finding.hint))


def _wrapped(text: str) -> Iterator[str]:
    width = _LINE - len(_INDENT)
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    # A line that begins in the midst of a text may begin with what a CI takes as one.
    yield from (f"{_INDENT}{clean(line)}" for line in lines)


def _summary(health: Health) -> Iterator[str]:
    if health.throw_away:
        rooms = count(health.throw_away, "PIN room")
        yield f"{rooms} of a day at most left out: no file has them"
    failing, unknown = health.count(Verdict.FAIL), health.count(Verdict.UNKNOWN)
    parts = [f"{failing:,} failing"] * bool(failing)
    parts += [f"{unknown:,} unknown"] * bool(unknown)
    of = f"{' and '.join(parts)} of " if parts else ""
    yield f"{of}{count(len(health.rows), 'row')}{'' if parts else ', all ok'}"
