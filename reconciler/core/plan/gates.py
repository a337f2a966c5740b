"""Numbers that stop an apply unless somebody says that number out loud.

A gate is part of the plan that people see; `apply` refuses when one is closed. It
is opened by name and count (`--allow delete=12`), so that what was allowed is what
was looked at. Renewals count against no gate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.core.clock import days_apart
from reconciler.core.compare.diff import same
from reconciler.core.model import Limit, LiveAssignment, LiveDomain
from reconciler.core.plan.callers.busy import NAME as BUSY
from reconciler.core.plan.callers.busy import busy_text, people_affected
from reconciler.core.plan.model import Action, Change, Plan
from reconciler.core.secrecy import reveal

NAMES: Final = (
    "delete",
    "replace",
    "update",
    "new-pin",
    "hmac-rotation",
    "blind-list-write",
    "may-erase",
    "empty-config",
    "lost-entries",
    "clock-skew",
    "busy",
)
"""Every gate, in the order in which they are shown. `new-pin` acts during apply, and
`busy` then too."""

HMAC: Final = ("hmac",)

LISTS: Final = ("hmac-rotation", "blind-list-write", "may-erase")
"""The gates that depend on what the dial-in stores hold at the moment of a write."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One check: `count` of something, of which `limit` may be done.

    `allowed` is what was allowed by hand, which `limit` takes in; 0 without that.
    """

    name: str
    count: int
    limit: int
    message: str
    allowed: int = 0

    @property
    def open(self) -> bool:
        """True when the plan may pass."""
        return self.count <= self.limit

    @property
    def hint(self) -> str:
        """The option that opens it."""
        return f"--allow {self.name}={self.count}"


def check_gates(plan: Plan, allow: Mapping[str, int]) -> tuple[Gate, ...]:
    """Check a plan against its file's limits and what was allowed by hand.

    Only gates that the plan touches are returned, closed ones included.
    """
    return tuple(
        replace(gate, allowed=allow.get(gate.name, 0))
        for gate in _gates(plan, allow)
        if gate.count
    )


def closed_now(
    plan: Plan,
    domain: LiveDomain,
    assignments: Sequence[LiveAssignment],
    allow: Mapping[str, int],
) -> tuple[Gate, ...]:
    """The gates of the dial-in stores that a later reading than the plan's closes."""
    live = replace(plan.live, domain=domain, assignments=tuple(assignments))
    gates = check_gates(replace(plan, live=live), allow)
    return tuple(gate for gate in gates if gate.name in LISTS and not gate.open)


def _gates(plan: Plan, allow: Mapping[str, int]) -> Iterator[Gate]:
    limits = plan.config.limits
    for action, limit in (
        (Action.DELETE, limits.delete),
        (Action.REPLACE, limits.replace),
        (Action.UPDATE, limits.update),
    ):
        count = plan.count(action)
        what = f"{count} to {action} of {plan.managed_live} managed"
        if action is Action.DELETE and (pins := _removed_pins(plan)):
            count += pins
            what += f", and {pins} that lose their PIN"
        most = max(_most(limit, plan.managed_live), allow.get(action, 0))
        text = f"{what}; at most {most}"
        yield Gate(str(action), count, most, text)
    written = written_lists(plan)
    blind = written - plan.live.domain.shown_lists
    ours = {c.key for c in plan.changes if c.kind == "number"}
    others = [e for e in plan.live.assignments if e.number not in ours]
    risked = may_erase(others) if written else []
    yield from list_gates(list(_rotations(plan)), blind, risked, allow)
    yield from _shrinking(plan, allow)
    days = days_apart(plan.live.skew) if plan.changes else 0
    text = f"the clock of this machine is off by {days} days or more"
    yield Gate("clock-skew", days, allow.get("clock-skew", 0), text)
    if (presence := plan.live.presence) is not None:
        people = people_affected(plan.changes, presence)
        text = busy_text(people, presence)
        yield Gate(BUSY, sum(people.values()), allow.get(BUSY, 0), text)


def _removed_pins(plan: Plan) -> int:
    """Rooms that stay and lose their PIN: to their callers that is a deletion."""
    updates = (c for c in plan.changes if c.action is not Action.DELETE)
    return sum(change.removes_pin for change in updates)


def list_gates(
    bare: Sequence[str],
    hidden: Iterable[str],
    risked: Sequence[str],
    allow: Mapping[str, int],
) -> Iterator[Gate]:
    """The gates of entries that a write of a legacy list may change or remove.

    `bare`: labels of entries whose `hmac` is not known; `hidden`: legacy lists to be
    replaced that Daily did not show; `risked`: as `may_erase` gives them.
    """
    yield Gate(
        "hmac-rotation",
        len(bare),
        allow.get("hmac-rotation", 0),
        "Daily may make a new hmac, which breaks the webhooks that check the old one, "
        f"for: {', '.join(bare)}",
    )
    blind = sorted(hidden)
    yield Gate(
        "blind-list-write",
        len(blind),
        allow.get("blind-list-write", 0),
        f"Daily did not show the legacy list {', '.join(blind)}; writing it may remove "
        "entries that cannot be seen",
    )
    yield Gate(
        "may-erase",
        len(risked),
        allow.get("may-erase", 0),
        "writing a legacy list may erase entries of /domain-dialin-config that the "
        f"legacy lists do not show: {', '.join(risked)}",
    )


def may_erase(others: Sequence[LiveAssignment]) -> list[str]:
    """Labels of entries that the run does not write and only the current store shows.

    Whether a write of a legacy list erases them is unknown.
    """
    legacy = [e for e in others if e.store == "legacy"]
    return [
        e.label
        for e in others
        if e.store == "current" and not any(_mirrors(e, other) for other in legacy)
    ]


def _mirrors(entry: LiveAssignment, other: LiveAssignment) -> bool:
    """Tell whether an entry of the other store is the same assignment."""
    if entry.type != other.type or entry.number != other.number:
        return False
    return entry.number is not None or same(_shown(entry), _shown(other))


def _shown(entry: LiveAssignment) -> dict[str, object]:
    """The fields of an entry without a number that tell it from others."""
    made = ("hmac", "sip_uri", "id", "type")
    fields = {k: reveal(v) for k, v in entry.fields.items() if k not in made}
    return {k: v for k, v in fields.items() if v not in (None, "")}


def _shrinking(plan: Plan, allow: Mapping[str, int]) -> Iterator[Gate]:
    """A file that lost its content is more often an accident than a wish."""
    declared = len(plan.config.resources)
    yield Gate(
        "empty-config",
        int(declared == 0),
        allow.get("empty-config", 0),
        "the files declare no room and no number",
    )
    yield _lost_entries(plan, allow.get("lost-entries", 0))


def _lost_entries(plan: Plan, allowed: int) -> Gate:
    base = plan.base or "the base"
    if plan.base_unread:
        files = "1 file" if plan.base_unread == 1 else f"{plan.base_unread} files"
        text = f"{files} of {base} cannot be read, so entries may be lost unseen"
        return Gate("lost-entries", plan.base_unread, allowed, text)
    lost = sum(not dropped.path for dropped in plan.dropped)
    most = max(1, plan.base_count // 2, allowed)
    text = (
        f"{lost} of {plan.base_count} entries that {base} declares and Daily has are "
        f"no longer in the files; at most {most}"
    )
    return Gate("lost-entries", lost if lost > most else 0, most, text)


def written_lists(plan: Plan) -> frozenset[str]:
    """Which legacy lists the plan would replace."""
    if plan.store == "current":
        return frozenset()
    types: set[str] = set()
    held = [e for e in plan.live.assignments if e.store == "legacy"]
    for change in plan.changes:
        if change.kind == "number":
            types |= {str(change.send["type"])} if "type" in change.send else set()
            types |= {change.live_assignment.type} if change.live_assignment else set()
            # One in both lists leaves both.
            types |= {entry.type for entry in held if entry.number == change.key}
    return frozenset(types)


def _rotations(plan: Plan) -> Iterator[str]:
    """Entries that would be written without their hmac, by number or SIP name."""
    for change in plan.changes:
        live = change.live_assignment
        rewritten = change.action is Action.UPDATE and live is not None
        pinless = live is not None and live.type == "pinless_dialin"
        if rewritten and pinless and not change.send.get("hmac"):
            yield change.key
    if "pinless_dialin" in written_lists(plan):
        yield from (e.label for e in plan.live.assignments if _loses_hmac(e, plan))


def is_bare(entry: LiveAssignment) -> bool:
    """True for an entry of the legacy list whose hmac Daily does not show."""
    pinless = entry.store == "legacy" and entry.type == "pinless_dialin"
    return pinless and not entry.fields.get("hmac")


def _loses_hmac(entry: LiveAssignment, plan: Plan) -> bool:
    """True for a bystander in the legacy list that would be sent without its hmac."""
    if not is_bare(entry) or entry.number in {c.key for c in plan.changes}:
        return False
    declared = {n.key: n for n in plan.config.of_kind("number")}.get(entry.number or "")
    known = declared is not None and declared.fields.get("hmac")
    return not known or entry.number not in hmacs_listed(plan.changes)


def hmacs_listed(changes: Iterable[Change]) -> frozenset[str]:
    """The numbers whose declared `hmac` may be sent: some change lists it."""
    numbers = [change for change in changes if change.kind == "number"]
    others = (
        str(field.path[0])
        for change in numbers
        for field in change.also_sent
        if field.path[1:] == HMAC
    )
    return frozenset({*(change.key for change in numbers), *others})


def _most(limit: Limit, managed: int) -> int:
    if limit.count is not None:
        return limit.count
    return max(limit.least, math.floor(managed * (limit.percent or 0) / 100))
