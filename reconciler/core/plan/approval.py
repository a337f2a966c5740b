"""Approve exactly that, or less: a new plan against one that was reviewed.

A plan is contained in an approved one when each of its changes stands there with the
same fields, from the same values to the same values. What was approved and is no
longer needed counts as done. Renewals need no approval: they keep PINs alive.

The text of the config does not matter, only what it does: a merge commit, other
comments or another file layout give the same plan. A rolling `exp` counts as the
same when its `expires` is, since it is counted from the moment of planning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.core.compare.diff import FieldChange, same
from reconciler.core.plan.model import Action, Change, Plan, Unapproved
from reconciler.core.secrecy import labelled, sealed
from reconciler.core.times import DAY, moment
from reconciler.errors import ReconcilerError, RefusedError

_CLOCK_SKEW = 300.0
"""Seconds that a plan may come from the future, when two machines' clocks differ."""


@dataclass(frozen=True, slots=True)
class ApprovedField:
    """One field of an approved change, as JSON values.

    `hidden`: the value before was a secret, which no plan shows.
    """

    before: object
    after: object
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ApprovedChange:
    """One approved change. `rolling`: the `expires` behind its `exp`, in seconds."""

    action: str
    kind: str
    key: str
    fields: Mapping[tuple[object, ...], ApprovedField]
    rolling: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Approved:
    """A reviewed plan, read from its JSON document. `made_at`: Unix seconds.

    `allowed`: gates that the plan was made with, by name and count.
    """

    domain_id: str
    domain: str
    made_at: float
    changes: tuple[ApprovedChange, ...]
    allowed: Mapping[str, int]
    closed: tuple[str, ...] = ()


def read_approved(document: Mapping[str, object]) -> Approved:
    """Read a plan document that is valid against the plan schema.

    Raises:
        ReconcilerError: its time cannot be read.
    """
    domain = _mapping(document["domain"])
    gates = [_mapping(gate) for gate in _items(document["gates"])]
    made_at = moment(document["made_at"])
    if made_at is None:
        raise ReconcilerError("the plan file's made_at is not a time")
    return Approved(
        domain_id=str(domain["id"]),
        domain=str(domain["name"]),
        made_at=made_at,
        changes=tuple(_change(_mapping(c)) for c in _items(document["changes"])),
        allowed={
            str(gate["name"]): int(str(gate["allowed"]))
            for gate in gates
            if gate["allowed"]
        },
        closed=tuple(str(gate["name"]) for gate in gates if not gate["open"]),
    )


def check_usable(approved: Approved, plan: Plan, max_age: float) -> None:
    """Refuse an approved plan of another domain, or one that is too old.

    `max_age` is in seconds; the age counts up to the new plan's time.
    """
    domain = plan.live.domain
    if (approved.domain_id, approved.domain) != (domain.id, domain.name):
        raise RefusedError(
            f"the approved plan is for domain '{approved.domain}' "
            f"({approved.domain_id}), this is '{domain.name}' ({domain.id}); "
            "nothing was changed"
        )
    age = plan.now - approved.made_at
    if not -_CLOCK_SKEW <= age <= max_age:
        raise RefusedError(
            f"the approved plan is {age / DAY:.1f} days old, "
            f"at most {max_age / DAY:.1f} are allowed; nothing was changed",
            tip="plan again, and have that reviewed",
        )


def unapproved(plan: Plan, approved: Approved) -> tuple[Unapproved, ...]:
    """The changes of a plan that the approved one does not hold, and why."""
    known = {(c.kind, c.key): c for c in approved.changes}
    return tuple(
        Unapproved(change, why)
        for change in plan.changes
        if change.action is not Action.RENEW
        and (why := _why(change, known.get((change.kind, change.key))))
    )


def concealed(plan: Plan, approved: Approved) -> Plan:
    """The same plan, with hidden what the approved one hides."""
    known = {(c.kind, c.key): c.fields for c in approved.changes}
    return replace(
        plan,
        changes=tuple(
            _concealed(change, known.get((change.kind, change.key), {}))
            for change in plan.changes
        ),
    )


def _concealed(
    change: Change, approved: Mapping[tuple[object, ...], ApprovedField]
) -> Change:
    hidden = {path for path, field in approved.items() if field.hidden}
    fields = tuple(
        replace(f, before=sealed(f.before)) if f.path in hidden else f
        for f in change.fields
    )
    return replace(change, fields=fields) if hidden else change


def without(plan: Plan, left_out: tuple[Unapproved, ...]) -> Plan:
    """The same plan without some of its changes."""
    ids = {item.change.id for item in left_out}
    return replace(plan, changes=tuple(c for c in plan.changes if c.id not in ids))


def _why(change: Change, approved: ApprovedChange | None) -> str:
    if approved is None:
        return "it is not in the approved plan"
    if approved.action != change.action:
        return f"what was approved is to {approved.action} it"
    rolling = change.desired.rolling
    same_rolling = rolling and approved.rolling == (rolling.after, rolling.renew_before)
    return "; ".join(_field_reasons(change, approved, bool(same_rolling)))


def _field_reasons(
    change: Change, approved: ApprovedChange, same_rolling: bool
) -> Iterator[str]:
    for field in change.fields:
        name = ".".join(str(step) for step in field.path)
        if field.path == ("exp",) and same_rolling:
            continue
        known = approved.fields.get(tuple(field.path))
        if known is None:
            yield f"{name} was not to change"
        elif not _same_field(field, known):
            yield f"{name} was approved from and to other values"


def _same_field(field: FieldChange, approved: ApprovedField) -> bool:
    # What was a variable in the base is hidden; without a base it is not known to be.
    from_same = approved.hidden or same(labelled(field.before), approved.before)
    return from_same and same(labelled(field.after), approved.after)


def _change(item: Mapping[str, object]) -> ApprovedChange:
    fields = {}
    for entry in map(_mapping, _items(item["fields"])):
        path = tuple(_items(entry["path"]))
        fields[path] = ApprovedField(
            entry["before"], entry["after"], entry.get("before_hidden") is True
        )
    rolling = item.get("rolling")
    return ApprovedChange(
        action=str(item["action"]),
        kind=str(item["kind"]),
        key=str(item["key"]),
        fields=fields,
        rolling=_rolling(_mapping(rolling)) if rolling else None,
    )


def _rolling(item: Mapping[str, object]) -> tuple[int, int]:
    return int(str(item["after"])), int(str(item["renew_before"]))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []
