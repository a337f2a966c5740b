"""The steps of an apply: plan, check, ask, write, look again, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.core.clock import corrected
from reconciler.core.findings import (
    ConfigError,
    Finding,
    errors,
    in_order,
    rest_of,
    urgent,
)
from reconciler.core.plan.approval import approved_fields
from reconciler.core.plan.gates import NAMES
from reconciler.core.plan.model import Action, Plan, Selection, Unapproved
from reconciler.core.report import (
    RefusedAfterRenewalsError,
    Renewals,
    Report,
    concealed,
)
from reconciler.core.selectors import choosing, parse_selectors
from reconciler.core.text import short
from reconciler.daily.http.client import DailyClient
from reconciler.daily.write import Options, apply_plan
from reconciler.errors import ReconcilerError, RefusedError, UsageError
from reconciler.operations.approve import approve, load_approved
from reconciler.operations.callers.ledger import after_apply
from reconciler.operations.lock import held
from reconciler.operations.metrics import write_failure
from reconciler.operations.options import ApplyOptions, parse_allow
from reconciler.operations.output.deliver import (
    check_ledger_distinct,
    check_outputs,
    check_outputs_distinct,
    deliver,
    deliver_refused,
)
from reconciler.operations.output.question import confirm
from reconciler.operations.output.showing import showing
from reconciler.operations.plan import Planned, planned, planned_renewals, show_plan
from reconciler.operations.renew import (
    Phase,
    all_known,
    check_all_known,
    known_config,
    read_phase,
    renew,
)
from reconciler.operations.rescue.earlier import earlier_rescues, entries_lost
from reconciler.operations.rescue.place import beside
from reconciler.operations.session import (
    Session,
    connect,
    load_to_write,
    usable,
    with_commands,
)
from reconciler.operations.signals import stop_on_signals
from reconciler.render.text.findings import findings_text
from reconciler.render.words import count

if TYPE_CHECKING:
    from reconciler.config.load import Loaded


@dataclass(frozen=True, slots=True)
class _Job:
    """One apply. `ask` puts a question while the lock is free."""

    session: Session
    client: DailyClient
    loaded: Loaded
    asked: ApplyOptions
    selection: Selection
    allowed: Mapping[str, int]
    ask: Callable[[Callable[[], None]], None]


def run_apply(session: Session, paths: Sequence[Path], asked: ApplyOptions) -> int:
    """Do one apply; returns its exit code. Metrics are written however it ends."""
    if asked.only_renewals and asked.resend:
        raise UsageError("--only-renewals renews and sends nothing else: no --resend")
    allowed = parse_allow(asked.allow, NAMES)
    # Before anything else: a run that fails writes metrics as well.
    check_outputs_distinct(session, paths, asked)
    with _measured(session, asked):
        loaded = load_to_write(session, paths)
    check_ledger_distinct(loaded, asked)
    with _measured(session, asked):
        return _locked(session, loaded, asked, allowed)


@contextmanager
def _measured(session: Session, asked: ApplyOptions) -> Iterator[None]:
    """Write the metrics of a run that ends here."""
    try:
        yield
    except (KeyboardInterrupt, Exception) as error:
        write_failure(session, asked.metrics, error)
        raise


def _locked(
    session: Session,
    loaded: Loaded,
    asked: ApplyOptions,
    allowed: Mapping[str, int],
) -> int:
    only = parse_selectors("--only", asked.only)
    resend = parse_selectors("--resend", asked.resend)
    config = known_config(loaded)
    # What has errors may be named too.
    keys = [(entry.kind, entry.key) for entry in loaded.entries]
    selection = Selection(resend=choosing(resend, keys))
    if only:
        selection = replace(selection, only=choosing(only, keys))
    take = partial(held, session, config.domain, asked.lock_file)

    def ask(question: Callable[[], None]) -> None:
        # It may wait for hours, and other runs must not wait with it.
        lock.close()
        question()
        lock.enter_context(take())

    code = None
    try:
        with ExitStack() as lock:
            # Before anything is read: what a run read must still be so when it writes.
            lock.enter_context(take())
            with connect(session, config, writable=True) as client:
                job = _Job(session, client, loaded, asked, selection, allowed, ask)
                code = _run(job)
    except Exception as error:
        if code is not None:
            # The report is out. What closing a connection or a file meets comes late.
            session.say(f"after the report: {type(error).__name__}", level="warning")
            return code
        if not isinstance(error, ReconcilerError):
            raise
        if loaded.config is None and not isinstance(
            error, ConfigError | RefusedAfterRenewalsError
        ):
            session.say(f"no room was renewed: {error.message}", level="warning")
            usable(loaded)
        raise
    return code


def _run(job: _Job) -> int:
    """Renew first, then the rest; on a terminal both wait for one answer."""
    phase = read_phase(job.session, job.client, job.loaded, job.selection)
    asking = not job.asked.yes
    done = Renewals() if asking else _renew(job, phase)
    try:
        # After the renewals, which nothing but Daily may keep from being done.
        check_outputs(job.asked)
        made, left_out, job = _prepared(job, phase)
        _show(job.session, made, job.asked)
        _check(job, made)
    except ReconcilerError as error:
        if asking and phase.plan.changes:
            job.session.say(error.message, level="error")
            job.ask(lambda: _ask_to_renew(job.session, phase))
            done = _renew(job, phase)
        if isinstance(error, UsageError) and not done.results:
            raise
        raise _refused(job, phase, done, error) from error
    if asking and made.plan.changes:
        job.ask(lambda: _ask(job.session, made))
        made, refusal = _agreed(job, made)
        done = _renew(job, phase)
        if refusal:
            raise _refused(job, phase, done, refusal) from refusal
    report = replace(_apply(job, made, done), left_out=left_out)
    report = _with_callers(job, made.plan, report)
    return deliver(
        job.session,
        replace(made.plan, findings=report.findings),
        report,
        job.asked,
        renewed=done.ended_well and not phase.left_out,
        silent=_says_nothing(made, job.asked),
    )


def _with_callers(job: _Job, plan: Plan, report: Report) -> Report:
    """The report with its findings, and with what callers have to be told.

    A report comes out in any case.
    """
    config = known_config(job.loaded)
    args = (report, plan.live, plan.now, job.selection.only)
    try:
        report = after_apply(job.session, config, *args)
    except Exception as error:
        why = f"internal error: {type(error).__name__}; please report it"
        job.session.say(f"the ledger was not compared: {why}", level="error")
    lost = _lost_earlier(job, plan, report)
    # Of callers what is so after the run counts, not what it has found.
    rest = (f for f in rest_of(plan.findings) if f.id != "entries-lost")
    findings = (*(report.not_as_told or ()), *lost, *rest)
    return replace(report, findings=findings, unrestored=lost)


def _lost_earlier(job: _Job, plan: Plan, report: Report) -> tuple[Finding, ...]:
    """What earlier runs lost, and is not back after this one."""
    after = report.after
    live = plan.live if after is None or after.purchased is None else after
    config = known_config(job.loaded)
    place = job.loaded.files, config.domain, job.asked.rescue_file
    earlier = earlier_rescues(job.session, *place)
    lost = entries_lost(earlier, config, live, own=report.rescue_file)
    found = with_commands(job.session, lost)
    return tuple(f for f in found if f.id == "entries-lost")


def _renew(job: _Job, phase: Phase) -> Renewals:
    for name in phase.left_out:
        said = f"room {short(name)} is due for renewal, and --only leaves it out"
        job.session.say(said, level="warning")
    with showing(job.session, len(phase.plan.changes)) as on_result:
        return renew(
            job.session,
            job.client,
            phase,
            allowed=job.allowed,
            reviewed=not job.asked.yes or job.asked.plan is not None,
            on_result=on_result,
        )


def _prepared(
    job: _Job, phase: Phase, now: float | None = None
) -> tuple[Planned, tuple[Unapproved, ...], _Job]:
    """The rest of the run, planned and approved; the job knows what that allows."""
    if job.asked.only_renewals:
        args = (job.session, job.client, job.loaded, phase, job.selection)
        return planned_renewals(*args), (), job
    usable(job.loaded)
    approved = load_approved(job.session, job.asked.plan) if job.asked.plan else None
    selection = job.selection
    if approved is not None:
        job = replace(job, allowed={**approved.allowed, **job.allowed})
        selection = replace(selection, forced=approved_fields(approved))
    made = planned(
        job.session,
        job.client,
        job.loaded,
        selection,
        job.allowed,
        rooms=phase.live,
        now=now,
        rescue_file=job.asked.rescue_file,
    )
    if approved is None:
        return made, (), job
    made, left_out = approve(
        job.session,
        made,
        approved,
        job.asked,
        share=job.client.share,
        allowed=job.allowed,
    )
    return made, left_out, job


def _agreed(job: _Job, shown: Planned) -> tuple[Planned, ReconcilerError | None]:
    """The plan of a new reading, or why it is not the one that was agreed to."""
    try:
        phase = read_phase(job.session, job.client, job.loaded, job.selection)
        made = _unchanged(job, shown, _prepared(job, phase, shown.plan.now)[0])
        _check(job, made)
    except ReconcilerError as error:
        return shown, error
    return made, None


def _show(session: Session, made: Planned, asked: ApplyOptions) -> None:
    if _says_nothing(made, asked):
        if loud := urgent(made.plan.findings):
            session.say(findings_text(loud, session.paint), level="warning")
    elif session.output.format == "text":
        # A stream that is gone is no reason not to write what was approved.
        session.deliver(show_plan(session, made))
    elif not asked.yes and made.plan.changes:
        # Nobody can say yes to what they have not seen.
        session.say(show_plan(session, made, "text"))


def _refused(
    job: _Job, phase: Phase, done: Renewals, cause: ReconcilerError
) -> RefusedAfterRenewalsError:
    """End a run that did nothing but renew, with a report on that."""
    session, counters = job.session, job.client.counters
    report = Report(
        results=done.results,
        pins=done.pins,
        requests=counters.requests,
        throttled=counters.throttled,
        seconds=done.seconds,
        interrupted=session.stop.is_set(),
    )
    wrong = cause.findings if isinstance(cause, ConfigError) else ()
    said = in_order((*phase.plan.findings, *wrong))
    report = _with_callers(job, replace(phase.plan, findings=said), report)
    well = done.ended_well and not phase.left_out and all_known(job.loaded)
    error = RefusedAfterRenewalsError(cause, report, renewals_ended_well=well)
    if not done.results:
        return error
    deliver_refused(session, phase.plan, error, job.asked)
    return error


def _apply(job: _Job, made: Planned, done: Renewals) -> Report:
    if not made.plan.changes and not done.results:
        return Report(requests=job.client.counters.requests)
    session, asked = job.session, job.asked
    stop_on_signals(session)
    with showing(session, len(made.plan.changes) - len(done.results)) as on_result:
        policy = Options(
            now=lambda: corrected(session.now(), made.plan.live.skew),
            rescue_file=asked.rescue_file
            or beside(job.loaded.files, made.plan.live.domain.name, session.now()),
            allow=job.allowed,
            on_result=on_result,
            stop=session.stop,
            reviewed=bool(asked.plan) or not asked.yes,
            renewed=done,
        )
        report = apply_plan(job.client, made.plan, policy)
    return concealed(report, made.plan)


def _says_nothing(made: Planned, asked: ApplyOptions) -> bool:
    return asked.quiet and not made.plan.changes and not made.closed


def _check(job: _Job, made: Planned) -> None:
    """Refuse what must not be applied. Nothing but renewals has been written yet."""
    if job.asked.only_renewals:
        check_all_known(job.loaded)
    if wrong := errors(made.plan.findings):
        raise ConfigError(wrong[0].message, tip=wrong[0].hint)
    if made.closed:
        names = ", ".join(gate.name for gate in made.closed)
        options = (word for gate in made.closed for word in gate.hint.split())
        command = job.session.invocation.again(*options)
        raise RefusedError(
            f"the plan is beyond what is allowed ({names})",
            tip=f"if the plan above is what you want: `{command}`",
        )


def _ask(session: Session, made: Planned) -> None:
    domain = made.plan.live.domain.name
    changes = count(len(made.plan.changes), "change")
    confirm(session, f"Apply {changes} to domain '{domain}'?")


def _unchanged(job: _Job, shown: Planned, now: Planned) -> Planned:
    """The plan of a new reading, when it is the one that was agreed to."""
    before, after = (
        [
            replace(change, live=None)
            for change in made.plan.changes
            if change.action is not Action.RENEW
        ]
        for made in (shown, now)
    )
    if before != after:
        raise RefusedError(
            "Daily was changed while the question waited, and the plan is another one "
            "now",
            tip=f"to see the new plan: `{job.session.invocation.again()}`",
        )
    return now


def _ask_to_renew(session: Session, phase: Phase) -> None:
    domain = phase.plan.live.domain.name
    names = ", ".join(short(change.key) for change in phase.plan.changes)
    session.say(f"to be renewed in any case: {names}")
    rooms = count(len(phase.plan.changes), "room")
    confirm(session, f"Renew {rooms} of domain '{domain}'?")
