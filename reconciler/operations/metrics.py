"""Metrics of an apply to a file, however the apply ended."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from reconciler.core.plan.model import Plan
from reconciler.core.report import Report
from reconciler.errors import ReconcilerError
from reconciler.operations.files import write_private
from reconciler.operations.session import Session
from reconciler.render.metrics import (
    Metrics,
    last_renewal,
    last_success,
    metrics_of,
    metrics_text,
    nearest_expiry,
)

_READABLE = 0o644
"""node_exporter runs as another user; there is nothing private in metrics."""


def write_metrics(
    path: Path | None, plan: Plan, report: Report, code: int, *, renewed: bool
) -> None:
    """Write the metrics of a run that got as far as a report.

    `renewed`: every renewal that was due ended well.
    """
    if path is not None:
        earlier = _earlier(path)
        made = metrics_of(plan, report, code, last_success(earlier))
        renewed_at = plan.now if renewed else last_renewal(earlier)
        made = replace(made, last_renewal=renewed_at)
        write_private(path, metrics_text(made), mode=_READABLE)


def write_failure(
    session: Session,
    path: Path | None,
    code: int,
    *,
    renewed_at: float | None = None,
    lock_held: bool = False,
) -> None:
    """Write the metrics of a run that ended before; its domain is the last one's.

    `renewed_at`: when its renewals ended well, if they did.
    """
    if path is None:
        return
    earlier = _earlier(path)
    domain = re.search(r'domain="([^"]*)"', earlier)
    made = Metrics(
        domain=domain[1] if domain else "",
        last_run=session.now(),
        last_success=last_success(earlier),
        exit_code=code,
        failures=1,
        nearest_expiry=nearest_expiry(earlier, session.now()),
        lock_held=lock_held,
        last_renewal=renewed_at or last_renewal(earlier),
    )
    try:
        write_private(path, metrics_text(made), mode=_READABLE)
    except ReconcilerError as error:
        # The run's own error matters more.
        session.say(error.message, level="warning")


def _earlier(path: Path) -> str:
    try:
        # A pipe or a device is not opened before it is written.
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError):
        return ""
