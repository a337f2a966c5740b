"""Metrics of an apply to a file, however the apply ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reconciler.core.report import RefusedAfterRenewalsError, Report
from reconciler.errors import LockedError, ReconcilerError
from reconciler.operations.files import write_private
from reconciler.operations.session import Session
from reconciler.paths import is_regular, read_text
from reconciler.render.metrics import (
    Earlier,
    Metrics,
    earlier_of,
    failure_of,
    metrics_text,
)

READABLE = 0o644
"""node_exporter runs as another user; there is nothing private in metrics."""


def read_earlier(path: Path | None) -> Earlier:
    """What the file of the last run says. To be read once: counters go on from it."""
    return earlier_of(earlier_text(path))


def earlier_text(path: Path | None) -> str:
    """The file of the last run; empty where there is none that can be read."""
    try:
        # A pipe or a device is not opened before it is written.
        if path is not None and is_regular(path):
            return read_text(path, errors="replace")
    except OSError:
        pass
    return ""


def write_metrics(path: Path, metrics: Metrics) -> None:
    """Write the metrics of a run.

    Raises:
        ReconcilerError: the place cannot be written.
    """
    write_private(path, metrics_text(metrics), mode=READABLE)


def write_failed(
    session: Session,
    path: Path | None,
    error: BaseException,
    text: Callable[[str, float, int], str],
) -> None:
    """Write the metrics of a run that only reads, and that an error ended.

    `text`: makes them of the earlier file, the time and the exit code.
    """
    if path is None:
        return
    code = error.exit_code if isinstance(error, ReconcilerError) else 1
    try:
        made = text(earlier_text(path), session.now(), code)
        write_private(path, made, mode=READABLE)
    except ReconcilerError as problem:
        # The run's own error matters more.
        session.say(problem.message, level="warning")


def write_failure(session: Session, path: Path | None, error: BaseException) -> None:
    """Write the metrics of a run that an error ended."""
    if path is None:
        return
    now, code, report = session.now(), 1, Report()
    if isinstance(error, ReconcilerError):
        code = error.exit_code
    renewed = False
    if isinstance(error, RefusedAfterRenewalsError):
        report, renewed = error.report, error.renewals_ended_well
    made = failure_of(report, code, read_earlier(path), now)
    made = replace(made, lock_held=isinstance(error, LockedError))
    if renewed:
        made = replace(made, last_renewal=now)
    try:
        write_metrics(path, made)
    except ReconcilerError as problem:
        # The run's own error matters more.
        session.say(problem.message, level="warning")
