"""What `plan` and `apply` share: from files to a checked plan, and its rendering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import reconciler
from reconciler.cli.session import Session, usable
from reconciler.core.estimate import Estimate, estimate
from reconciler.core.findings import in_order
from reconciler.core.gates import Gate, check_gates
from reconciler.core.plan import Plan, Selection, make_plan
from reconciler.render.words import Paint

if TYPE_CHECKING:
    from reconciler.config.load import Loaded
    from reconciler.daily.client import DailyClient


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with everything that is said about it. `seconds`: time to apply it."""

    plan: Plan
    gates: tuple[Gate, ...]
    estimated: Estimate
    seconds: float
    digest: str

    @property
    def closed(self) -> tuple[Gate, ...]:
        """The gates that refuse this plan."""
        return tuple(gate for gate in self.gates if not gate.open)


def planned(
    session: Session,
    client: DailyClient,
    loaded: Loaded,
    selection: Selection,
    allow: Mapping[str, int],
    *,
    only_renewals: bool = False,
) -> Planned:
    """Read the domain and plan. The config's findings join the plan's."""
    from reconciler.daily.live import read_live
    from reconciler.daily.rate import interval

    config = usable(loaded)
    every = selection.list_unmanaged
    live = read_live(client, config, every_room=every, every_assignment=every)
    plan = make_plan(config, live, now=session.now(), selection=selection)
    findings = in_order([*loaded.findings, *plan.findings])
    plan = replace(plan, findings=findings)
    if only_renewals:
        plan = plan.only_renewals()
    cost = estimate(plan)
    seconds = cost.general * interval("general", client.share)
    seconds += cost.deletion * interval("deletion", client.share)
    return Planned(plan, check_gates(plan, allow), cost, seconds, loaded.digest)


def show_plan(session: Session, made: Planned) -> str:
    """The plan in the chosen format."""
    if session.output.format == "json":
        from reconciler.render.json import dump, plan_document

        return dump(
            plan_document(
                made.plan,
                made.gates,
                made.estimated,
                made.seconds,
                digest=made.digest,
                tool=reconciler.__version__,
            )
        )
    from reconciler.render.text import plan_text

    paint = Paint(session.output.colour)
    return plan_text(made.plan, made.gates, made.estimated, made.seconds, paint)
