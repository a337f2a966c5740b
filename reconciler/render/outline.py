"""How a plan is laid out for people, whatever the format: sections, groups, order.

Every word in here is the tool's own: nothing from a file or from Daily is in a title,
so that a format can print titles as they are and guard the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.core.compare.diff import FieldChange
from reconciler.core.findings import Finding, Severity
from reconciler.core.plan.model import Action, Change, Dropped, Origin, Plan
from reconciler.core.times import iso
from reconciler.render.words import (
    LONGEST_VALUE,
    count,
    left_alone,
    path_text,
    side_texts,
    value_text,
)

RISKS: Final[dict[str, tuple[str, str]]] = {
    "new-pin": ("new PIN", "new PINs"),
    "pin-lost": ("lost PIN", "lost PINs"),
    "callers-kept-out": (
        "room that may keep callers out",
        "rooms that may keep callers out",
    ),
    "interrupts-calls": (
        "number with failing calls",
        "numbers with failing calls",
    ),
    "ejects": ("room that ejects people", "rooms that eject people"),
    "public": ("public room", "public rooms"),
    "pin-ends-sooner": (
        "PIN that ends sooner",
        "PINs that end sooner",
    ),
    "will-expire": ("room that will expire", "rooms that will expire"),
    "may-erase": (
        "write that may erase assignments",
        "writes that may erase assignments",
    ),
    "sip-addresses": (
        "write that may move SIP addresses",
        "writes that may move SIP addresses",
    ),
    "may-revive": ("room that may come back", "rooms that may come back"),
    "drops-keys": ("write that may drop keys", "writes that may drop keys"),
    "may-reset": (
        "write that may reset hidden values",
        "writes that may reset hidden values",
    ),
    "calls-webhooks": (
        "write that calls webhooks",
        "writes that call webhooks",
    ),
}
"""Each risk as a summary counts it, the gravest first."""

CALLERS: Final[dict[str, tuple[str, str]]] = {
    "pin-not-as-told": (
        "room that is not as callers were told",
        "rooms that are not as callers were told",
    ),
}
"""How a summary counts the findings of `FIRST`."""

_BY_GRAVITY: Final = tuple(RISKS)
_ACTIONS: Final = (
    *(Action.DELETE, Action.REPLACE, Action.UPDATE, Action.CREATE, Action.RENEW),
)


@dataclass(frozen=True, slots=True)
class Section:
    """Changes that belong together. Without a base there is one, with no title."""

    title: str
    about: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one section that do the same to the same kind of thing."""

    action: Action
    kind: str
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        """`3 rooms to update`."""
        return f"{count(len(self.changes), self.kind)} to {self.action}"


def sections(plan: Plan) -> tuple[Section, ...]:
    """What this revision changes, and what had drifted; empty ones are left out."""
    if not plan.base:
        return (Section("", "", plan.changes),) if plan.changes else ()
    drift = tuple(c for c in plan.changes if c.origin is Origin.DRIFT)
    ours = tuple(c for c in plan.changes if c.origin is not Origin.DRIFT)
    made = (
        Section("Changes of this revision", "The base does not want them.", ours),
        Section("Drift", "The base wants this too; Daily has something else.", drift),
    )
    return tuple(section for section in made if section.changes)


DROPPED_TITLE: Final = "No longer managed"
DROPPED_ABOUT: Final = (
    "The base managed this, this revision does not: it stays in Daily, and nothing "
    "keeps or renews it."
)


def groups(changes: Iterable[Change]) -> tuple[Group, ...]:
    """The changes by action and kind, in the order of the actions."""
    found: dict[tuple[Action, str], list[Change]] = {}
    for change in changes:
        found.setdefault((change.action, change.kind), []).append(change)
    order = list(Action)
    return tuple(
        Group(action, kind, tuple(found[action, kind]))
        for action, kind in sorted(found, key=lambda k: (order.index(k[0]), k[1]))
    )


def callers_counted(findings: Iterable[Finding]) -> tuple[str, ...]:
    """`2 rooms that are not as callers were told`: what comes before all else."""
    seen = Counter(finding.id for finding in findings)
    return tuple(
        f"{seen[ident]:,} {CALLERS[ident][seen[ident] != 1]}"
        for ident in CALLERS
        if seen[ident]
    )


def risks_counted(plan: Plan) -> tuple[str, ...]:
    """`2 new PINs`, `1 public room`: the gravest first."""
    seen = Counter(
        ident for change in plan.changes for ident in {r.id for r in change.risks}
    )
    return tuple(
        f"{seen[ident]:,} {RISKS[ident][seen[ident] != 1]}"
        for ident in RISKS
        if seen[ident]
    )


def gravest_first(changes: Iterable[Change]) -> list[Change]:
    """By what they risk, then by what they do; equals stay in the plan's order."""
    return sorted(changes, key=_gravity)


def _gravity(change: Change) -> tuple[int, int]:
    last = len(_BY_GRAVITY)
    ranks = (
        _BY_GRAVITY.index(r.id) if r.id in RISKS else last - 1 for r in change.risks
    )
    return min(ranks, default=last), _ACTIONS.index(change.action)


def todo(plan: Plan) -> str:
    """`2 to create, 1 to update; 4 in sync, 12 rooms and 1 assignment left alone`."""
    parts = [
        f"{plan.count(action):,} to {action}" for action in Action if plan.count(action)
    ]
    said = ", ".join(parts) if parts else "nothing to do"
    return f"{said}; {plan.in_sync:,} in sync, {left_alone(plan)}"


def of_severity(findings: Sequence[Finding], severity: Severity) -> tuple[Finding, ...]:
    """The findings of one severity."""
    return tuple(f for f in findings if f.severity is severity)


def sides(field: FieldChange, most: int = LONGEST_VALUE) -> tuple[str, str]:
    """Before and after as people read them, told apart when they look the same."""
    before, after = side_texts(field, most)
    return before, f"{after} (another value)" if before == after else after


def is_drift(change: Change, field: FieldChange) -> bool:
    """True for a drifted field of a change that is otherwise this revision's."""
    return change.origin is Origin.CHANGE and field.path in change.drifted


ALSO_SENT: Final = "also sent"
REMOVED: Final = "removed"
CARRIED: Final = "sent back as Daily has it"


def with_value(field: FieldChange, value: object, most: int = LONGEST_VALUE) -> str:
    """`dialin.display_name: "Phone Caller"`."""
    return f"{path_text(field)}: {value_text(field, value, most)}"


def carried_text(change: Change, most: int = LONGEST_VALUE) -> str:
    """What is carried along, in one line; `most` characters of each value."""
    return ", ".join(with_value(field, field.after, most) for field in change.carried)


RENAMED: Final = ("likely renamed to", "which is another room with another PIN")
"""What stands before and after the likely new name of a room."""


def dropped_advice(dropped: Dropped) -> str:
    """What the line of a dropped thing is for."""
    if dropped.keeps:
        return "to keep it managed, write"
    return "to reset it, write" if dropped.path else "to remove it, write"


def dropped_effect(dropped: Dropped) -> str:
    """What happens to those who use it; empty when nothing ends."""
    what = "its PIN" if dropped.has_pin else "the room"
    if dropped.ends is not None:
        return f"{what} ends on {iso(dropped.ends)}, and nothing renews it"
    return "its PIN stays, and nothing watches it" if dropped.has_pin else ""
