"""Metrics of an apply in Prometheus' text format, for node_exporter's textfile
collector: https://github.com/prometheus/node_exporter#textfile-collector

The time of the last success and the next expiry must outlive a failed run, so they
are taken over from the file that is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.core.findings import MEASURED
from reconciler.core.plan.model import Action, Plan
from reconciler.core.report import UNDONE, Outcome, Report
from reconciler.core.times import seconds_of

_PREFIX = "daily_reconciler"


@dataclass(frozen=True, slots=True)
class Metrics:
    """One run in numbers. Times are Unix seconds.

    `nearest_expiry`: seconds until the first managed room expires; None without one.
    `last_renewal`: when a run last left no renewal that was due.
    """

    domain: str
    last_run: float
    last_success: float | None
    exit_code: int
    changes: dict[str, int] = field(default_factory=dict)
    failures: int = 0
    requests: int = 0
    throttled: int = 0
    nearest_expiry: float | None = None
    last_renewal: float | None = None
    lock_held: bool = False
    findings: dict[str, int] = field(default_factory=dict)


def metrics_of(
    plan: Plan, report: Report, exit_code: int, last_success: float | None
) -> Metrics:
    """The metrics of a run that got as far as a report."""
    done = report.of(Outcome.DONE)
    succeeded = exit_code in (0, 2)
    return Metrics(
        domain=plan.live.domain.name,
        last_run=plan.now,
        last_success=plan.now if succeeded else last_success,
        exit_code=exit_code,
        changes={str(a): sum(r.change.action is a for r in done) for a in Action},
        failures=len(report.of(*UNDONE))
        + len({(k.change.kind, k.change.key) for k in report.kept})
        + len(report.left)
        + len(report.lost)
        + report.bad_pins,
        requests=report.requests,
        throttled=report.throttled,
        nearest_expiry=_nearest_expiry(plan, report),
        findings={i: sum(f.id == i for f in plan.findings) for i in MEASURED},
    )


def _nearest_expiry(plan: Plan, report: Report) -> float | None:
    declared = {room.key for room in plan.config.of_kind("room") if not room.absent}
    # A declared end that has passed stays in view, although the room is gone.
    ends = {
        room.key: seconds_of(room.fields.get("exp"))
        for room in plan.config.of_kind("room")
        if not room.absent and not room.ends
    }
    ends |= {key: room.exp for key, room in plan.live.rooms.items() if key in declared}
    for result in report.of(Outcome.DONE):
        pushed = seconds_of(result.change.send.get("exp"))
        if result.change.kind == "room" and pushed is not None:
            ends[result.change.key] = pushed
    return min(
        (end - plan.now for end in ends.values() if end is not None), default=None
    )


def metrics_text(metrics: Metrics) -> str:
    """The whole file."""
    return "\n".join(_lines(metrics)) + "\n"


def _lines(m: Metrics) -> Iterator[str]:
    yield from _gauge("last_run_timestamp_seconds", "Last run.", m, m.last_run)
    if m.last_success is not None:
        text = "Last run that ended well."
        yield from _gauge("last_success_timestamp_seconds", text, m, m.last_success)
    if m.last_renewal is not None:
        text = "Last run that left no renewal that was due."
        name = "last_successful_renewal_timestamp_seconds"
        yield from _gauge(name, text, m, m.last_renewal)
    yield from _gauge("exit_code", "Exit code of the last run.", m, m.exit_code)
    yield f"# HELP {_PREFIX}_changes Changes that the last run applied, by action."
    yield f"# TYPE {_PREFIX}_changes gauge"
    for action in Action:
        labels = f'{{domain="{_escaped(m.domain)}",action="{action}"}}'
        yield f"{_PREFIX}_changes{labels} {m.changes.get(str(action), 0)}"
    if m.findings:
        yield f"# HELP {_PREFIX}_findings What the last run found about PINs, by id."
        yield f"# TYPE {_PREFIX}_findings gauge"
    for id_, number in m.findings.items():
        labels = f'{{domain="{_escaped(m.domain)}",id="{id_}"}}'
        yield f"{_PREFIX}_findings{labels} {number}"
    text = "What the last run left undone, lost, or different from what it sent."
    yield from _gauge("failures", text, m, m.failures)
    text = "1 when the last run ended because another one held the lock."
    yield from _gauge("lock_held", text, m, m.lock_held)
    yield from _gauge("requests", "Requests of the last run.", m, m.requests)
    yield from _gauge("throttled", "Answers with status 429.", m, m.throttled)
    if m.nearest_expiry is not None:
        text = "Seconds until the first managed room expires, at the last run."
        yield from _gauge("nearest_expiry_seconds", text, m, m.nearest_expiry)


def _gauge(name: str, text: str, m: Metrics, value: float) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {text}"
    yield f"# TYPE {_PREFIX}_{name} gauge"
    yield f'{_PREFIX}_{name}{{domain="{_escaped(m.domain)}"}} {value:.0f}'


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def last_success(text: str) -> float | None:
    """The time of the last success in an earlier file of ours."""
    return _value(text, "last_success_timestamp_seconds")


def last_renewal(text: str) -> float | None:
    """The time of the last successful renewals in an earlier file of ours."""
    return _value(text, "last_successful_renewal_timestamp_seconds")


def nearest_expiry(text: str, now: float) -> float | None:
    """What an earlier file of ours said, as far as it has come since."""
    left = _value(text, "nearest_expiry_seconds")
    then = _value(text, "last_run_timestamp_seconds")
    return None if left is None or then is None else left - (now - then)


def _value(text: str, name: str) -> float | None:
    pattern = rf"^{_PREFIX}_{name}\{{[^}}]*\}} (-?\d+)"
    found = re.search(pattern, text, re.MULTILINE)
    return float(found[1]) if found else None
