"""What would be done, as a value: computed whole, then shown, checked, applied.

`make_plan` is the only planner; `plan`, `apply` and the check after an apply all
call it. There is no state: the plan follows from the config, one reading of the
domain, and the time.

Decisions:
* Nothing is deleted but what is declared `state: absent`.
* A renewal is a change of its own, beside an update of the same room, so that it
  can be applied when the update is refused.
* A room whose `exp` has passed is planned as a creation, because Daily treats it
  as gone; it may also still hold the name, and the apply copes with both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reconciler.core.clock import check_clock
from reconciler.core.dialin.number_use import rooms_reached
from reconciler.core.findings import in_order
from reconciler.core.model import Config, Live, Path
from reconciler.core.plan.callers.unmanaged import unmanaged
from reconciler.core.plan.model import (
    EVERYTHING,
    Action,
    Change,
    Plan,
    Risk,
    Selection,
)
from reconciler.core.plan.numbers import plan_numbers
from reconciler.core.plan.room_checks import comes_last
from reconciler.core.plan.rooms import plan_rooms

_ORDER: Final = {
    ("number", Action.REPLACE): 0,
    ("number", Action.CREATE): 0,
    ("number", Action.UPDATE): 0,
    ("room", Action.RENEW): 1,
    ("room", Action.CREATE): 2,
    ("room", Action.UPDATE): 3,
    ("room", Action.DELETE): 4,
}
_LAST: Final = 5


def make_plan(
    config: Config,
    live: Live,
    *,
    now: float,
    selection: Selection = EVERYTHING,
    witnessed: frozenset[Path] = frozenset(),
) -> Plan:
    """Compare what is declared with what Daily has.

    Args:
        config: a valid config.
        live: one reading of the domain that holds every declared resource.
        now: Unix seconds; see `core.clock`.
        selection: what to plan, and what to send again without a difference.
        witnessed: keys of rooms that Daily was seen to show elsewhere.
    """
    rooms = plan_rooms(config, live, now, selection, witnessed)
    numbers = plan_numbers(config, live, selection)
    changes = [*rooms.changes, *(_with_callers(c, live) for c in numbers.changes)]
    last = {c.id for c in changes if comes_last(c, changes, live)}
    changes.sort(key=lambda c: _LAST if c.id in last else _ORDER[c.kind, c.action])
    return Plan(
        config=config,
        live=live,
        now=now,
        changes=tuple(changes),
        in_sync=rooms.in_sync + numbers.in_sync,
        managed_live=rooms.found + numbers.found,
        unmanaged=unmanaged(config, live, now, listed=selection.list_unmanaged),
        witnessed=rooms.witnessed,
        findings=in_order(
            [*check_clock(live.skew), *rooms.findings, *numbers.findings]
        ),
    )


def _may_cut_off(change: Change) -> bool:
    """Tell whether a number may stop asking its callers for a PIN."""
    begins = change.action is Action.CREATE
    pinless = begins and change.send.get("type") == "pinless_dialin"
    return pinless or change.action in (Action.DELETE, Action.REPLACE)


def _with_callers(change: Change, live: Live) -> Change:
    """A change of a number, with the rooms whose callers use it, managed or not."""
    rooms = rooms_reached(live, change.key) if concerns_callers(change) else ()
    if not rooms:
        return change
    effect = "lose their way in" if _may_cut_off(change) else "call it"
    text = f"callers with the PIN of these rooms {effect}: {', '.join(rooms)}"
    risk = Risk("affects-rooms", text, tuple(rooms))
    return replace(change, risks=(*change.risks, risk))


def concerns_callers(change: Change) -> bool:
    """Tell whether callers of rooms may notice this change of a number.

    They do not when a number begins to ask for a PIN.
    """
    if change.kind != "number":
        return False
    return change.action is not Action.CREATE or _may_cut_off(change)
