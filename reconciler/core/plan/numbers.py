"""Phone-number assignments: the chosen store decides, the other one is watched.

Whether Daily mirrors one store in the other, or lets a write to one erase the
other, is unknown. So a number that both show counts once, and one that lives
only in the store that is not written stops the plan instead of being assigned
twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from reconciler.core.body.listing import leaves
from reconciler.core.body.overlay import overlay, settled
from reconciler.core.body.removed import what_is_not_sent
from reconciler.core.body.unknown import unknown_keys
from reconciler.core.compare.diff import ABSENT, FieldChange, diff_fields, same
from reconciler.core.compare.equality import Context, context, effective, sides
from reconciler.core.findings import Finding
from reconciler.core.kinds import NUMBER, SETTABLE
from reconciler.core.model import Config, Desired, Live, LiveAssignment, Path, Store
from reconciler.core.plan.changes import (
    DIFFERS,
    NOT_THERE,
    change,
    created,
    deletion,
    drops_keys,
    fields_of,
    unverified,
    update,
)
from reconciler.core.plan.gates import HMAC, is_bare
from reconciler.core.plan.model import Action, Change, Draft, Risk, Selection
from reconciler.core.secrecy import reveal, showing

INTERRUPTS = Risk("interrupts-calls", "calls to this number fail until it is done")
STOPS_CALLS = Risk("interrupts-calls", "calls to this number are no longer answered")
SIP_MOVES = Risk("sip-addresses", "SIP addresses of the entries behind it may move")
CALLS_HOOKS = Risk(
    "calls-webhooks", "Daily calls each room_creation_api once, as a test"
)
SIP_MOVES_TOO = Risk(
    "sip-addresses", "its SIP address may move, because name_prefix is part of it"
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
    draft.findings += unverified(draft.unverified)
    draft.findings += _twice(config, live, selection)
    hmacs = tuple(_hidden_hmacs(draft.changes, config, live))
    draft.changes = [_with_store_risks(c, config, live, hmacs) for c in draft.changes]
    return draft


def about(number: str) -> Path:
    """The path of a finding about a number."""
    return "phone_numbers", number


def _sight(number: str, config: Config, live: Live) -> _Sight:
    mine = other = None
    for assignment in live.assignments:
        if assignment.number != number:
            continue
        if assignment.store == config.store:
            # A list may hold a number twice: the first one is what writing looks at.
            mine = mine or assignment
        else:
            other = other or assignment
    return _Sight(mine, other)


def _twice(config: Config, live: Live, selection: Selection) -> Iterator[Finding]:
    """Numbers that one store holds twice: which entry answers is unknown."""
    places = {desired.key: desired.place for desired in config.of_kind("number")}
    seen: dict[tuple[str, Store], list[LiveAssignment]] = {}
    # A config without numbers has read but one of the stores.
    for entry in live.assignments if live.purchased is not None else ():
        if entry.number is not None and selection.only("number", entry.number):
            seen.setdefault((entry.number, entry.store), []).append(entry)
    for (number, store), entries in seen.items():
        if len(entries) > 1:
            types = " and as ".join(entry.type for entry in entries)
            yield Finding(
                "number-twice",
                f"{number} is assigned twice in Daily's {store} dial-in store: "
                f"as {types}; which one answers is unknown",
                places.get(number),
                "remove one of the two by hand",
                about(number),
            )


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
    made = _change(desired, sight.mine, ctx, selection, draft)
    draft.findings += _ownership(desired, sight.mine, made, live)
    if made is None:
        draft.in_sync += 1
    else:
        draft.changes.append(made)


def _change(
    desired: Desired,
    mine: LiveAssignment | None,
    ctx: Context,
    selection: Selection,
    draft: Draft,
) -> Change | None:
    if desired.absent:
        return deletion(desired, mine, STOPS_CALLS) if mine else None
    if mine is None:
        send = entry(desired, None, ctx)
        differing = created(send)
        return change(Action.CREATE, desired, NOT_THERE, differing=differing, send=send)
    if mine.type != desired.fields["type"]:
        return _replace(desired, mine, ctx)
    forced = partial(selection.forced, "number", desired.key)
    both = sides(desired, fields_of(mine), ctx, forced)
    draft.unverified += [(desired, path) for path in both.unverified]
    diff = diff_fields(both.before, both.after)
    resend = selection.resend("number", desired.key)
    if not diff and not resend:
        return None
    send = entry(desired, mine, ctx)
    return update(desired, mine, diff, _update_risks(mine, diff), send, resent=resend)


def entry(
    desired: Desired, live: LiveAssignment | None, ctx: Context
) -> dict[str, object]:
    """The whole entry as it is written: declared fields over live settable ones.

    A live `hmac` is among them: Daily makes a new one when none is sent. In an entry
    that is there a declared null stays in, so that the writer can clear the field.
    """
    kind = str(desired.fields["type"])
    if live is None or live.type != kind:
        return {k: settled(v) for k, v in desired.fields.items() if v is not None}
    kept = {k: v for k, v in live.fields.items() if k in SETTABLE[kind]}
    kept = {k: v for k, v in kept.items() if v is not None and v != ""}
    wanted = {
        k: overlay((k,), v, live.fields.get(k), ctx)
        for k, v in desired.fields.items()
        if v is not None or k not in NUMBER.generated
    }
    return {**kept, **wanted}


def _replace(desired: Desired, mine: LiveAssignment, ctx: Context) -> Change:
    """The old entry goes with all that it held, and another one takes its place."""
    send = entry(desired, None, ctx)
    sent, held = dict(leaves(send)), dict(leaves(fields_of(mine)))
    differing = [
        FieldChange(path, held.get(path, ABSENT), value)
        for path, value in sent.items()
        if not same(reveal(held.get(path)), reveal(value))
    ]
    return change(
        Action.REPLACE,
        desired,
        DIFFERS,
        live=mine,
        differing=differing,
        risks=(INTERRUPTS,),
        send=send,
        removed=what_is_not_sent(desired, mine, frozenset(sent)),
    )


def _update_risks(mine: LiveAssignment, diff: Iterable[FieldChange]) -> Iterator[Risk]:
    renamed = any(field.path == ("name_prefix",) for field in diff)
    if mine.type == "pinless_dialin" and renamed:
        yield SIP_MOVES_TOO
    known = SETTABLE[mine.type] | NUMBER.server_made | {"type"}
    held = (k for k, v in mine.fields.items() if v not in (None, "", {}, []))
    unknown = (k for k in held if k not in known)
    yield from drops_keys(
        "rewrites the entry without {}, which cannot be sent", unknown
    )
    nested = (
        path
        for name in SETTABLE[mine.type]
        for path in unknown_keys(NUMBER, mine.fields.get(name), (name,))
    )
    yield from drops_keys(
        "sends {} back, which this version does not know: if Daily refuses that, the "
        "entry is written without it",
        (".".join(map(str, path)) for path in nested),
    )


def _with_store_risks(
    change: Change, config: Config, live: Live, hidden_hmacs: Iterable[FieldChange]
) -> Change:
    """The risks that come with the legacy list, where every write is a whole list."""
    if config.store == "current":
        return change
    risks = list(change.risks)
    if any(a.store == "current" for a in live.assignments):
        risks.append(MAY_ERASE)
    if change.action in (Action.DELETE, Action.REPLACE):
        risks.append(SIP_MOVES)
    held = [
        a for a in live.assignments if (a.store, a.number) == ("legacy", change.key)
    ]
    for twin in held[1:]:
        text = f"also removes the second entry of this number ({twin.type})"
        risks.append(Risk("interrupts-calls", text))
    types = {str(change.send.get("type", ""))}
    types |= {change.live.type} if isinstance(change.live, LiveAssignment) else set()
    types |= {twin.type for twin in held}
    if "pinless_dialin" not in types:
        return replace(change, risks=tuple(risks))
    risks.append(CALLS_HOOKS)
    return replace(
        change, risks=tuple(risks), also_sent=(*change.also_sent, *hidden_hmacs)
    )


def _hidden_hmacs(
    changes: Iterable[Change], config: Config, live: Live
) -> Iterator[FieldChange]:
    """The declared `hmac` of each number that stays and whose own Daily does not show.

    Every write of the list sends it, since Daily makes a new one when none is sent.
    Where it is not the live one, that changes it, so each change lists it.
    """
    written = {change.key for change in changes}
    bare = {entry.number for entry in live.assignments if is_bare(entry)} - written
    for desired in config.of_kind("number"):
        hmac = desired.fields.get("hmac")
        if desired.key in bare and hmac and not desired.absent:
            shown = showing(NUMBER, desired, {})(FieldChange(HMAC, ABSENT, hmac))
            yield replace(shown, path=(desired.key, *HMAC))


def with_hmacs_of(again: Change, planned: Change) -> Change:
    """A change that was planned again alone, with what it sends of other numbers."""
    known = {field.path for field in again.also_sent}
    others = (
        field
        for field in planned.also_sent
        if field.path[1:] == HMAC and field.path not in known
    )
    return replace(again, also_sent=(*again.also_sent, *others))


def _compare_stores(
    desired: Desired, mine: LiveAssignment, other: LiveAssignment, ctx: Context
) -> Iterator[Finding]:
    differing = [] if mine.type == other.type else ["type"]
    for name in sorted(SETTABLE.get(mine.type, frozenset()) - {"hmac"}):
        left = effective((name,), _plain(mine.fields.get(name)), ctx)
        right = effective((name,), _plain(other.fields.get(name)), ctx)
        if not same(left, right):
            differing.append(name)
    if differing:
        yield Finding(
            "stores-differ",
            f"the two dial-in stores disagree about {desired.key}: "
            f"{', '.join(differing)}; the {mine.store} one decides",
            desired.place,
            "see `dialin_store` in the documentation",
            about(desired.key),
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
        about(desired.key),
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
        about(desired.key),
    )
