"""Metrics of a check in Prometheus' text format.

Their names are not those of an apply: a check that runs must not hide a sync that does
not, and both may write into the folder of one node_exporter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, get_args

from reconciler.core.check.model import Health, RowKind, Verdict
from reconciler.render.metrics import escaped

_PREFIX: Final = "daily_reconciler_check"
_LAST_RUN: Final = f"{_PREFIX}_last_run_timestamp_seconds"
_EXIT_CODE: Final = f"{_PREFIX}_exit_code"
_DOMAIN: Final = re.compile(rf'^{_LAST_RUN}\{{(domain="[^"\n]*")\}}', re.MULTILINE)
_ROWS: Final = re.compile(
    rf"^(?:# (?:HELP|TYPE) )?{_PREFIX}_(?:rows|failing)\b[^\n]*$", re.MULTILINE
)


def check_metrics(health: Health, exit_code: int) -> str:
    """The metrics of a check that read the domain."""
    domain = f'domain="{escaped(health.live.domain.name)}"'
    verdicts = {str(verdict): health.count(verdict) for verdict in Verdict}
    failing = dict.fromkeys(get_args(RowKind), 0)
    for row in health.rows:
        failing[row.kind] += row.verdict is Verdict.FAIL
    lines = [*_run(domain, health.now, exit_code)]
    lines += _counts("rows", "Rows of the last check.", domain, "verdict", verdicts)
    text = "Rows of the last check that fail, by what they are about."
    lines += _counts("failing", text, domain, "kind", failing)
    return "".join(f"{line}\n" for line in lines)


def failed_metrics(earlier: str, now: float, exit_code: int) -> str:
    """Those of a check that an error ended; `earlier`: the file of the one before.

    The rows of an earlier check stay, so that an alert on them does not end.
    """
    known = _DOMAIN.search(earlier)
    domain = known[1] if known else 'domain=""'
    lines = [*_run(domain, now, exit_code), *_ROWS.findall(earlier)]
    return "".join(f"{line}\n" for line in lines)


def _run(domain: str, now: float, exit_code: int) -> Iterator[str]:
    values = {
        _LAST_RUN: ("When a check last ran.", f"{now:.0f}"),
        _EXIT_CODE: ("Exit code of the last check.", str(exit_code)),
    }
    for name, (text, value) in values.items():
        yield from _head(name, text)
        yield f"{name}{{{domain}}} {value}"


def _counts(
    name: str, text: str, domain: str, label: str, counts: Mapping[str, int]
) -> Iterator[str]:
    yield from _head(f"{_PREFIX}_{name}", text)
    for value, number in counts.items():
        yield f'{_PREFIX}_{name}{{{domain},{label}="{value}"}} {number}'


def _head(name: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"
