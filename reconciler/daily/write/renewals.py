"""Renewals: only `exp` of a room is written, and its PIN is compared at once.

Rooms with a PIN go in waves of 1, 2, 4, …, what ends first in front. Each room's own
answer tells whether it kept its PIN. Once a PIN changed or vanished, only rooms that
are about to end go on, one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.core.model import LiveRoom
from reconciler.core.pin_life import has_dialin
from reconciler.core.plan.model import Change, Plan
from reconciler.core.plan.renewals import due, is_urgent, pushed
from reconciler.core.report import Outcome, Renewals, ordered
from reconciler.daily import wire
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import read_room
from reconciler.daily.write.again import needs_reading
from reconciler.daily.write.one_room import (
    kept_pins,
    pins_at_stake,
    room_path,
    telling_when_gone,
    to_go_on,
    watch_pin,
    write_room,
)
from reconciler.daily.write.run import (
    BlockedError,
    Options,
    PartWayError,
    PostponedError,
    Run,
)
from reconciler.daily.write.sending.settle import NothingLeftError, settle
from reconciler.daily.write.sending.waves import in_waves
from reconciler.errors import DailyRejectedError


def apply_renewals(client: DailyClient, plan: Plan, options: Options) -> Renewals:
    """Renew the rooms of a plan that holds renewals only. Errors are in the result."""
    run = Run(client, plan, options)
    written = client.counters.written
    renew_rooms(run, plan.changes)
    return Renewals(
        results=ordered(run.results, plan.changes),
        pins=run.pins,
        stopped=run.stopped,
        writes=client.counters.written - written,
        seconds=client.clock() - run.started,
    )


def renew_rooms(run: Run, changes: Sequence[Change]) -> None:
    """Renew rooms, those with a PIN in waves; see the module."""
    ahead = [c for c in changes if has_dialin(c.live_room)]
    others = [c for c in changes if not has_dialin(c.live_room)]
    left = in_waves(
        ahead, lambda wave: _renew_wave(run, wave), lambda: pins_at_stake(run)
    )
    for change in left:
        _renew_one(run, change)
    run.client.parallel(lambda change: _renew_one(run, change, in_wave=False), others)
    late = [c for c in others if run.ended(c) is None]
    for change in late:
        _renew_one(run, change)


def _renew_wave(run: Run, wave: Sequence[Change]) -> int:
    outcomes = run.client.parallel(lambda change: _renew_one(run, change), wave)
    return kept_pins(run, wave, outcomes)


def _renew_one(run: Run, change: Change, *, in_wave: bool = True) -> Outcome:
    def work() -> None:
        if in_wave:
            _check_waits(run, change)
        with telling_when_gone(run, change):
            _renew(run, change, in_wave=in_wave)

    return run.attempt(change, work)


def _check_waits(run: Run, change: Change) -> None:
    if pins_at_stake(run) != 0 or is_urgent(change, run.options.now()):
        return
    rooms = ", ".join(run.rooms_without_their_pin())
    raise BlockedError(
        f"renewing changed the PIN of {rooms}, and this room has more than 7 "
        f"days left; {to_go_on(run)}"
    )


def _renew(run: Run, change: Change, *, in_wave: bool) -> None:
    """Send a later `exp`, counted on a reading; once held back, on a new one."""
    room, exp, now, is_read = change.live_room, 0, run.options.now(), False

    def build() -> object:
        nonlocal room, exp, now, is_read
        room, is_read = _as_it_is(run, change, anew=is_read), True
        run.see_pin(change.key, room)
        if has_dialin(room) and not in_wave:
            raise PostponedError
        now = run.options.now()
        if not due(change.desired, room, now):
            # Another run was faster; a later end is kept.
            raise NothingLeftError
        exp = pushed(change.desired, room, now)
        return wire.room_to_json({"exp": exp})

    written = settle(
        lambda: write_room(run, room_path(room.name if room else ""), build),
        lambda: read_room(run.client, change.key),
        lambda seen: seen is None or not due(change.desired, seen, now),
    )
    if written is None:
        raise _gone(change)
    # An answer may leave out what it does not want to repeat; the plan after it looks.
    if written.exp is not None and written.exp < exp:
        raise PartWayError(f"Daily kept exp {written.exp} instead of {exp}")
    watch_pin(run, replace(change, live=room), written)


def _as_it_is(run: Run, change: Change, *, anew: bool) -> LiveRoom:
    """The room, read again where the plan's reading may be out of date."""
    room: LiveRoom | None = change.live_room
    if anew or needs_reading(run, change):
        room = read_room(run.client, change.key)
    if room is None:
        raise _gone(change)
    return room


def _gone(change: Change) -> DailyRejectedError:
    return DailyRejectedError(f"{change.address} disappeared meanwhile", status=404)
