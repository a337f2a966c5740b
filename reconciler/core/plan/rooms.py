"""Rooms: which ones to create, update, renew or delete, and what that risks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from reconciler.core.body.overlay import settled, update_body
from reconciler.core.body.removed import lost_pin
from reconciler.core.compare.diff import FieldChange, diff_fields
from reconciler.core.compare.equality import Context, context, sides
from reconciler.core.dialin.shown_number import followed, other_number
from reconciler.core.kinds import ROOM
from reconciler.core.model import Config, Desired, Live, LiveRoom, Path
from reconciler.core.plan.changes import (
    NAMED,
    NOT_THERE,
    change,
    created,
    deletion,
    other_numbers,
    unverified,
    update,
)
from reconciler.core.plan.model import Action, Change, Draft, Selection
from reconciler.core.plan.pin_life import account, phone_slot, pin_life
from reconciler.core.plan.renewals import (
    due,
    pushed,
    renewal,
    waiting,
    waiting_finding,
)
from reconciler.core.plan.room_checks import (
    folded,
    pin_expiry,
    room_numbers,
)
from reconciler.core.plan.room_risks import (
    EJECTS,
    MAY_REVIVE,
    NEW_PIN,
    NEW_PIN_UNLESS,
    PIN_LOST,
    PUBLIC,
    update_risks,
)
from reconciler.core.times import expired

FOR_A_DAY: Final = "a day from now, then none"
"""The `exp` of an expired room that comes back and has none in the file."""


@dataclass(frozen=True, slots=True)
class _Scene:
    config: Config
    live: Live
    now: float
    selection: Selection
    ctx: Context
    waiting: Mapping[str, int]
    followed: frozenset[str]
    others: list[tuple[Desired, str]] = field(default_factory=list)


def plan_rooms(
    config: Config,
    live: Live,
    now: float,
    selection: Selection,
    witnessed: frozenset[Path],
) -> Draft:
    """Plan every declared room that the selection names."""
    shown = (room.config for room in live.rooms.values())
    ctx = context(ROOM, live.domain.config, shown, witnessed)
    left = waiting(config, live, now, selection.proven).items()
    waits = {name: secs for name, secs in left if selection.only("room", name)}
    scene = _Scene(config, live, now, selection, ctx, waits, followed(config, live))
    draft = Draft(witnessed=ctx.witnessed)
    draft.findings += waiting_finding(scene.waiting)
    draft.findings += account(live.domain)
    draft.findings += folded(config, live)
    for desired in config.of_kind("room"):
        room = live.rooms.get(desired.key)
        draft.found += room is not None and not room.expired(now)
        if selection.only("room", desired.key):
            _plan_room(desired, room, scene, draft)
    draft.findings += other_numbers(scene.others)
    draft.findings += unverified(draft.unverified)
    return draft


def _plan_room(
    desired: Desired, room: LiveRoom | None, scene: _Scene, draft: Draft
) -> None:
    if desired.absent:
        if room is None:
            draft.in_sync += 1
        else:
            risks = (EJECTS, PIN_LOST) if room.pin else (EJECTS,)
            made = deletion(desired, room, *risks)
            draft.changes.append(made)
        return
    if expired(desired.fields.get("exp"), scene.now):
        # Daily refuses an exp that has passed, and nobody can join such a room:
        # it is said (finding `expired`, from the config) and left out.
        return
    before = len(draft.changes)
    living = None if room is None or room.expired(scene.now) else room
    if room is None or living is None:
        draft.changes.append(_create(desired, room, scene))
    else:
        draft.changes += _updates(desired, room, scene, draft)
    draft.findings += phone_slot(desired, living, scene.live.domain)
    draft.findings += room_numbers(
        desired, draft.changes[before:], scene.config, scene.live, scene.selection
    )
    if room is not None and not room.expired(scene.now):
        draft.findings += pin_life(desired, room, draft.changes[before:], scene.now)
    draft.in_sync += len(draft.changes) == before


def _create(desired: Desired, room: LiveRoom | None, scene: _Scene) -> Change:
    send = {name: settled(value) for name, value in desired.fields.items()}
    send = {name: value for name, value in send.items() if value is not None}
    if desired.rolling:
        send["exp"] = int(scene.now) + desired.rolling.after
    risks = []
    if send.get("privacy", "public") == "public":
        risks.append(PUBLIC)
    if "dialin" in send:
        unlisted = room is None and scene.live.complete
        risks.append(NEW_PIN_UNLESS if unlisted else NEW_PIN)
    if room is not None:
        risks.append(MAY_REVIVE)
    reason = NOT_THERE if room is None else "has expired"
    made = change(
        Action.CREATE,
        desired,
        reason,
        live=room,
        differing=created(send),
        risks=risks,
        send=send,
    )
    if room is None or "exp" in send:
        return made
    # Only a later end brings such a room back.
    end = FieldChange(("exp",), room.exp, FOR_A_DAY)
    return replace(made, also_sent=(*made.also_sent, end))


def _updates(
    desired: Desired, room: LiveRoom, scene: _Scene, draft: Draft
) -> Iterator[Change]:
    both = sides(desired, room.fields, scene.ctx, _forced(desired, room, scene))
    other = other_number(desired, room)
    for path in both.unverified:
        if path == NAMED and other:
            scene.others.append((desired, other))
        else:
            draft.unverified.append((desired, path))
    exp = _rolled_exp(desired, room, scene.now)
    if due(desired, room, scene.now):
        draft.findings += pin_expiry(desired, room, {"exp": exp}, scene.now)
        if desired.key not in scene.waiting:
            yield renewal(desired, room, pushed(desired, room, scene.now))
    elif exp is not None and room.exp is None:
        both.before["exp"], both.after["exp"] = None, exp
    diff = diff_fields(both.before, both.after)
    resend = scene.selection.resend("room", desired.key)
    if not diff and not resend:
        return
    names = dict.fromkeys(str(field.path[0]) for field in diff)
    if resend:
        names = dict.fromkeys(desired.fields) | names
    # What is nested travels with its object, and is no reason to write that object.
    beside = (path for path in (*desired.write_only, *both.unverified))
    names |= dict.fromkeys(path[0] for path in beside if len(path) == 1)
    send = update_body(desired, room, names, exp, scene.ctx)
    draft.findings += pin_expiry(desired, room, send, scene.now)
    ends = "dialin" in send and send["dialin"] is None
    removed = lost_pin(room) if ends else ()
    risks = update_risks(room, send)
    yield update(desired, room, diff, risks, send, removed=removed, resent=resend)


def _forced(desired: Desired, room: LiveRoom, scene: _Scene) -> Callable[[Path], bool]:
    """Which keys that Daily may hide differ: changed by the revision, or disproved."""
    other = other_number(desired, room)
    disproved = bool(other and scene.followed - {other})
    changed = partial(scene.selection.forced, "room", desired.key)
    return lambda path: changed(path) or (disproved and path == NAMED)


def _rolled_exp(desired: Desired, room: LiveRoom, now: float) -> int | None:
    """The `exp` that `expires` wants now; None when the live one is good enough."""
    if desired.rolling is None:
        return None
    exp = room.exp
    if exp is not None and exp >= now + desired.rolling.renew_before:
        return None
    return int(now) + desired.rolling.after
