"""Reading the domain after the last write of an apply, and judging by what it shows.

The domain is read once and planned again. A reading may lag behind a write: what is
not as declared is read again for up to half a minute before it is believed. Whatever
goes wrong here is a reason in the report, never an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from reconciler.core.compare.diff import FieldChange
from reconciler.core.model import Live, LiveRoom
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Action, Change
from reconciler.core.report import Kept, Outcome, PinFate
from reconciler.daily.read import read_live, read_room
from reconciler.daily.write.run import Run, internal_error
from reconciler.errors import DailyError, ReconcilerError, RefusedError

PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between readings of what is not as declared; 30 in all."""

_SETTLED: Final = (Outcome.DONE, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Verified:
    """What the reading after the last write showed.

    `problem`: why there was none; then nothing else is known. `foreign_seen`: every
    foreign assignment that was there before was seen again. `live`: the reading.
    """

    kept: tuple[Kept, ...] = ()
    left: tuple[Change, ...] = ()
    problem: str = ""
    foreign_seen: bool = False
    live: Live | None = None


def verify(run: Run) -> Verified:
    """Read until all is as declared, or for half a minute, and compare.

    Settles unknown outcomes, and notes in `run` what became of PINs and of foreign
    assignments.
    """
    try:
        run.client.rest()
        live, left = _settled(run, read_live(run.client, run.plan.config))
        seen = _check_foreign(run, live)
        kept = tuple(_kept(run, live, left))
        _check_pins(run, live)
        others = tuple(_others(run, left, kept))
        return Verified(kept, others, foreign_seen=seen, live=live)
    except RefusedError:
        # The only refusal of a reading.
        return Verified(problem="the API key now belongs to another domain")
    except ReconcilerError as error:
        return Verified(problem=error.message)
    except Exception as error:
        return Verified(problem=internal_error(error))


def _settled(run: Run, live: Live) -> tuple[Live, list[Change]]:
    """Read what is not as it should be again, with growing pauses."""
    left = _left(run, live)
    for pause in PAUSES:
        doubtful: set[tuple[str, str]] = {(c.kind, c.key) for c in left}
        doubtful |= {("room", name) for name in _without_pin(run, live, _SETTLED)}
        if not doubtful:
            break
        run.client.sleep(pause)
        try:
            live = _read_again(run, live, doubtful)
        except DailyError:
            # What was read before is believed, and named.
            break
        left = _left(run, live)
        if run.options.stop.is_set():
            break
    return live, left


def _read_again(run: Run, live: Live, doubtful: set[tuple[str, str]]) -> Live:
    names = sorted(key for kind, key in doubtful if kind == "room")
    found = run.client.parallel(lambda name: read_room(run.client, name), names)
    read = dict(zip(names, found, strict=True))
    kept = {name: room for name, room in live.rooms.items() if name not in read}
    rooms = {**kept, **{name: room for name, room in read.items() if room}}
    live = replace(live, rooms=rooms)
    if all(kind == "room" for kind, _ in doubtful):
        return live
    domain, entries = run.stores.fresh()
    return replace(live, domain=domain, assignments=entries)


def _left(run: Run, live: Live) -> list[Change]:
    """What the config still asks for, but for what this run was not to do or named.

    A difference that only the passing of time makes is no result of this run.
    """
    changes = make_plan(run.plan.config, live, now=run.options.now()).changes
    if not changes:
        return []
    then = make_plan(run.plan.config, live, now=run.plan.now).changes
    before = make_plan(run.plan.config, run.plan.live, now=run.plan.now).changes
    planned = {c.id for c in run.plan.changes}
    due = {c.id for c in then} - {c.id for c in before if c.id not in planned}
    return [c for c in changes if c.id in due and not _is_named(run, c)]


def _is_named(run: Run, change: Change) -> bool:
    """The report says already that it was not done."""
    ends = {r.change.id: r.outcome for r in run.results}
    if change.id in ends:
        return ends[change.id] not in _SETTLED
    same = [o for id_, o in ends.items() if id_[:2] == change.id[:2]]
    return any(outcome not in _SETTLED for outcome in same)


def _kept(run: Run, live: Live, left: list[Change]) -> Iterator[Kept]:
    """Settle unknown outcomes, and name what Daily has instead of what was sent."""
    for result in run.results:
        change = result.change
        rest = [c for c in left if (c.kind, c.key) == (change.kind, change.key)]
        fields = [f for c in rest for f in c.fields if _concerns(f, change)]
        done = not fields and all(c.action is not change.action for c in rest)
        if result.outcome is Outcome.UNKNOWN and done and _shows(change, live):
            run.settle(change, Outcome.DONE)
        if result.outcome is not Outcome.DONE or done:
            continue
        if not fields:
            yield Kept(change, FieldChange((), None, change.action))
        for field in fields:
            yield Kept(change, field)


def _concerns(field: FieldChange, change: Change) -> bool:
    """The field lies at, above or below one that the change wrote."""
    return any(
        field.path[: len(one.path)] == one.path
        or one.path[: len(field.path)] == field.path
        for one in change.fields
    )


def _shows(change: Change, live: Live) -> bool:
    """Daily shows something of what the change sends otherwise than before.

    A write that moves nothing that is shown (sent on request, or only what Daily
    hides) cannot be seen to be done.
    """
    if change.action is not Action.UPDATE:
        return True
    before = change.live.fields if change.live else {}
    after = _fields(change, live)
    return any(
        before.get(str(f.path[0])) != after.get(str(f.path[0])) for f in change.fields
    )


def _fields(change: Change, live: Live) -> dict[str, object]:
    if change.kind == "room":
        room = live.rooms.get(change.key)
        return dict(room.fields) if room else {}
    store = change.live_assignment.store if change.live_assignment else ""
    entries = (e for e in live.assignments if e.number == change.key)
    return next((dict(e.fields) for e in entries if e.store == store), {})


def _others(run: Run, left: list[Change], kept: Iterable[Kept]) -> Iterator[Change]:
    """What is left and no result tells of: it moved meanwhile, or by a write."""
    named = {(k.change.kind, k.change.key, k.field.path) for k in kept}
    whole = {(kind, key) for kind, key, path in named if not path}
    unknown = {r.change.id for r in run.results if r.outcome is Outcome.UNKNOWN}
    for change in left:
        if change.id in unknown or (change.kind, change.key) in whole:
            continue
        rest = [
            f for f in change.fields if (change.kind, change.key, f.path) not in named
        ]
        if rest or not change.fields:
            yield replace(change, fields=tuple(rest))


def _check_foreign(run: Run, live: Live) -> bool:
    """Compare the foreign assignments with those before; True when all are there."""
    if run.rescued is None:
        return True
    lost = run.stores.losses(live.assignments)
    run.lose(lost)
    return not lost


def _check_pins(run: Run, live: Live) -> None:
    """Every PIN that callers used before the run must be there, and each new one."""
    sent = _sent_dialin(run, (Outcome.DONE,))
    for name in _without_pin(run, live, (Outcome.DONE,)):
        run.tell_pin(name, _fate(run, name, is_there=name in live.rooms))
    for name in _declared(run) & live.rooms.keys():
        after = live.rooms[name]
        if not after.pin:
            continue
        run.tell_pin_arrived(name)
        if seen := run.seen_pins(name):
            if seen != {after.pin}:
                run.tell_pin(name, PinFate.CHANGED)
        elif name in sent and after.pin != _expired_pin(run, name):
            # The answer to its write may have been lost.
            run.tell_pin(name, PinFate.NEW)


def _fate(run: Run, name: str, *, is_there: bool) -> PinFate:
    """What became of the PIN of a room that shows none."""
    if not _has_pin_before(run, name):
        return PinFate.MISSING
    return PinFate.LOST if is_there else PinFate.GONE


def _without_pin(run: Run, live: Live, outcomes: tuple[Outcome, ...]) -> list[str]:
    """Declared rooms that show no PIN, and had one or were to get one.

    `outcomes`: of the changes that sent `dialin`.
    """
    ended = {
        c.key
        for c in run.plan.changes
        if c.kind == "room" and (c.action is Action.DELETE or c.ends_dialin)
    }
    due = _sent_dialin(run, outcomes) | {
        n for n in _declared(run) if _has_pin_before(run, n)
    }
    return sorted(n for n in due - ended if not _pin(live.rooms.get(n)))


def _pin(room: LiveRoom | None) -> str | None:
    return room.pin if room else None


def _has_pin_before(run: Run, name: str) -> bool:
    planned = run.plan.live.rooms.get(name)
    ended = planned is not None and planned.expired(run.options.now())
    return bool(run.seen_pins(name)) and not ended


def _expired_pin(run: Run, name: str) -> str | None:
    return run.revived.get(name, _pin(run.plan.live.rooms.get(name)))


def _declared(run: Run) -> set[str]:
    return {room.key for room in run.plan.config.of_kind("room")}


def _sent_dialin(run: Run, outcomes: tuple[Outcome, ...]) -> set[str]:
    """Rooms that `dialin` was sent for, with one of these outcomes."""
    sent = (r.change for r in run.results if r.outcome in outcomes)
    return {
        change.key
        for change in sent
        if change.kind == "room" and change.send.get("dialin") is not None
    }
