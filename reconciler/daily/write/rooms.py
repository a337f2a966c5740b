"""Writing rooms that are there: update, renew, delete; new ones in `create_rooms`.

Sources: Daily's pages on updating and deleting rooms. A lost answer is followed by a
read, and the write is repeated only when the read shows that it is still needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.core.plan.model import Action, Change
from reconciler.core.report import Outcome
from reconciler.daily.read import read_room
from reconciler.daily.write.again import check_deletion
from reconciler.daily.write.create_rooms import create_rooms
from reconciler.daily.write.one_room import (
    check_pins,
    keeps_pin,
    pins_at_stake,
    refuse,
    room_path,
    telling_when_gone,
    wait_for_numbers,
    write_update,
)
from reconciler.daily.write.renewals import renew_rooms
from reconciler.daily.write.run import Run
from reconciler.daily.write.sending.people import check_busy
from reconciler.daily.write.sending.settle import no_error_when_gone, settle
from reconciler.daily.write.sending.waves import in_waves


def apply_rooms(run: Run) -> None:
    """Renewals, creations, updates: in this order, each group in parallel."""
    changes = [c for c in run.plan.changes if c.kind == "room"]
    renewals = [c for c in changes if c.action is Action.RENEW]
    updates = [c for c in changes if c.action is Action.UPDATE]
    renew_rooms(run, [c for c in renewals if run.ended(c) is None])
    create_rooms(run, [c for c in changes if c.action is Action.CREATE])
    # What a write does to a PIN may depend on whether it sends dialin: each sort of
    # write has its own room that goes first.
    _pinned_first(run, [c for c in updates if "dialin" not in c.send])
    _pinned_first(run, [c for c in updates if "dialin" in c.send])


def delete_rooms(run: Run) -> None:
    """Deletions. Daily has a slow rate class for them."""
    changes = [
        c
        for c in run.plan.changes
        if c.kind == "room" and c.action is Action.DELETE and run.ended(c) is None
    ]
    run.client.parallel(
        lambda change: run.attempt(change, lambda: _delete(run, change)), changes
    )


def _pinned_first(run: Run, changes: Sequence[Change]) -> None:
    """Write rooms, those that callers reach by PIN first and in waves.

    Whether a PIN survives an update is unknown. Once one changed or is gone, the
    others wait for somebody to allow it. A room that turns out to have a PIN when it
    is read again goes in the last waves.
    """
    pinned = [c for c in changes if keeps_pin(c)]
    others = [c for c in changes if not keeps_pin(c)]
    _in_waves(run, pinned)
    run.client.parallel(lambda change: _update_one(run, change), others)
    _in_waves(run, [c for c in others if run.ended(c) is None])


def _in_waves(run: Run, changes: Sequence[Change]) -> None:
    left = in_waves(
        changes, lambda wave: _write_wave(run, wave), lambda: pins_at_stake(run)
    )
    for change in left:
        run.attempt(change, lambda: refuse(run))


def _write_wave(run: Run, wave: Sequence[Change]) -> int:
    """Write some rooms at once; returns how many were written and kept their PIN."""
    written: list[str] = []
    run.client.parallel(lambda c: _update_one(run, c, written.append), wave)
    return len(set(written) - set(run.rooms_without_their_pin()))


def _update_one(
    run: Run, change: Change, note_written: Callable[[str], None] | None = None
) -> Outcome:
    """Write one room; `note_written` is given in a wave, which checks PINs."""

    def work() -> None:
        wait_for_numbers(run, change)
        if note_written:
            check_pins(run)
        with telling_when_gone(run, change):
            write_update(run, change, in_wave=bool(note_written))
        if note_written:
            note_written(change.key)

    return run.attempt(change, work)


def _delete(run: Run, change: Change) -> None:
    name = change.live_room.name if change.live_room else change.key

    def check() -> None:
        check_deletion(run, change)
        check_busy(run, change)

    def send() -> None:
        with no_error_when_gone():
            run.client.send_built("DELETE", room_path(name), check)

    settle(send, lambda: read_room(run.client, name), lambda room: room is None)
