"""What this revision changes, and what had drifted: a plan beside its base's plan.

Both plans are made from one reading of Daily, so the comparison needs no state: what
the base would do as well is drift, what only this revision would do is its change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.core.body.listing import leaves
from reconciler.core.compare.canonical import canonical
from reconciler.core.compare.diff import FieldChange, Step, at, same
from reconciler.core.compare.equality import Context, effective
from reconciler.core.kinds import KINDS
from reconciler.core.model import Config, KindName, Path
from reconciler.core.plan.base.dropped import dropped_by, shown
from reconciler.core.plan.model import Action, Change, Forced, Origin, Plan
from reconciler.core.secrecy import Secret, conceal, reveal, secrets_in


def with_base(plan: Plan, base_plan: Plan, base: str) -> Plan:
    """Mark every change, and list what the base managed and this plan does not.

    `base` is what people call the base revision. Both plans share one reading.
    """
    wanted = {c.id: c for c in base_plan.changes}
    changes = tuple(_marked(change, wanted.get(change.id)) for change in plan.changes)
    plan = replace(plan, changes=changes)
    return with_dropped(plan, base_plan.config, base)


def with_dropped(plan: Plan, base: Config, name: str) -> Plan:
    """List what the base managed and this plan does not; mark no change.

    For a base of which only the entries can be told, and not all they declare.
    """
    declared = [old for old in base.resources if not old.absent]
    return replace(
        plan,
        base=name,
        base_count=sum(shown(old, plan.live) is not None for old in declared),
        dropped=tuple(dropped_by(plan.config, base, plan.live)),
        changes=tuple(_concealed(plan.changes, base)),
    )


def veiled(plan: Plan, others: Config) -> Plan:
    """The plan with hidden what other files of the base take from variables.

    They mark no change: a room may stand in several of them.
    """
    known = secrets_in([old.fields for old in others.resources])
    declared: dict[tuple[KindName, str], list[Mapping[str, object]]] = {}
    for old in others.resources:
        declared.setdefault((old.kind, old.key), []).append(old.fields)

    def one(change: Change) -> Change:
        for fields in declared.get((change.kind, change.key), [{}]):
            change = _without_secrets_of(change, fields, known)
        return change

    return replace(plan, changes=tuple(map(one, plan.changes)))


def changed_since(base: Config, config: Config) -> Forced:
    """Which declared values this revision has otherwise than its base."""
    old = {(r.kind, r.key): r.fields for r in base.resources if not r.absent}
    new = {(r.kind, r.key): r.fields for r in config.resources}

    def changed(kind: KindName, key: str, path: Path) -> bool:
        before, after = (at(side.get((kind, key), {}), path) for side in (old, new))
        return not same(_meaning(kind, path, before), _meaning(kind, path, after))

    return changed


def _meaning(kind: KindName, path: Path, value: object) -> object:
    """A declared value in its one form; null is the default where Daily hides a key."""
    row = KINDS[kind]
    if path in row.maybe_hidden:
        return effective(path, value, Context(row, row.defaults))
    return canonical(row, path, reveal(value))


def _concealed(changes: Iterable[Change], base: Config) -> Iterator[Change]:
    """What the base takes from a variable is a secret in Daily too."""
    declared = {(old.kind, old.key): old.fields for old in base.resources}
    known = secrets_in([old.fields for old in base.resources])
    for change in changes:
        yield _without_secrets_of(
            change, declared.get((change.kind, change.key), {}), known
        )


def _without_secrets_of(
    change: Change, declared: Mapping[str, object], known: Mapping[str, Secret]
) -> Change:
    kind = KINDS[change.kind]

    def veil(path: tuple[Step, ...], value: object) -> object:
        return conceal(kind, path, value, declared, known)

    return change.veiled(veil)


def _marked(change: Change, twin: Change | None) -> Change:
    if twin is None:
        return replace(change, origin=Origin.CHANGE)
    theirs = {field.path: field for field in (*twin.fields, *twin.also_sent)}
    rolling = _same_rolling(change, twin)
    drifted = frozenset(
        field.path
        for field in (*change.fields, *change.also_sent)
        if field.path in theirs
        and (
            _same_goal(field, theirs[field.path])
            # Both revisions count from now: the seconds differ, the wish does not.
            or (field.path == ("exp",) and rolling)
        )
    )
    moved = any(field.path not in drifted for field in change.fields)
    moved = moved or _sends_otherwise(change, twin)
    origin = Origin.CHANGE if moved else Origin.DRIFT
    return replace(change, origin=origin, drifted=drifted)


def _sends_otherwise(change: Change, twin: Change) -> bool:
    """Tell whether this revision would send or remove what its base would not.

    A new object is what is sent and Daily's defaults for the rest, so there a value
    that only the base sends counts as well. What an update sends as Daily shows it
    already (an object is sent whole) changes nothing.
    """
    ours, theirs = _leaves(change), _leaves(twin)
    if _same_rolling(change, twin):
        ours.pop(("exp",), None)
        theirs.pop(("exp",), None)
    if change.action in (Action.CREATE, Action.REPLACE):
        return not same(ours, theirs)
    if {f.path for f in change.removed} - {f.path for f in twin.removed}:
        return True
    live = change.live.fields if change.live else {}
    return any(
        not (path in theirs and same(value, theirs[path]))
        and not same(value, at(live, path))
        for path, value in ours.items()
    )


def _leaves(change: Change) -> dict[tuple[Step, ...], object]:
    """Each value that is sent, by its path; secrets are opened."""
    return {path: reveal(value) for path, value in leaves(change.send)}


def _same_rolling(change: Change, twin: Change) -> bool:
    rolling = change.desired.rolling
    return rolling is not None and rolling == twin.desired.rolling


def _same_goal(field: FieldChange, other: FieldChange) -> bool:
    return reveal(field.after) == reveal(other.after)
