"""`apply`: plan, check, ask, write, look again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    Target,
    allow_option,
    config_argument,
    only_option,
    output_options,
    parse_allow,
    parse_globs,
    target_options,
)

if TYPE_CHECKING:
    from reconciler.cli.planning import Planned
    from reconciler.cli.session import Session
    from reconciler.core.report import Report, Result
    from reconciler.daily.client import DailyClient

_LONG = 20
"""From this many changes on, a terminal gets a progress bar."""


@click.command()
@config_argument
@only_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--only-renewals", is_flag=True, help="Push expiry dates and do nothing else."
)
@click.option(
    "--resend",
    multiple=True,
    metavar="KIND:GLOB",
    help="Write these again without a difference, e.g. after rotating an hmac.",
)
@click.option(
    "--rescue-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where both dial-in stores are saved before they are written.",
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="End with 2 when something was applied."
)
@allow_option
@output_options
@target_options
def apply(
    config: tuple[Path, ...],
    only: tuple[str, ...],
    yes: bool,
    only_renewals: bool,
    resend: tuple[str, ...],
    rescue_file: Path | None,
    detailed_exitcode: bool,
    allow: tuple[str, ...],
    format_: str,
    no_color: bool,
    verbose: int,
    **target: Any,
) -> int:
    """Bring Daily to what the files say, after showing the plan and asking.

    Renewals count against no limit, and `--only-renewals` applies them also when
    the rest of the plan is refused.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(format_, no_color, verbose, Target(**target))

    def work() -> int:
        from reconciler.cli.planning import planned
        from reconciler.cli.session import connect, load_config, numbers_of, usable
        from reconciler.core.gates import NAMES
        from reconciler.core.plan import Selection

        allowed = parse_allow(allow, NAMES)
        if not yes and not sys.stdin.isatty():
            raise click.UsageError("without a terminal, apply needs --yes")
        selection = Selection(
            only=parse_globs("--only", only) if only else lambda _kind, _key: True,
            resend=parse_globs("--resend", resend),
        )
        loaded = load_config(session, config)
        wanted = usable(loaded)
        with connect(
            session, wanted.domain, numbers_of(wanted), writable=True
        ) as client:
            made = planned(
                session, client, loaded, selection, allowed, only_renewals=only_renewals
            )
            report = _apply(session, client, made, allowed, rescue_file, yes=yes)
        return _end(session, made, report, detailed=detailed_exitcode)

    return guarded(session, work)


def _apply(
    session: Session,
    client: DailyClient,
    made: Planned,
    allowed: dict[str, int],
    rescue_file: Path | None,
    *,
    yes: bool,
) -> Report:
    from reconciler.cli.failure import stop_on_signals
    from reconciler.cli.planning import show_plan
    from reconciler.core.report import Report
    from reconciler.daily.apply import apply_plan
    from reconciler.daily.run import Options

    if session.output.format == "text":
        session.result(show_plan(session, made))
    _check(made)
    if not made.plan.changes:
        return Report(requests=client.counters.requests)
    if not yes:
        _ask(made)
    stop_on_signals(session.stop)
    with _progress(session, len(made.plan.changes)) as on_result:
        options = Options(
            now=session.now,
            rescue_file=rescue_file or _rescue_file(session, made),
            allow=allowed,
            on_result=on_result,
            stop=session.stop,
        )
        return apply_plan(client, made.plan, options)


def _check(made: Planned) -> None:
    """Refuse what must not be applied. Nothing has been written yet."""
    from reconciler.core.findings import errors
    from reconciler.errors import ConfigError, RefusedError

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
    from reconciler.errors import RefusedError

    domain = made.plan.live.domain.name
    question = f"Apply {len(made.plan.changes)} changes to domain '{domain}'?"
    if not click.confirm(question, err=True):
        raise RefusedError("declined; nothing was changed")


def _rescue_file(session: Session, made: Planned) -> Path:
    from reconciler.render.words import time_text

    stamp = time_text(session.now()).replace("-", "").replace(":", "")
    return Path(f"daily-rescue-{made.plan.live.domain.name}-{stamp}.json")


def _progress(
    session: Session, total: int
) -> AbstractContextManager[Callable[[Result], None]]:
    from reconciler.render.report_text import result_line
    from reconciler.render.words import Paint

    paint = Paint(session.output.colour)
    if total >= _LONG and sys.stderr.isatty():
        return _bar(total)
    return nullcontext(lambda result: session.say(result_line(result, paint)))


class _bar(AbstractContextManager[Callable[["Result"], None]]):  # noqa: N801
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


def _end(session: Session, made: Planned, report: Report, *, detailed: bool) -> int:
    import reconciler
    from reconciler.render.json import dump, report_document
    from reconciler.render.report_text import report_text
    from reconciler.render.words import Paint

    if session.output.format == "json":
        domain = made.plan.live.domain.name
        document = report_document(report, domain, tool=reconciler.__version__)
        session.result(dump(document))
    elif made.plan.changes:
        session.result("\n" + report_text(report, Paint(session.output.colour)))
    if report.exit_code:
        return report.exit_code
    return 2 if detailed and report.results else 0
