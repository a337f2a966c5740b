"""Metrics of a plan in Prometheus' text format: an alarm on drift, without writing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Final

from reconciler.core.findings import MEASURED
from reconciler.core.plan.model import Action, Origin, Plan
from reconciler.render.gauges import (
    PREFIX,
    counts,
    escaped,
    failed,
    heading,
    lines,
    run_of,
)

_UNMANAGED: Final = "unmanaged_pin_nearest_expiry_seconds"
_KEPT: Final = ("pending", "plan_findings", "plan_closed_gates", _UNMANAGED)
_ORIGINS: Final = {Origin.UNKNOWN: "unknown", Origin.CHANGE: "change"} | {
    Origin.DRIFT: "drift"
}


def plan_metrics(plan: Plan, closed_gates: int, exit_code: int) -> str:
    """The metrics of a plan that was made."""
    domain = f'domain="{escaped(plan.live.domain.name)}"'
    findings = {i: sum(f.id == i for f in plan.findings) for i in MEASURED}
    made = [*run_of("plan", domain, plan.now, exit_code), *_pending(plan, domain)]
    text = "What the last plan found about callers, by id."
    made += counts("plan_findings", text, domain, "id", findings)
    made += _gauge("plan_closed_gates", "Gates that refuse it.", domain, closed_gates)
    if (end := plan.unmanaged.nearest_end) is not None:
        text = "Seconds until the first PIN room that no file names ends."
        made += _gauge(_UNMANAGED, text, domain, int(end - plan.now))
    return lines(made)


def failed_plan_metrics(earlier: str, now: float, exit_code: int) -> str:
    """Those of a plan that an error ended; `earlier`: the file of the one before.

    What the plan before had found stays, so that an alert on it does not end.
    """
    return failed("plan", _KEPT, earlier, now, exit_code)


def _pending(plan: Plan, domain: str) -> Iterator[str]:
    """Each action and origin has a value, so that no series comes and goes."""
    found = Counter((c.action, c.origin) for c in plan.changes)
    name = f"{PREFIX}_pending"
    yield from heading(name, "Changes that an apply would make.")
    for action, origin in product(Action, Origin):
        labels = f'{domain},action="{action}",origin="{_ORIGINS[origin]}"'
        yield f"{name}{{{labels}}} {found[action, origin]}"


def _gauge(name: str, text: str, domain: str, value: int) -> Iterator[str]:
    name = f"{PREFIX}_{name}"
    yield from heading(name, text)
    yield f"{name}{{{domain}}} {value}"
