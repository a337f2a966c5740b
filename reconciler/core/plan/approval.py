"""Approve exactly that, or less: a new plan against one that was reviewed.

A plan is contained in an approved one when each of its changes stands there and sends
and removes nothing else: a field goes from the same value to the same value, what is
also sent was going to be sent with the same value over the same one, and what goes away
was going to, with the same value. What was approved and is no longer needed counts as
done. A new room or number is what is sent and Daily's defaults for the rest, so there
nothing may be missing either. A risk that the approved change did not have is not
approved, and neither is one that names more rooms. The store that assignments are
written to is approved with the changes.
Renewals need no approval: they keep PINs alive. What is carried along needs none: it
stays as Daily has it.

The text of the config does not matter, only what it does: a merge commit, other
comments or another file layout give the same plan. A rolling `exp` counts as the
same when its `expires` is, since it is counted from the moment of planning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from reconciler.core.compare.diff import FieldChange, Step, same
from reconciler.core.compare.fingerprint import PIN, Fingerprints
from reconciler.core.phone import room_numbers
from reconciler.core.plan.gates import LISTS
from reconciler.core.plan.model import (
    Action,
    Change,
    Forced,
    Origin,
    Plan,
    Unapproved,
)
from reconciler.core.plan.room_checks import leaving
from reconciler.core.secrecy import labelled, sealed
from reconciler.core.times import DAY, moment
from reconciler.errors import ReconcilerError, RefusedError

_ADDRESS = ("sip_uri",)
"""Daily makes it, and may move it with any write of a list."""

_CLOCK_SKEW = 300.0
"""Seconds that a plan may come from the future, when two machines' clocks differ."""


@dataclass(frozen=True, slots=True)
class ApprovedField:
    """One field of an approved change, as JSON values.

    `hidden`: the value before was a secret, which no plan shows. The last two are
    fingerprints of what is hidden, or empty.
    """

    before: object
    after: object
    hidden: bool = False
    before_print: str = ""
    after_print: str = ""


Fields = Mapping[tuple[object, ...], ApprovedField]


@dataclass(frozen=True, slots=True)
class ApprovedChange:
    """One approved change. `rolling`: the `expires` behind its `exp`, in seconds.

    `origin` and `drifted`: as in a `Change`. `risks`: the rooms of each, by its id.
    """

    action: str
    kind: str
    key: str
    fields: Fields
    rolling: tuple[int, int] | None = None
    also_sent: Fields = field(default_factory=dict)
    carried: Fields = field(default_factory=dict)
    removed: Fields = field(default_factory=dict)
    origin: Origin = Origin.UNKNOWN
    drifted: frozenset[tuple[object, ...]] = frozenset()
    risks: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approved:
    """A reviewed plan, read from its JSON document. `made_at`: Unix seconds.

    `allowed`: gates that the plan was made with, by name and count, as far as the plan
    needs them. `closed`: its closed gates, by name and count. `base` names the revision
    that it was compared with.
    """

    domain_id: str
    domain: str
    store: str
    made_at: float
    changes: tuple[ApprovedChange, ...]
    allowed: Mapping[str, int]
    closed: Mapping[str, int] = field(default_factory=dict)
    base: str = ""


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
    changes = tuple(_change(_mapping(c)) for c in _items(document["changes"]))
    return Approved(
        domain_id=str(domain["id"]),
        domain=str(domain["name"]),
        store=str(document["dialin_store"]),
        made_at=made_at,
        changes=changes,
        allowed={
            str(gate["name"]): needed
            for gate in gates
            if gate["allowed"] and (needed := _needed(gate, changes))
        },
        closed={
            str(gate["name"]): int(str(gate["count"]))
            for gate in gates
            if not _is_open(gate)
        },
        base=str(document.get("base") or ""),
    )


def _is_open(gate: Mapping[str, object]) -> bool:
    """The count decides, as it did when the plan was made."""
    return gate["open"] is True and int(str(gate["count"])) <= int(str(gate["limit"]))


def _needed(gate: Mapping[str, object], changes: Iterable[ApprovedChange]) -> int:
    """What was allowed, but no more than what the reviewed plan does.

    The changes are what was reviewed; the gates of the file may have been edited since.
    No plan writes a gate that acts during apply, so none is taken from there, and none
    is taken that is about people who are in a meeting at the time. What
    depends on Daily alone (the entries of a list, the clock) cannot be told from the
    changes: there the count of the file is the bound.
    """
    allowed = min(int(str(gate["allowed"])), int(str(gate["count"])))
    name = str(gate["name"])
    return min(allowed, _most(name, list(changes), allowed))


def _most(name: str, changes: Sequence[ApprovedChange], allowed: int) -> int:
    """How much of a gate these changes can need at most."""
    if name in ("delete", "replace", "update"):
        return sum(
            change.action == name or (name == "delete" and PIN in change.removed)
            for change in changes
        )
    if name in LISTS:
        # Entries of a list that the plan does not change count as well.
        return allowed if any(change.kind == "number" for change in changes) else 0
    if name == "clock-skew":
        return allowed if changes else 0
    # Who was in a room (`busy`) says nothing of who is there when it is applied.
    # A config that declares nothing plans nothing. `lost-entries` counts against a base
    # that an apply does not read, and is taken from `closed`.
    return int(name == "empty-config" and not changes)


def check_usable(approved: Approved, plan: Plan, max_age: float) -> None:
    """Refuse an approved plan of another domain or store, or one that is too old.

    `max_age` is in seconds; the age counts up to the new plan's time.
    """
    domain = plan.live.domain
    if (approved.domain_id, approved.domain) != (domain.id, domain.name):
        raise RefusedError(
            f"the approved plan is for domain '{approved.domain}' "
            f"({approved.domain_id}), this is '{domain.name}' ({domain.id})"
        )
    if approved.store != plan.store:
        raise RefusedError(
            f"the approved plan writes the {approved.store} dial-in store, "
            f"the files want the {plan.store} one",
            tip="plan again, and have that reviewed",
        )
    age = plan.now - approved.made_at
    if not -_CLOCK_SKEW <= age <= max_age:
        raise RefusedError(
            f"the approved plan is {age / DAY:.1f} days old, "
            f"at most {max_age / DAY:.1f} are allowed",
            tip="plan again, and have that reviewed",
        )


def unapproved(plan: Plan, approved: Approved) -> tuple[Unapproved, ...]:
    """The changes of a plan that the approved one does not hold, and why."""
    known = {(c.kind, c.key): c for c in approved.changes if c.action != Action.RENEW}

    def why_not(change: Change) -> str:
        prints = Fingerprints(approved.domain_id, change.kind, change.key)
        return _why(change, known.get((change.kind, change.key)), prints)

    return tuple(
        Unapproved(change, why)
        for change in plan.changes
        if change.action is not Action.RENEW and (why := why_not(change))
    )


def approved_fields(approved: Approved) -> Forced:
    """Which fields the approved plan updates, also where Daily shows nothing."""
    updates = {
        (c.kind, c.key): c.fields for c in approved.changes if c.action == Action.UPDATE
    }
    return lambda kind, key, path: path in updates.get((kind, key), {})


def attributed(plan: Plan, approved: Approved) -> Plan:
    """The same plan, with whose change each one is: the approved one knew the base."""
    known = {(c.kind, c.key, c.action): c for c in approved.changes}

    def marked(change: Change) -> Change:
        twin = known.get((change.kind, change.key, str(change.action)))
        if twin is None:
            return change
        paths = (field_.path for field_ in (*change.fields, *change.also_sent))
        drifted = frozenset(path for path in paths if path in twin.drifted)
        return replace(change, origin=twin.origin, drifted=drifted)

    changes = tuple(map(marked, plan.changes))
    return replace(plan, base=approved.base, changes=changes)


def concealed(plan: Plan, approved: Approved) -> Plan:
    """The same plan, with hidden what the approved one hides."""
    hidden = {
        (c.kind, c.key): {
            path
            for fields in (c.fields, c.also_sent, c.carried, c.removed)
            for path, known in fields.items()
            if known.hidden
        }
        for c in approved.changes
    }
    changes = (_concealed(c, hidden.get((c.kind, c.key), set())) for c in plan.changes)
    return replace(plan, changes=tuple(changes))


def _concealed(change: Change, hidden: Set[tuple[object, ...]]) -> Change:
    def conceal(path: tuple[Step, ...], value: object) -> object:
        return sealed(value) if path in hidden else value

    return change.veiled(conceal) if hidden else change


def dependents(plan: Plan, left_out: tuple[Unapproved, ...]) -> tuple[Unapproved, ...]:
    """What must be left out as well once these changes are, and why.

    A room does not move to a number that is not assigned, and a number does not go
    while a room is reached by it that was to leave it.
    """
    gone = list(left_out)
    while more := [
        Unapproved(change, why)
        for change in without(plan, tuple(gone)).changes
        if (why := _hangs_on(change, [item.change for item in gone], plan))
    ]:
        gone += more
    return tuple(gone[len(left_out) :])


def _hangs_on(change: Change, gone: Sequence[Change], plan: Plan) -> str:
    if change.kind == "room":
        named = room_numbers(change.send)
        needed = [c.address for c in gone if _begins_pin(c) and c.key in named]
        return f"it needs {', '.join(needed)}, left out" if needed else ""
    if change.action not in (Action.DELETE, Action.REPLACE):
        return ""
    rooms = [c.address for c in leaving(gone, plan.live, change.key)]
    return f"it waits for {', '.join(rooms)}, left out" if rooms else ""


def _begins_pin(change: Change) -> bool:
    begins = change.action in (Action.CREATE, Action.REPLACE)
    return begins and change.send.get("type") == "pin_dialin"


def without(plan: Plan, left_out: tuple[Unapproved, ...]) -> Plan:
    """The same plan without some of its changes."""
    ids = {item.change.id for item in left_out}
    return replace(plan, changes=tuple(c for c in plan.changes if c.id not in ids))


def _why(change: Change, approved: ApprovedChange | None, prints: Fingerprints) -> str:
    if approved is None:
        return "it is not in the approved plan"
    if approved.action != change.action:
        return f"what was approved is to {approved.action} it"
    differ = differences(change, approved, prints=prints)
    return "; ".join((*differ, *new_risks(change, approved)))


def new_risks(change: Change, approved: ApprovedChange) -> Iterator[str]:
    """Risks that the reviewed change did not have, or that reach further by now."""
    for risk in change.risks:
        rooms = approved.risks.get(risk.id)
        if rooms is None or not rooms.issuperset(risk.rooms):
            yield f"a risk appeared since the review: {risk.text}"


def differences(
    change: Change,
    approved: ApprovedChange,
    form: Callable[[object], object] = labelled,
    prints: Fingerprints | None = None,
) -> Iterator[str]:
    """Where a change sends or removes what the approved one does not.

    `form`: how the values of the approved change stand for those of a change. `prints`
    tell apart what that does not show.
    """
    alike = _Alike(form, prints)
    listed = approved.fields.keys() | approved.also_sent.keys()
    exempt = listed & {("exp",)} if _same_rolling(change, approved) else set()
    for field_ in change.fields:
        if field_.path not in exempt:
            yield from _field_reason(field_, approved, alike)
    for field_ in change.also_sent:
        known = approved.also_sent.get(field_.path) or approved.fields.get(field_.path)
        if field_.path in exempt:
            continue
        if known is None:
            yield f"{_name(field_.path)} was not to be sent"
        elif not alike.after(field_, known):
            yield f"{_name(field_.path)} was to be sent with another value"
        elif not (alike.before(field_, known) or same(field_.before, field_.after)):
            yield f"{_name(field_.path)} was to be sent over another value"
    for field_ in change.removed:
        known = approved.removed.get(field_.path)
        if known is None:
            yield f"{_name(field_.path)} was not to be removed"
        elif field_.path != _ADDRESS and not alike.before(field_, known):
            yield f"{_name(field_.path)} was to be removed with another value"
    if change.action in (Action.CREATE, Action.REPLACE):
        sent = {field_.path for field_ in change.sent}
        for path in (*approved.fields, *approved.also_sent):
            if path not in sent:
                yield f"{_name(path)} was to be set"


def _field_reason(
    change: FieldChange, approved: ApprovedChange, alike: _Alike
) -> Iterator[str]:
    known = approved.fields.get(change.path)
    if known is None:
        yield f"{_name(change.path)} was not to change"
        return
    if not (alike.before(change, known) and alike.after(change, known)):
        yield f"{_name(change.path)} was approved from and to other values"


@dataclass(frozen=True, slots=True)
class _Alike:
    """Whether a field goes from and to what was approved: see `differences`."""

    form: Callable[[object], object]
    prints: Fingerprints | None

    def before(self, change: FieldChange, known: ApprovedField) -> bool:
        if self.prints and known.before_print:
            return self.prints.before(change) == known.before_print
        # What was a variable in the base is hidden; without a base it is not known.
        return known.hidden or same(self.form(change.before), known.before)

    def after(self, change: FieldChange, known: ApprovedField) -> bool:
        if not same(self.form(change.after), known.after):
            return False
        return self.prints is None or self.prints.after(change) == known.after_print


def _same_rolling(change: Change, approved: ApprovedChange) -> bool:
    rolling = change.desired.rolling
    if rolling is None:
        return False
    return approved.rolling == (rolling.after, rolling.renew_before)


def _name(path: tuple[object, ...]) -> str:
    return ".".join(map(str, path))


def _change(item: Mapping[str, object]) -> ApprovedChange:
    rolling = item.get("rolling")
    fields, also_sent = _items(item["fields"]), _items(item["also_sent"])
    return ApprovedChange(
        action=str(item["action"]),
        kind=str(item["kind"]),
        key=str(item["key"]),
        fields=_fields(item["fields"]),
        rolling=_rolling(_mapping(rolling)) if rolling else None,
        also_sent=_fields(item["also_sent"]),
        carried=_fields(item["carried"]),
        removed=_fields(item["removed"]),
        origin=Origin(str(item["origin"] or "")),
        drifted=frozenset(
            tuple(_items(entry["path"]))
            for entry in map(_mapping, (*fields, *also_sent))
            if entry["origin"] == Origin.DRIFT
        ),
        risks=_risks(item["risks"]),
    )


def _risks(items: object) -> dict[str, frozenset[str]]:
    rooms: dict[str, frozenset[str]] = {}
    for risk in map(_mapping, _items(items)):
        known = rooms.get(str(risk["id"]), frozenset())
        rooms[str(risk["id"])] = known | set(map(str, _items(risk.get("rooms"))))
    return rooms


def _fields(items: object) -> Fields:
    return {
        tuple(_items(entry["path"])): ApprovedField(
            entry["before"],
            entry["after"],
            hidden=entry.get("before_hidden") is True,
            before_print=str(entry.get("before_fingerprint") or ""),
            after_print=str(entry.get("after_fingerprint") or ""),
        )
        for entry in map(_mapping, _items(items))
    }


def _rolling(item: Mapping[str, object]) -> tuple[int, int]:
    return int(str(item["after"])), int(str(item["renew_before"]))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []
