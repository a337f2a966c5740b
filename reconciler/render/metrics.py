"""Metrics of an apply in Prometheus' text format, for node_exporter's textfile
collector: https://github.com/prometheus/node_exporter#textfile-collector

The times of the last success and of the last renewals, the next expiry and the counters
must outlive a failed run, so they are taken over from the file that is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.core.findings import MEASURED
from reconciler.core.plan.model import Action, Plan
from reconciler.core.report import UNDONE, Outcome, Report
from reconciler.core.times import seconds_of
from reconciler.render.gauges import escaped

_PREFIX = "daily_reconciler"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the file of an earlier run says; nothing where it cannot be read."""

    domain: str = ""
    last_run: float | None = None
    last_success: float | None = None
    last_renewal: float | None = None
    nearest_expiry: float | None = None
    lost_entries: int = 0
    changed_pins: int = 0
    not_as_told: int | None = None

    def nearest_expiry_at(self, now: float) -> float | None:
        """The seconds that are left of `nearest_expiry`."""
        if self.nearest_expiry is None or self.last_run is None:
            return None
        return self.nearest_expiry - (now - self.last_run)


@dataclass(frozen=True, slots=True)
class Metrics:
    """One run in numbers. Times are Unix seconds.

    `nearest_expiry`: seconds until the first managed room expires; None without one.
    `last_renewal`: when a run last left no renewal that was due. `lost_entries` and
    `changed_pins` count over all runs. `not_as_told`: rooms that are not as callers
    were told; None without a ledger.
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
    lost_entries: int = 0
    changed_pins: int = 0
    not_as_told: int | None = None


def metrics_of(
    plan: Plan, report: Report, exit_code: int, earlier: Earlier, *, renewed: bool
) -> Metrics:
    """The metrics of a run that got as far as a report.

    `renewed`: it left no renewal that was due.
    """
    done = report.of(Outcome.DONE)
    succeeded = exit_code in (0, 2)
    return Metrics(
        domain=plan.live.domain.name,
        last_run=plan.now,
        last_success=plan.now if succeeded else earlier.last_success,
        exit_code=exit_code,
        changes={str(a): sum(r.change.action is a for r in done) for a in Action},
        failures=len(report.of(*UNDONE))
        + len({(k.change.kind, k.change.key) for k in report.kept})
        + len(report.left)
        + len(report.lost)
        + len(report.unrestored)
        + report.bad_pins,
        requests=report.requests,
        throttled=report.throttled,
        nearest_expiry=_nearest_expiry(plan, report),
        last_renewal=plan.now if renewed else earlier.last_renewal,
        lost_entries=earlier.lost_entries + len(report.lost),
        changed_pins=earlier.changed_pins + report.bad_pins,
        not_as_told=None if report.not_as_told is None else len(report.not_as_told),
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


def failure_of(report: Report, exit_code: int, earlier: Earlier, now: float) -> Metrics:
    """The metrics of a run that ended before; its domain is the last one's.

    `report` holds the renewals that it did nevertheless.
    """
    return Metrics(
        domain=earlier.domain,
        last_run=now,
        last_success=earlier.last_success,
        exit_code=exit_code,
        failures=1 + report.bad_pins,
        nearest_expiry=earlier.nearest_expiry_at(now),
        last_renewal=earlier.last_renewal,
        lost_entries=earlier.lost_entries + len(report.lost),
        changed_pins=earlier.changed_pins + report.bad_pins,
        not_as_told=earlier.not_as_told,
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
        labels = f'{{domain="{escaped(m.domain)}",action="{action}"}}'
        yield f"{_PREFIX}_changes{labels} {m.changes.get(str(action), 0)}"
    if m.findings:
        yield f"# HELP {_PREFIX}_findings What the last run found about PINs, by id."
        yield f"# TYPE {_PREFIX}_findings gauge"
    for id_, number in m.findings.items():
        labels = f'{{domain="{escaped(m.domain)}",id="{id_}"}}'
        yield f"{_PREFIX}_findings{labels} {number}"
    text = "What the last run left undone, lost, or different from what it sent."
    yield from _gauge("failures", text, m, m.failures)
    text = "Assignments outside of the config that runs found lost."
    yield from _gauge("lost_entries_total", text, m, m.lost_entries, type_="counter")
    text = "Rooms that runs found with another PIN than before, or none."
    yield from _gauge("changed_pins_total", text, m, m.changed_pins, type_="counter")
    if m.not_as_told is not None:
        text = "Rooms that are not as callers were told, by the ledger."
        yield from _gauge("pins_not_as_told", text, m, m.not_as_told)
    text = "1 when the last run ended because another one held the lock."
    yield from _gauge("lock_held", text, m, m.lock_held)
    yield from _gauge("requests", "Requests of the last run.", m, m.requests)
    yield from _gauge("throttled", "Answers with status 429.", m, m.throttled)
    if m.nearest_expiry is not None:
        text = "Seconds until the first managed room expires, at the last run."
        yield from _gauge("nearest_expiry_seconds", text, m, m.nearest_expiry)


def _gauge(
    name: str, text: str, m: Metrics, value: float, *, type_: str = "gauge"
) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {text}"
    yield f"# TYPE {_PREFIX}_{name} {type_}"
    yield f'{_PREFIX}_{name}{{domain="{escaped(m.domain)}"}} {value:.0f}'


def earlier_of(text: str) -> Earlier:
    """What an earlier file says, line by line: one that is damaged spoils no other."""
    domain = re.search(r'domain="([^"]*)"', text)
    return Earlier(
        domain=domain[1] if domain else "",
        last_run=_value(text, "last_run_timestamp_seconds"),
        last_success=_value(text, "last_success_timestamp_seconds"),
        last_renewal=_value(text, "last_successful_renewal_timestamp_seconds"),
        nearest_expiry=_value(text, "nearest_expiry_seconds"),
        lost_entries=_count(text, "lost_entries_total"),
        changed_pins=_count(text, "changed_pins_total"),
        not_as_told=None
        if (told := _value(text, "pins_not_as_told")) is None
        else int(told),
    )


def _count(text: str, name: str) -> int:
    return max(0, int(_value(text, name) or 0))


def _value(text: str, name: str) -> float | None:
    pattern = rf"^{_PREFIX}_{name}\{{[^}}\n]*\}} (-?[0-9]{{1,15}})$"
    found = re.search(pattern, text, re.MULTILINE)
    return float(found[1]) if found else None
