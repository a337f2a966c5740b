"""Reports as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.core.commands import UNKNOWN, Invocation
from reconciler.core.plan.model import Action, Change, Unapproved
from reconciler.core.report import Kept, Outcome, PinFate, PinNews, Report, Result
from reconciler.core.text import clean, short
from reconciler.render.outcome import PIN_NEWS, cost, kept_text, left_text, outcomes
from reconciler.render.text.findings import findings_text
from reconciler.render.words import Paint, count, listed, path_text

_PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.RENEW: "renewed",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
}


def result_line(result: Result, paint: Paint) -> str:
    """One change as it ends: for a log, or a terminal while it goes on."""
    change = result.change
    what = f"{change.kind} {short(change.key)}"
    if result.outcome is Outcome.DONE:
        said = f"{paint('done', 'green')}  {_PAST[change.action]} {what}"
        return f"{said}: {clean(result.remark)}" if result.remark else said
    colour = "yellow" if result.outcome is Outcome.NOT_TRIED else "red"
    said = f"{paint(str(result.outcome), colour)}  {change.action} {what}"
    why = "; ".join(filter(None, (result.reason, result.remark)))
    return f"{said}: {clean(why)}" if why else said


def report_text(report: Report, paint: Paint, run: Invocation = UNKNOWN) -> str:
    """A whole report: news about PINs first, then what was lost, failed, kept.

    `run`: how it was started, for the commands that are suggested.
    """
    return "\n".join(_report(report, paint, run))


def _report(report: Report, paint: Paint, run: Invocation) -> Iterator[str]:
    if report.not_as_told:
        yield findings_text(report.not_as_told, paint)
    for news in report.pins:
        colour = "cyan" if news.fate is PinFate.NEW else "red"
        yield (
            f"{paint('PIN:', colour, 'bold')} room {short(news.room)} "
            + _pin_news(news, run)
        )
    yield from _lost(report, paint)
    for result in report.results:
        if result.outcome is not Outcome.DONE or result.remark:
            yield result_line(result, paint)
    for kept in report.kept:
        yield from _kept(kept, paint)
    for change in report.left:
        yield _left(change, paint)
    if not report.verified:
        yield (
            f"{paint('not verified:', 'yellow', 'bold')} the domain could not be read "
            f"after the last write: {clean(report.unverified_reason)}"
        )
    yield _summary(report, paint)
    if report.left_out:
        yield f"{count(len(report.left_out), 'change')} left out: not approved."
    if report.record:
        yield (
            f"tell the callers of {listed(report.tell)}; to record that they know: "
            f"`{run.other(*report.record)}`"
        )
    if report.exit_code:
        yield f"tip: `{run.other('plan')}` shows what is left"
    if report.rescue_file:
        yield (
            f"tip: `{run.restoring(report.rescue_file)}` brings back "
            "what is missing and names what differs; the file holds secrets"
        )


def _pin_news(news: PinNews, run: Invocation) -> str:
    """What became of a PIN; what keeps callers out is in capitals."""
    fate = news.fate
    if fate is PinFate.NEW:
        return f"{PIN_NEWS[fate]}; `{run.other('dialin')}` shows it"
    what, colon, effect = PIN_NEWS[fate].partition(":")
    return f"{what.upper() if colon else what}{colon}{effect}"


def _lost(report: Report, paint: Paint) -> Iterator[str]:
    for said in report.lost:
        yield f"{paint('LOST:', 'red', 'bold')} {clean(said)}"
    if report.rescue_file:
        yield f"both dial-in stores as they were before: {clean(report.rescue_file)}"


def _kept(kept: Kept, paint: Paint) -> Iterator[str]:
    head = (
        f"{paint('kept:', 'red', 'bold')} {kept.change.kind} {short(kept.change.key)}"
    )
    yield f"{head}: {kept_text(kept)}"
    if kept.field.path and kept.field.path[0] in kept.change.desired.extra:
        yield f"    if Daily never shows it: write_only: [{path_text(kept.field)}]"


def _left(change: Change, paint: Paint) -> str:
    """What differs and is not this run's: it moved meanwhile, or by a write."""
    head = f"{paint('left:', 'red', 'bold')} {change.kind} {short(change.key)}"
    return f"{head}: {left_text(change)}"


def _summary(report: Report, paint: Paint) -> str:
    said = ", ".join(outcomes(report))
    if report.stopped:
        said += f"; stopped: {clean(report.stopped)}"
    return f"{paint('Apply:', 'bold')} {said} ({cost(report)})."


def unapproved_text(extra: Sequence[Unapproved], paint: Paint) -> str:
    """What a plan holds beyond the approved one."""
    return "\n".join(
        f"{paint('not approved:', 'yellow', 'bold')} {item.change.action} "
        f"{item.change.kind} {clean(item.change.key)}: {clean(item.why)}"
        for item in extra
    )
