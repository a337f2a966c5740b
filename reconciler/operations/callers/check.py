"""`check`: whether callers get in now, on a client that cannot write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import reconciler
from reconciler.core.check.model import ASSIGNMENTS, ROOMS, Health, Reading
from reconciler.core.check.rows import Checked, Only, examine
from reconciler.core.clock import corrected
from reconciler.core.findings import Finding
from reconciler.core.model import Config, KindName
from reconciler.core.selectors import Selector, parse_selectors
from reconciler.errors import ReconcilerError, UsageError
from reconciler.operations.callers.ledger import compare, everything, proven
from reconciler.operations.files import (
    check_distinct,
    check_stdout_free,
    check_writable,
    write_private,
)
from reconciler.operations.metrics import READABLE, write_failed
from reconciler.operations.options import CheckOptions
from reconciler.operations.plan import chosen
from reconciler.operations.rescue.earlier import (
    Earlier,
    earlier_rescues,
    entries_lost,
)
from reconciler.operations.rescue.place import check_spared
from reconciler.operations.session import (
    Session,
    connect,
    ledger_files,
    load_files,
    usable,
    way_to,
    with_commands,
)
from reconciler.render.check_metrics import check_metrics, failed_metrics
from reconciler.render.words import Paint

if TYPE_CHECKING:
    from reconciler.daily.http.client import DailyClient

NO_EARLIER = Earlier()
_OF_FILES = frozenset({"unset-variable-note"})


def run_check(session: Session, paths: Sequence[Path], asked: CheckOptions) -> int:
    """Check, show the rows, write metrics; returns the exit code."""
    only = parse_selectors("--only", asked.only)
    outputs = {"--metrics": asked.metrics}
    check_distinct(outputs, session.target.files, paths)
    check_spared(outputs)
    check_stdout_free(session.output.format, outputs)
    check_writable(outputs)
    try:
        health = _health(session, paths, asked, only)
    except UsageError:
        raise
    except BaseException as error:
        write_failed(session, asked.metrics, error, failed_metrics)
        raise
    _deliver(session, health, asked)
    return health.exit_code


def _deliver(session: Session, health: Health, asked: CheckOptions) -> None:
    """Show the rows first: metrics that cannot be written must not hide them."""
    try:
        if text := show(session, health, quiet=asked.quiet):
            session.result(text)
    except BaseException:
        _write_beside(session, asked.metrics, check_metrics(health, 1))
        raise
    if asked.metrics is not None:
        text = check_metrics(health, health.exit_code)
        write_private(asked.metrics, text, mode=READABLE)


def _health(
    session: Session,
    paths: Sequence[Path],
    asked: CheckOptions,
    only: Sequence[Selector],
) -> Health:
    from reconciler.config.load import Variables

    loaded = load_files(session, paths, Variables.OPTIONAL)
    check_distinct({"--metrics": asked.metrics}, ledger_files(loaded))
    config = usable(loaded)
    notes = [f for f in loaded.findings if f.id in _OF_FILES]
    narrowed = chosen(only, config) if only else None
    earlier = NO_EARLIER
    if narrowed is None:
        earlier = earlier_rescues(session, loaded.files, config.domain)
    with connect(session, config) as client:
        return checked(
            session, client, config, asked.min_left, narrowed, notes, earlier
        )


def _write_beside(session: Session, path: Path | None, text: str) -> None:
    """Write the metrics of a check that an error ended."""
    try:
        if path is not None:
            write_private(path, text, mode=READABLE)
    except ReconcilerError as problem:
        # The run's own error matters more.
        session.say(problem.message, level="warning")


def checked(
    session: Session,
    client: DailyClient,
    config: Config,
    min_left: float,
    only: Only | None = None,
    of_files: Iterable[Finding] = (),
    earlier: Earlier = NO_EARLIER,
) -> Health:
    """Read the domain, and hold against it what is declared.

    Args:
        session: of the run.
        client: may be one that only reads.
        config: as loaded; variables need no value.
        min_left: seconds that a PIN must have left where nothing renews it.
        only: which rooms and numbers to check; without it, all of them, and what
            lives in Daily and in no file.
        of_files: what was found in the config.
        earlier: the rescue files of earlier runs.

    Raises:
        RefusedError: the key belongs to another domain.
        DailyError: the domain could not be read, or Daily keeps failing.
    """
    from reconciler.daily.partly import read_parts

    reading = read_parts(client, config)
    now = corrected(session.now(), reading.live.skew)
    known = proven(config, reading.live)
    chooses = only or everything
    told = _told(session, config, reading, now, chooses)
    others = only is None
    rescues = _rescues(earlier, config, reading)
    scene = Checked(
        config, reading, now, min_left, chooses, known, told, others, rescues
    )
    found = examine(scene, of_files)
    way = way_to(session, client.url)
    notes = tuple(with_commands(session, found.notes))
    return Health(reading.live, way, now, min_left, found.rows, notes, found.throw_away)


def _rescues(
    earlier: Earlier, config: Config, reading: Reading
) -> Mapping[str, Sequence[Finding]]:
    """What is to be said about each rescue file, by its path."""
    # Nothing is missing from a store that was not read; no other part matters.
    unread = ASSIGNMENTS in reading.unread
    live = replace(reading.live, purchased=None if unread else ())
    found: dict[str, list[Finding]] = {str(path): [] for path, _ in earlier.rescues}
    lost = entries_lost(earlier, config, live)
    for finding in dict.fromkeys((*lost, *earlier.findings)):
        found.setdefault(finding.path[1], []).append(finding)
    return found


def _told(
    session: Session, config: Config, reading: Reading, now: float, only: Only
) -> tuple[Finding, ...]:
    """What the ledger has to say about what could be read."""
    if ROOMS in reading.unread:
        return ()
    live = reading.live
    if reading.unread:
        # Which number reaches a room that names none is not known then.
        live = replace(live, purchased=None)

    def known(kind: KindName, key: str) -> bool:
        return only(kind, key) and f"{ROOMS}/{key}" not in reading.unread

    return compare(session, config, live, now, known)


def show(session: Session, health: Health, *, quiet: bool) -> str:
    """The answer in the session's format; as text, empty when nothing is to be said."""
    if session.output.format == "json":
        from reconciler.render.json.check import check_document
        from reconciler.render.json.documents import dump

        tool = reconciler.__version__
        return dump(check_document(health, session.invocation, tool=tool))
    from reconciler.render.text.check import check_text, quiet_text

    paint = Paint(session.output.colour)
    if quiet:
        return quiet_text(health, paint, session.invocation)
    return check_text(health, paint, session.invocation, tool=reconciler.__version__)
