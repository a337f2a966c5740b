"""What every write of a room does: where it goes, what it waits for, what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from reconciler.core.body.doubtful import with_empty_lists, without_doubtful
from reconciler.core.model import LiveRoom
from reconciler.core.phone import room_numbers
from reconciler.core.plan.model import Action, Change
from reconciler.core.plan.renewals import has_dialin
from reconciler.core.report import Outcome, PinFate
from reconciler.daily import wire
from reconciler.daily.read import read_room
from reconciler.daily.write.run import BlockedError, Run, left_for_room
from reconciler.daily.write.sending.settle import looking_after, settle
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyRejectedError,
)


def room_path(name: str) -> str:
    """Where a room is read and written."""
    return f"/rooms/{quote(name, safe='')}"


def write_room(run: Run, path: str, body: object) -> LiveRoom:
    """Write a room. An answer that is no room tells nothing: it counts as lost."""
    answer = run.client.send("POST", path, body)
    try:
        return wire.room_from_json(answer)
    except DailyAnswerError as error:
        raise AnswerLostError(f"POST {path}: {error.message}") from error


def write_update(run: Run, change: Change, again: Change) -> LiveRoom:
    """Write a room that is there. `again` is what is sent, `change` what was planned.

    Daily may refuse a live key that is sent back and that nobody documents, or a null
    inside an object; then the object is written without it. It may also take such a
    null and keep the value; then a list is sent empty.
    """
    try:
        room = _write(run, change, again, again.send)
    except DailyRejectedError as error:
        spared, without = without_doubtful(again)
        if error.status != 400 or not without:
            raise
        room = _write(run, change, again, spared)
        what = f"Daily refused {', '.join(without)}, which was left out"
        run.remark(change, again, what)
    emptied, stuck = with_empty_lists(again, room)
    if stuck:
        room = _write(run, change, again, emptied)
        run.remark(change, again, f"{', '.join(stuck)} was sent as an empty list")
    return room


def _write(
    run: Run, change: Change, again: Change, send: Mapping[str, object]
) -> LiveRoom:
    name = change.live_room.name if change.live_room else change.key
    body = wire.room_to_json(send)
    room = settle(
        lambda: write_room(run, room_path(name), body),
        lambda: read_room(run.client, change.key),
        lambda room: room is None or _is_done(run, again, room),
    )
    if room is None:
        raise DailyRejectedError(
            f"room '{change.key}' disappeared meanwhile", status=404
        )
    return room


def _is_done(run: Run, change: Change, room: LiveRoom) -> bool:
    """A room that is sent again on request is never seen to be done."""
    left = left_for_room(run, change, room)
    return not change.resent and all(c.action is not change.action for c in left)


def wait_for_numbers(run: Run, change: Change) -> None:
    """A room waits for the numbers that it names; renewing its PIN does not."""
    if change.action is Action.RENEW:
        return
    for number in room_numbers(change.desired.fields):
        outcome = run.numbers.get(number, Outcome.DONE)
        if outcome is not Outcome.DONE:
            raise BlockedError(f"it waits for number {number}, which was: {outcome}")


def watch_pin(run: Run, change: Change, room: LiveRoom) -> None:
    """Compare a room's PIN before and after it was written.

    One is expected of a change that sends `dialin`, or where there was one.
    """
    wanted = change.send.get("dialin") is not None
    before = run.revived.get(change.key, change.live_pin)
    if change.ends_dialin or not (wanted or before):
        return
    after = room.pin
    if after is None:
        # The answer to a write may show less than a read does.
        unseen = AnswerLostError(f"the answer about {change.address} shows no PIN")
        with looking_after(unseen):
            seen = read_room(run.client, change.key)
        after = seen.pin if seen else None
    if before and before == after:
        return
    if before is None or change.action is Action.CREATE:
        run.tell_pin(change.key, PinFate.NEW if after else PinFate.MISSING)
    else:
        run.tell_pin(change.key, PinFate.CHANGED if after else PinFate.LOST)


@contextmanager
def telling_when_gone(run: Run, change: Change) -> Iterator[None]:
    """Note that callers cannot join when the room with their PIN is not there."""
    try:
        yield
    except DailyRejectedError as error:
        if error.status == 404 and change.live_pin:
            run.tell_pin(change.key, PinFate.GONE)
        raise


def pins_at_stake(run: Run) -> int | None:
    """How many PINs may still change; None while none did and none was allowed to."""
    changed, allowed = len(run.rooms_without_their_pin()), run.allowed("new-pin")
    return max(0, allowed - changed) if changed or allowed else None


def to_go_on(run: Run) -> str:
    """The option that lets the next run write the rooms that wait for their PIN's sake.

    Any of them may get another one.
    """
    open_ = [c for c in run.plan.changes if run.ended(c) is not Outcome.DONE]
    waiting = [c for c in open_ if _risks_pin(c)]
    number = max(1, len(waiting))
    return f"to go on: --allow new-pin={number} (rooms whose PIN may change)"


def _risks_pin(change: Change) -> bool:
    if change.action is Action.RENEW:
        return has_dialin(change.live_room)
    return change.action is Action.UPDATE and keeps_pin(change)


def keeps_pin(change: Change) -> bool:
    """Tell whether callers reach the room by a PIN before and after the change."""
    return bool(change.live_pin) and not change.ends_dialin


def kept_pins(run: Run, wave: Sequence[Change], outcomes: Sequence[Outcome]) -> int:
    """How many rooms of a wave were written and kept their PIN."""
    broken = run.rooms_without_their_pin()
    return sum(
        outcome is Outcome.DONE and change.key not in broken
        for change, outcome in zip(wave, outcomes, strict=True)
    )
