"""Metrics of a check in Prometheus' text format."""

from __future__ import annotations

from typing import Final, get_args

from reconciler.core.check.model import Health, RowKind, Verdict
from reconciler.render.gauges import counts, escaped, failed, lines, run_of

_KEPT: Final = ("check_rows", "check_failing")


def check_metrics(health: Health, exit_code: int) -> str:
    """The metrics of a check that read the domain."""
    domain = f'domain="{escaped(health.live.domain.name)}"'
    verdicts = {str(verdict): health.count(verdict) for verdict in Verdict}
    failing = dict.fromkeys(get_args(RowKind), 0)
    for row in health.rows:
        failing[row.kind] += row.verdict is Verdict.FAIL
    made = [*run_of("check", domain, health.now, exit_code)]
    made += counts("check_rows", "Rows of the last check.", domain, "verdict", verdicts)
    text = "Rows of the last check that fail, by what they are about."
    made += counts("check_failing", text, domain, "kind", failing)
    return lines(made)


def failed_metrics(earlier: str, now: float, exit_code: int) -> str:
    """Those of a check that an error ended; `earlier`: the file of the one before.

    The rows of an earlier check stay, so that an alert on them does not end.
    """
    return failed("check", _KEPT, earlier, now, exit_code)
