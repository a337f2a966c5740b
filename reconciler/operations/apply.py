"""The steps of an apply: plan, check, ask, write, look again, report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

import reconciler
from reconciler.core.clock import corrected
from reconciler.core.findings import ConfigError, errors
from reconciler.core.plan.gates import NAMES
from reconciler.core.plan.model import Selection, Unapproved
from reconciler.core.report import Report, Result
from reconciler.core.selectors import choosing, parse_selectors
from reconciler.core.times import iso
from reconciler.daily.http.client import DailyClient
from reconciler.daily.write import Options, apply_plan
from reconciler.errors import ReconcilerError, RefusedError
from reconciler.operations.approve import approve, load_approved
from reconciler.operations.files import write_private
from reconciler.operations.lock import held
from reconciler.operations.metrics import write_failure, write_metrics
from reconciler.operations.options import ApplyOptions, parse_allow
from reconciler.operations.plan import Planned, chosen, keys, planned, show_plan
from reconciler.operations.session import (
    Session,
    connect,
    load_config,
    usable,
)
from reconciler.operations.signals import stop_on_signals
from reconciler.render.json.documents import dump, report_document
from reconciler.render.markdown.report import report_markdown
from reconciler.render.text.report import report_text, result_line
from reconciler.render.words import Paint, count

_LONG: Final = 20
"""From this many changes on, a terminal gets a progress bar."""


def run_apply(session: Session, paths: Sequence[Path], asked: ApplyOptions) -> int:
    """Do one apply; returns its exit code. Metrics are written however it ends."""
    allowed = parse_allow(asked.allow, NAMES)
    try:
        return _locked(session, paths, asked, allowed)
    except ReconcilerError as error:
        write_failure(session, asked.metrics, error.exit_code)
        raise


def _locked(
    session: Session,
    paths: Sequence[Path],
    asked: ApplyOptions,
    allowed: Mapping[str, int],
) -> int:
    only = parse_selectors("--only", asked.only)
    resend = parse_selectors("--resend", asked.resend)
    loaded = load_config(session, paths)
    config = usable(loaded)
    selection = Selection(
        only=chosen(only, config), resend=choosing(resend, keys(config))
    )
    approved = load_approved(asked.plan) if asked.plan else None
    if approved is not None:
        allowed = {**approved.allowed, **allowed}

    def prepare(now: float | None = None) -> tuple[Planned, tuple[Unapproved, ...]]:
        renewals = asked.only_renewals
        made = planned(
            session, client, loaded, selection, allowed, only_renewals=renewals, now=now
        )
        if approved is None:
            return made, ()
        return approve(
            session, made, approved, asked, share=client.share, allowed=allowed
        )

    def confirmed(made: Planned) -> Planned:
        # A question may wait for hours, and other runs must not wait with it.
        lock.close()
        _ask(made)
        lock.enter_context(take())
        return _unchanged(made, prepare(made.plan.now)[0])

    take = partial(held, session, config.domain, asked.lock_file)
    with ExitStack() as lock:
        # Before anything is read: what a run read must still be so when it writes.
        lock.enter_context(take())
        with connect(session, config, writable=True) as client:
            made, left_out = prepare()
            report = _apply(session, client, made, allowed, asked, confirmed)
    return _end(session, made, replace(report, left_out=left_out), asked)


def _apply(
    session: Session,
    client: DailyClient,
    made: Planned,
    allowed: Mapping[str, int],
    asked: ApplyOptions,
    confirmed: Callable[[Planned], Planned],
) -> Report:
    if session.output.format == "text" and not _says_nothing(made, asked):
        session.result(show_plan(session, made))
    elif not asked.yes and made.plan.changes:
        # Nobody can say yes to what they have not seen.
        session.say(show_plan(session, made, "text"))
    _check(made)
    if not made.plan.changes:
        return Report(requests=client.counters.requests)
    if not asked.yes:
        made = confirmed(made)
    stop_on_signals(session)
    with _progress(session, len(made.plan.changes)) as on_result:
        policy = Options(
            now=lambda: corrected(session.now(), made.plan.live.skew),
            rescue_file=asked.rescue_file or _rescue_file(session, made),
            allow=allowed,
            on_result=on_result,
            stop=session.stop,
            reviewed=bool(asked.plan) or not asked.yes,
        )
        return apply_plan(client, made.plan, policy)


def _says_nothing(made: Planned, asked: ApplyOptions) -> bool:
    return asked.quiet and not made.plan.changes and not made.closed


def _check(made: Planned) -> None:
    """Refuse what must not be applied. Nothing has been written yet."""
    if wrong := errors(made.plan.findings):
        raise ConfigError(f"{wrong[0].message}; nothing was changed", tip=wrong[0].hint)
    if made.closed:
        names = ", ".join(gate.name for gate in made.closed)
        hints = " ".join(gate.hint for gate in made.closed)
        raise RefusedError(
            f"the plan is beyond what is allowed ({names}); nothing was changed",
            tip=f"if the plan above is what you want: {hints}",
        )


def _ask(made: Planned) -> None:
    domain = made.plan.live.domain.name
    changes = count(len(made.plan.changes), "change")
    if not click.confirm(f"Apply {changes} to domain '{domain}'?", err=True):
        raise RefusedError("declined; nothing was changed")


def _unchanged(shown: Planned, now: Planned) -> Planned:
    """The plan of a new reading, when it is the one that was agreed to."""
    before, after = (
        [replace(change, live=None) for change in made.plan.changes]
        for made in (shown, now)
    )
    if before != after:
        raise RefusedError(
            "Daily was changed while the question waited, and the plan is another one "
            "now; nothing was changed",
            tip="run the same command again to see the new plan",
        )
    _check(now)
    return now


def _rescue_file(session: Session, made: Planned) -> Path:
    stamp = iso(session.now()).replace("-", "").replace(":", "")
    return Path(f"daily-rescue-{made.plan.live.domain.name}-{stamp}.json")


def _progress(
    session: Session, total: int
) -> AbstractContextManager[Callable[[Result], None]]:
    paint = session.paint
    if total >= _LONG and sys.stderr.isatty() and not session.output.verbose:
        return _Bar(total)
    return nullcontext(lambda result: session.say(result_line(result, paint)))


class _Bar(AbstractContextManager[Callable[[Result], None]]):
    """A progress bar on stderr that takes results."""

    def __init__(self, total: int) -> None:
        self._bar: Any = click.progressbar(
            length=total, label="applying", file=sys.stderr
        )

    def __enter__(self) -> Callable[[Result], None]:
        self._bar.__enter__()
        return lambda _result: self._bar.update(1)

    def __exit__(self, *error: object) -> None:
        self._bar.__exit__(*error)


def _end(session: Session, made: Planned, report: Report, asked: ApplyOptions) -> int:
    code = report.exit_code
    if not code and asked.detailed_exitcode and report.results:
        code = 2
    write_metrics(asked.metrics, made.plan, report, code)
    domain = made.plan.live.domain.name
    if asked.report is not None:
        write_private(asked.report, _document(made, report, code))
    if asked.markdown is not None:
        write_private(asked.markdown, report_markdown(report, domain))
    if session.output.format == "json":
        if code or not _says_nothing(made, asked):
            session.result(_document(made, report, code))
    elif report.results or report.left_out:
        session.result("\n" + report_text(report, Paint(session.output.colour)))
    return code


def _document(made: Planned, report: Report, code: int) -> str:
    domain, tool = made.plan.live.domain.name, reconciler.__version__
    return dump(report_document(report, domain, made.plan.now, code, tool=tool))
