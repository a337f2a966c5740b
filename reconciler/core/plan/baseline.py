"""What this revision changes, and what had drifted: a plan beside its base's plan.

Both plans are made from one reading of Daily, so the comparison needs no state: what
the base would do as well is drift, what only this revision would do is its change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.core.compare.diff import FieldChange
from reconciler.core.kinds import KINDS
from reconciler.core.model import Config, Desired, Live
from reconciler.core.plan.model import Change, Dropped, Origin, Plan
from reconciler.core.secrecy import reveal


def with_base(plan: Plan, base_plan: Plan, base: str) -> Plan:
    """Mark every change, and list what the base managed and this plan does not.

    `base` is what people call the base revision. Both plans share one reading.
    """
    wanted = {c.id: c for c in base_plan.changes}
    changes = tuple(_marked(change, wanted.get(change.id)) for change in plan.changes)
    dropped = tuple(_dropped(plan.config, base_plan.config, plan.live))
    count = sum(not resource.absent for resource in base_plan.config.resources)
    return replace(plan, changes=changes, base=base, base_count=count, dropped=dropped)


def _marked(change: Change, twin: Change | None) -> Change:
    if twin is None:
        return replace(change, origin=Origin.CHANGE)
    theirs = {field.path: field for field in twin.fields}
    rolling = change.desired.rolling
    drifted = frozenset(
        field.path
        for field in change.fields
        if field.path in theirs
        and (
            _same_goal(field, theirs[field.path])
            # Both revisions count from now: the seconds differ, the wish does not.
            or (field.path == ("exp",) and rolling == twin.desired.rolling and rolling)
        )
    )
    moved = any(field.path not in drifted for field in change.fields)
    origin = Origin.CHANGE if moved else Origin.DRIFT
    return replace(change, origin=origin, drifted=drifted)


def _same_goal(field: FieldChange, other: FieldChange) -> bool:
    return reveal(field.after) == reveal(other.after)


def _dropped(config: Config, base: Config, live: Live) -> Iterator[Dropped]:
    declared = {(r.kind, r.key): r for r in config.resources}
    for old in base.resources:
        if old.absent:
            continue
        new = declared.get((old.kind, old.key))
        shown = _shown(old, live)
        if shown is None:
            continue
        if new is None:
            yield Dropped(old.kind, old.key, (), f"{_key(old)}: {{state: absent}}")
        elif not new.absent:
            yield from _dropped_fields(old, new, shown)


def _dropped_fields(
    old: Desired, new: Desired, shown: Mapping[str, object]
) -> Iterator[Dropped]:
    for name, value in old.fields.items():
        if value is None or name == "type":
            continue
        if name not in new.fields and shown.get(name) is not None:
            yield Dropped(old.kind, old.key, (name,), f"{name}: null")
        elif name in KINDS[old.kind].objects:
            yield from _dropped_keys(old, new, name, shown)


def _dropped_keys(
    old: Desired, new: Desired, name: str, shown: Mapping[str, object]
) -> Iterator[Dropped]:
    before, after, live = old.fields[name], new.fields[name], shown.get(name)
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return
    seen = live if isinstance(live, Mapping) else {}
    for key, value in before.items():
        if value is not None and key not in after and seen.get(key) is not None:
            yield Dropped(old.kind, old.key, (name, key), f"{name}: {{{key}: null}}")


def _shown(old: Desired, live: Live) -> Mapping[str, object] | None:
    """The live side of something declared; None when Daily does not have it."""
    if old.kind == "room":
        room = live.rooms.get(old.key)
        return room.fields if room else None
    for entry in live.assignments:
        if entry.number == old.key:
            return entry.fields
    return None


def _key(resource: Desired) -> str:
    return json.dumps(resource.key) if resource.kind == "number" else resource.key
