"""A report as a comment on GitHub: what callers and maintainers must know first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from reconciler.core.commands import UNKNOWN, Invocation
from reconciler.core.findings import Finding, Severity, rest_of
from reconciler.core.plan.model import Change
from reconciler.core.report import UNDONE, Kept, Outcome, PinFate, Report, Result
from reconciler.core.text import LONGEST
from reconciler.render.markdown.findings import finding_lines
from reconciler.render.markdown.marks import code, details, fitting, marker_line, size
from reconciler.render.outcome import PIN_NEWS, cost, kept_text, left_text, outcomes
from reconciler.render.outline import callers_counted, of_severity
from reconciler.render.words import LONGEST_VALUE, count, listed

_ROOM: Final = 7_900
"""Characters of each list; there are eight, and a comment may have 65,536."""
_LIMIT: Final = 65_000
_MESSAGE: Final = 500
_LONGEST_COMMAND: Final = 4_000
"""Characters. A command that is cut cannot be pasted."""


def report_markdown(report: Report, domain: str, run: Invocation = UNKNOWN) -> str:
    """A whole report below GitHub's limit, however long; lists are cut if need be.

    `run`: how it was started, for the commands that are suggested.
    """
    made = ""
    for room in (_ROOM, _ROOM // 2, _ROOM // 4):
        made = "\n\n".join(_parts(report, domain, run, room)) + "\n"
        if size(made) < _LIMIT:
            break
    return made


def _parts(report: Report, domain: str, run: Invocation, room: int) -> list[str]:
    """The comment, piece by piece; each list has so much room."""
    parts = [marker_line("report", domain), _summary(report, domain)]
    parts += _lists(report, room)
    if report.rescue_file:
        parts.append(
            f"Both dial-in stores as they were before: {code(report.rescue_file)}, on "
            "the machine that ran this; "
            f"{_command(run.restoring(report.rescue_file))} brings "
            "back what is missing and names what differs."
        )
    if not report.verified:
        reason = code(report.unverified_reason, _MESSAGE)
        parts.append(
            f"**Not verified:** the domain could not be read after the last write: "
            f"{reason}."
        )
    if report.record:
        parts.append(_record(report, run))
    if report.exit_code:
        parts.append(f"{_command(run.other('plan'))} shows what is left.")
    return parts


def _record(report: Report, run: Invocation) -> str:
    names = listed([code(room) for room in report.tell])
    command, more = run.other(*report.record), ""
    if len(command) > _LONGEST_COMMAND:
        command = run.other(*report.record[:2])
        more = f", with {code('--told room:NAME')} for each of them"
    said = f"Tell the callers of {names}; to record that they know: "
    return f"{said}{_command(command)}{more}."


def _command(command: str) -> str:
    return code(command, _LONGEST_COMMAND)


def _summary(report: Report, domain: str) -> str:
    new = sum(news.fate is PinFate.NEW for news in report.pins)
    bad = len(report.pins) - new
    lead = [*callers_counted(report.not_as_told or ())]
    lead += [count(new, "new PIN")] * bool(new)
    lead += [f"{count(bad, 'room')} whose callers cannot join"] * bool(bad)
    lead += [f"{count(len(report.lost), 'assignment')} lost"] * bool(report.lost)
    first = f"**{', '.join(lead)}.** " if lead else ""
    left = len(report.left_out)
    ends = outcomes(report)
    ends += [f"{left:,} left out (not approved)"] * bool(left)
    stopped = f"; stopped: {code(report.stopped, _MESSAGE)}" if report.stopped else ""
    return (
        f"{first}Apply to {code(domain)}: {', '.join(ends)}{stopped} ({cost(report)})."
    )


def _lists(report: Report, room: int) -> Iterator[str]:
    told = [_not_as_told(finding) for finding in report.not_as_told or ()]
    yield from _list("Not as callers were told", told, room // 4)
    pins = sorted(report.pins, key=lambda news: news.fate is PinFate.NEW)
    yield from _list(
        "PINs", [f"- room {code(p.room)} {PIN_NEWS[p.fate]}" for p in pins], room
    )
    yield from _list(
        "Lost", [f"- {code(said, _MESSAGE)}" for said in report.lost], room
    )
    for severity in (Severity.ERROR, Severity.WARNING):
        named = finding_lines(of_severity(rest_of(report.findings), severity))
        yield from _list(f"{severity}s".capitalize(), named, room)
    yield from _list("Not done", [_result(r) for r in report.of(*UNDONE)], room)
    yield from _list("Daily kept something else", _kept(report.kept), room)
    yield from _list(
        "Differs after the last write", [_left(c) for c in report.left], room
    )
    left = [
        f"- {item.change.action} {item.change.kind} {code(item.change.key)}: "
        f"{code(item.why, _MESSAGE)}"
        for item in report.left_out
    ]
    yield from _list("Left out, because it was not approved", left, room)
    done = [_result(result) for result in report.of(Outcome.DONE)]
    if done:
        body = "\n".join(fitting(done, room))
        yield details(f"{count(len(done), 'change')} done", body)


def _not_as_told(finding: Finding) -> str:
    return f"- {code(finding.message, _MESSAGE)}"


def _list(title: str, lines: Sequence[str], room: int) -> Iterator[str]:
    if lines:
        yield "\n".join((f"**{title}:**", "", *fitting(lines, room)))


def _result(result: Result) -> str:
    change = result.change
    outcome = "" if result.outcome is Outcome.DONE else f"{result.outcome}: "
    said = "; ".join(filter(None, (result.reason, result.remark)))
    why = f": {code(said, _MESSAGE)}" if said else ""
    return f"- {outcome}{change.action} {change.kind} {code(change.key)}{why}"


def _kept(kept: Sequence[Kept]) -> list[str]:
    """Values as a plan shows them, or shorter where that is too much."""
    lines = [_kept_line(item, LONGEST_VALUE) for item in kept]
    if size("\n".join(lines)) < _ROOM:
        return lines
    return [_kept_line(item, LONGEST) for item in kept]


def _kept_line(kept: Kept, most: int) -> str:
    change = kept.change
    said = kept_text(kept, partial(code, most=2 * most), most)
    return f"- {change.kind} {code(change.key)}: {said}"


def _left(change: Change) -> str:
    return f"- {change.kind} {code(change.key)}: {left_text(change, code)}"
