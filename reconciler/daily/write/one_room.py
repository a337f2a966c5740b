"""What every write of a room does: where it goes, what it waits for, what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote

from reconciler.core.body.doubtful import with_empty_lists, without_doubtful
from reconciler.core.model import LiveRoom
from reconciler.core.phone import room_numbers
from reconciler.core.pin_life import has_dialin
from reconciler.core.plan.model import Action, Change
from reconciler.core.report import Outcome, PinFate
from reconciler.daily import wire
from reconciler.daily.read import read_room
from reconciler.daily.write.again import as_it_is_now
from reconciler.daily.write.run import (
    BlockedError,
    PostponedError,
    Run,
    left_for_room,
)
from reconciler.daily.write.sending.settle import looking_after, settle
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyRejectedError,
)


def room_path(name: str) -> str:
    """Where a room is read and written."""
    return f"/rooms/{quote(name, safe='')}"


def write_room(run: Run, path: str, build: Callable[[], object]) -> LiveRoom:
    """Write a room; `build` as in `DailyClient.send_built`.

    An answer that is no room tells nothing: it counts as lost.
    """
    answer = run.client.send_built("POST", path, build)
    try:
        return wire.room_from_json(answer)
    except DailyAnswerError as error:
        raise AnswerLostError(f"POST {path}: {error.message}") from error


@dataclass(slots=True)
class _Update:
    """One update, planned again on a reading before each time that it is sent.

    `change`: what was planned. `latest`: what is sent. `in_wave`: a room that has a
    PIN may be written. `is_read`: it was planned again once. `is_unsure`: an answer
    was lost, so a reading may show what this run wrote.
    """

    run: Run
    change: Change
    latest: Change
    in_wave: bool
    is_read: bool = False
    is_unsure: bool = False

    def read(self) -> Change:
        self.latest = as_it_is_now(self.run, self.change, anew=self.is_read)
        self.is_read = True
        room = self.latest.live_room
        if room is not None and not self.is_unsure:
            self.run.see_pin(self.change.key, room)
            if keeps_pin(self.latest) and not self.in_wave:
                raise PostponedError
        return self.latest


def write_update(run: Run, change: Change, *, in_wave: bool) -> None:
    """Write a room that is there, and compare its PIN.

    Daily may refuse a live key that is sent back and that nobody documents, or a null
    inside an object; then the object is written without it. It may also take such a
    null and keep the value; then a list is sent empty.

    Raises:
        PostponedError: the room turns out to have a PIN, and `in_wave` is False.
        NothingLeftError, MovedError, BlockedError: as `as_it_is_now`.
    """
    update = _Update(run, change, change, in_wave)
    try:
        room = _write(update, lambda again: again.send)
    except DailyRejectedError as error:
        latest = update.latest
        without = without_doubtful(latest)[1]
        if error.status != 400 or not without:
            raise
        room = _write(update, lambda again: without_doubtful(again)[0], latest)
        what = f"Daily refused {', '.join(without)}, which was left out"
        run.remark(change, update.latest, what)
    latest = update.latest
    if stuck := with_empty_lists(latest, room)[1]:
        before = room
        room = _write(update, lambda again: with_empty_lists(again, before)[0], latest)
        run.remark(change, latest, f"{', '.join(stuck)} was sent as an empty list")
    watch_pin(run, latest, room)


def _write(
    update: _Update,
    shape: Callable[[Change], Mapping[str, object]],
    known: Change | None = None,
) -> LiveRoom:
    """Send an update. `known`: how it was planned on a reading of just now."""
    run, change = update.run, update.change

    def build() -> object:
        nonlocal known
        again, known = known or update.read(), None
        return wire.room_to_json(shape(again))

    def is_done(room: LiveRoom | None) -> bool:
        update.is_unsure = True
        return room is None or _is_done(run, update.latest, room)

    room = settle(
        lambda: write_room(run, room_path(_live_name(change)), build),
        lambda: read_room(run.client, change.key),
        is_done,
    )
    if room is None:
        raise DailyRejectedError(
            f"room '{change.key}' disappeared meanwhile", status=404
        )
    return room


def _live_name(change: Change) -> str:
    return change.live_room.name if change.live_room else change.key


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
    before = run.seen_pins(change.key)
    expired = run.revived.get(change.key, change.live_pin)
    if change.ends_dialin or not (wanted or before or expired):
        return
    after = room.pin
    if after is None:
        # The answer to a write may show less than a read does.
        unseen = AnswerLostError(f"the answer about {change.address} shows no PIN")
        with looking_after(unseen):
            seen = read_room(run.client, change.key)
        after = seen.pin if seen else None
    kept = after is not None and before == {after}
    if kept and not (wanted and change.action is Action.CREATE):
        return
    if before and not kept:
        run.tell_pin(change.key, PinFate.CHANGED if after else PinFate.LOST)
    elif after is None or after != expired:
        run.tell_pin(change.key, PinFate.NEW if after else PinFate.MISSING)


@contextmanager
def telling_when_gone(run: Run, change: Change) -> Iterator[None]:
    """Note that callers cannot join when the room with their PIN is not there."""
    try:
        yield
    except DailyRejectedError as error:
        if error.status == 404 and (change.live_pin or run.seen_pins(change.key)):
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
    waiting = [c for c in open_ if _risks_pin(run, c)]
    number = max(1, len(waiting))
    return f"to go on: --allow new-pin={number} (rooms whose PIN may change)"


def _risks_pin(run: Run, change: Change) -> bool:
    if change.action is Action.RENEW:
        return has_dialin(change.live_room)
    written = change.action in (Action.CREATE, Action.UPDATE)
    return written and not change.ends_dialin and bool(run.seen_pins(change.key))


def keeps_pin(change: Change) -> bool:
    """Tell whether callers reach the room by a PIN before and after the change."""
    return bool(change.live_pin) and not change.ends_dialin


def check_pins(run: Run) -> None:
    """Refuse to write one more room that has a PIN when too many PINs changed."""
    if pins_at_stake(run) == 0:
        refuse(run)


def refuse(run: Run) -> NoReturn:
    """Hold a room back because writing changed PINs."""
    rooms = ", ".join(run.rooms_without_their_pin())
    raise BlockedError(f"writing changed the PIN of {rooms}; {to_go_on(run)}")


def kept_pins(run: Run, wave: Sequence[Change], outcomes: Sequence[Outcome]) -> int:
    """How many rooms of a wave were written and kept their PIN."""
    broken = run.rooms_without_their_pin()
    return sum(
        outcome is Outcome.DONE and change.key not in broken
        for change, outcome in zip(wave, outcomes, strict=True)
    )
