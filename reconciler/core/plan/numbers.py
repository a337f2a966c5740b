"""Phone-number assignments: the chosen store decides, the other one is watched.

Whether Daily mirrors one store in the other, or lets a write to one erase the
other, is unknown. So a number that both show counts once, and one that lives
only in the store that is not written stops the plan instead of being assigned
twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.core.compare.diff import FieldChange, diff_fields, same
from reconciler.core.compare.equality import Context, canonical, context, sides
from reconciler.core.findings import Finding
from reconciler.core.kinds import NUMBER, SETTABLE
from reconciler.core.model import Config, Desired, Live, LiveAssignment
from reconciler.core.plan.model import Action, Change, Draft, Risk, Selection
from reconciler.core.secrecy import show, veil

INTERRUPTS = Risk("interrupts-calls", "calls to this number fail until it is done")
STOPS_CALLS = Risk("interrupts-calls", "calls to this number are no longer answered")
SIP_MOVES = Risk("sip-addresses", "SIP addresses of the entries behind it may move")
CALLS_HOOKS = Risk(
    "calls-webhooks", "Daily calls each room_creation_api once, as a test"
)
MAY_ERASE = Risk(
    "may-erase", "a legacy write may erase entries of /domain-dialin-config"
)


@dataclass(frozen=True, slots=True)
class _Sight:
    """One number in both stores."""

    mine: LiveAssignment | None
    other: LiveAssignment | None


def plan_numbers(config: Config, live: Live, selection: Selection) -> Draft:
    """Plan every declared number that the selection names."""
    mine = [a.fields for a in live.assignments if a.store == config.store]
    ctx = context(NUMBER, {}, mine)
    draft = Draft()
    for desired in config.of_kind("number"):
        sight = _sight(desired.key, config, live)
        draft.found += sight.mine is not None
        if selection.only("number", desired.key):
            _plan_number(desired, sight, ctx, live, selection, draft)
    draft.changes = [_with_store_risks(c, config, live) for c in draft.changes]
    return draft


def _sight(number: str, config: Config, live: Live) -> _Sight:
    mine = other = None
    for assignment in live.assignments:
        if assignment.number != number:
            continue
        if assignment.store == config.store:
            mine = assignment
        else:
            other = assignment
    return _Sight(mine, other)


def _plan_number(
    desired: Desired,
    sight: _Sight,
    ctx: Context,
    live: Live,
    selection: Selection,
    draft: Draft,
) -> None:
    if sight.mine is None and sight.other is not None:
        draft.findings.append(_in_other_store(desired, sight.other))
        return
    if sight.mine and sight.other:
        draft.findings += _compare_stores(desired, sight.mine, sight.other, ctx)
    change = _change(desired, sight.mine, ctx, selection, draft.findings)
    draft.findings += _ownership(desired, sight.mine, change, live)
    if change is None:
        draft.in_sync += 1
    else:
        draft.changes.append(change)


def _change(
    desired: Desired,
    mine: LiveAssignment | None,
    ctx: Context,
    selection: Selection,
    findings: list[Finding],
) -> Change | None:
    if desired.absent:
        return _delete(desired, mine) if mine else None
    if mine is None:
        return _create(desired)
    if mine.type != desired.fields["type"]:
        return _replace(desired, mine)
    both = sides(desired, {**mine.fields, "type": mine.type}, ctx)
    findings += [_unverified(desired, path) for path in both.unverified]
    diff = diff_fields(both.before, both.after)
    resend = selection.resend("number", desired.key)
    if not diff and not resend:
        return None
    shown = tuple(show(NUMBER, change, desired, mine.fields) for change in diff)
    return Change(
        Action.UPDATE,
        "number",
        desired.key,
        "differs from the file" if diff else "sent again on request",
        desired,
        shown,
        tuple(_update_risks(mine)),
        entry(desired, mine),
        mine,
    )


def entry(desired: Desired, live: LiveAssignment | None) -> dict[str, object]:
    """The whole entry as it is written: declared fields over live settable ones.

    A live `hmac` is among them: Daily makes a new one when none is sent. A
    declared null stays in, as a null, so that the writer can clear the field.
    """
    kind = str(desired.fields["type"])
    kept: dict[str, object] = {}
    if live is not None and live.type == kind:
        kept = {k: v for k, v in live.fields.items() if k in SETTABLE[kind]}
        kept = {k: v for k, v in kept.items() if v is not None and v != ""}
    wanted = {
        k: v
        for k, v in desired.fields.items()
        if v is not None or k not in NUMBER.generated
    }
    return {**kept, **wanted}


def _delete(desired: Desired, mine: LiveAssignment) -> Change:
    return Change(
        Action.DELETE,
        "number",
        desired.key,
        "state: absent",
        desired,
        risks=(STOPS_CALLS,),
        live=mine,
    )


def _create(desired: Desired) -> Change:
    fields = _written(desired)
    send = entry(desired, None)
    return Change(
        Action.CREATE, "number", desired.key, "not in Daily", desired, fields, (), send
    )


def _replace(desired: Desired, mine: LiveAssignment) -> Change:
    turn = FieldChange(("type",), mine.type, desired.fields["type"])
    rest = tuple(f for f in _written(desired) if f.path != ("type",))
    return Change(
        Action.REPLACE,
        "number",
        desired.key,
        "differs from the file",
        desired,
        (turn, *rest),
        (INTERRUPTS,),
        entry(desired, None),
        mine,
    )


def _written(desired: Desired) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange((name,), None, veil(NUMBER, (name,), value, None))
        for name, value in desired.fields.items()
        if value is not None
    )


def _update_risks(mine: LiveAssignment) -> Iterator[Risk]:
    unknown = sorted(
        key
        for key, value in mine.fields.items()
        if key not in SETTABLE[mine.type]
        and key not in NUMBER.server_made | {"type"}
        and value is not None
    )
    if unknown:
        text = f"rewrites the entry without {', '.join(unknown)}, which cannot be sent"
        yield Risk("drops-keys", text)


def _with_store_risks(change: Change, config: Config, live: Live) -> Change:
    """The risks that come with the legacy list, where every write is a whole list."""
    if config.store == "current":
        return change
    risks = list(change.risks)
    if any(a.store == "current" for a in live.assignments):
        risks.append(MAY_ERASE)
    if change.action in (Action.DELETE, Action.REPLACE):
        risks.append(SIP_MOVES)
    types = {str(change.send.get("type", ""))}
    types |= {change.live.type} if isinstance(change.live, LiveAssignment) else set()
    if "pinless_dialin" in types:
        risks.append(CALLS_HOOKS)
    return replace(change, risks=tuple(risks))


def _compare_stores(
    desired: Desired, mine: LiveAssignment, other: LiveAssignment, ctx: Context
) -> Iterator[Finding]:
    differing = [] if mine.type == other.type else ["type"]
    for name in sorted(SETTABLE.get(mine.type, frozenset()) - {"hmac"}):
        left = canonical((name,), _plain(mine.fields.get(name)), ctx)
        right = canonical((name,), _plain(other.fields.get(name)), ctx)
        if not same(left, right):
            differing.append(name)
    if differing:
        yield Finding(
            "stores-differ",
            f"the two dial-in stores disagree about {desired.key}: "
            f"{', '.join(differing)}; the {mine.store} one decides",
            desired.place,
            "see `dialin_store` in the documentation",
        )


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {k: v for k, v in value.items() if v is not None and v != ""} or None
    return value


def _in_other_store(desired: Desired, other: LiveAssignment) -> Finding:
    return Finding(
        "other-store",
        f"{desired.key} is assigned in Daily's {other.store} dial-in store, "
        "which this file does not write",
        desired.place,
        f"set dialin_store: {other.store}, or remove that assignment by hand first",
    )


def _ownership(
    desired: Desired, mine: LiveAssignment | None, change: Change | None, live: Live
) -> Iterator[Finding]:
    if desired.absent or live.purchased is None:
        return
    if any(number.number == desired.key for number in live.purchased):
        return
    orphaned = mine is not None and change is None
    yield Finding(
        "orphaned-assignment" if orphaned else "not-purchased",
        f"{desired.key} is assigned, but this domain no longer owns it"
        if orphaned
        else f"{desired.key} has not been purchased by this domain",
        desired.place,
        "buy it in Daily's dashboard, or remove it here",
    )


def _unverified(desired: Desired, path: tuple[str, ...]) -> Finding:
    return Finding(
        "unverified",
        f"Daily does not show {'.'.join(path)} of {desired.key}; it was not compared",
        desired.places.get(path) or desired.place,
        f"to send it now: apply --resend 'number:{desired.key}'",
        path,
    )
