"""Creating rooms: one by one, and what to do when one exists already.

Source: Daily's page on creating a room; batches are in `create_batches`. "Already
exists" has no error code of its own, so a refused creation is followed by a read, never
by a guess at Daily's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.core.model import LiveRoom
from reconciler.core.plan.cost import BATCH_FROM, fits_batch
from reconciler.core.plan.model import Change
from reconciler.core.report import Outcome
from reconciler.daily import wire
from reconciler.daily.read import read_room
from reconciler.daily.write.again import check_gates_again
from reconciler.daily.write.create_batches import create_batches
from reconciler.daily.write.one_room import (
    check_pins,
    kept_pins,
    pins_at_stake,
    refuse,
    room_path,
    wait_for_numbers,
    watch_pin,
    write_room,
)
from reconciler.daily.write.run import (
    BlockedError,
    MovedError,
    PostponedError,
    Run,
    left_for_room,
)
from reconciler.daily.write.sending.settle import NothingLeftError, settle
from reconciler.daily.write.sending.waves import in_waves
from reconciler.errors import DailyRejectedError

_MEANWHILE = 86_400
"""Seconds that an expired room is given before its `exp` is taken away."""


def create_rooms(run: Run, changes: Sequence[Change]) -> None:
    """Make new rooms: plain ones in batches where that pays, the others singly."""
    plain = [c for c in changes if fits_batch(c)]
    if len(plain) < BATCH_FROM:
        plain = []
    create_batches(run, plain, _create_one)
    batched = {c.id for c in plain}
    singly = [c for c in changes if c.id not in batched]
    run.client.parallel(lambda change: _create_one(run, change), singly)
    # Rooms that were there, and that callers reach by PIN.
    left = in_waves(
        [c for c in changes if run.ended(c) is None],
        lambda wave: _create_wave(run, wave),
        lambda: pins_at_stake(run),
    )
    for change in left:
        run.attempt(change, lambda: refuse(run))


def _create_wave(run: Run, wave: Sequence[Change]) -> int:
    outcomes = run.client.parallel(
        lambda change: _create_one(run, change, in_wave=True), wave
    )
    return kept_pins(run, wave, outcomes)


def _create_one(run: Run, change: Change, *, in_wave: bool = False) -> Outcome:
    def work() -> None:
        wait_for_numbers(run, change)
        if in_wave:
            check_pins(run)
        watch_pin(run, change, _create(run, change, in_wave=in_wave))

    return run.attempt(change, work)


def _create(run: Run, change: Change, *, in_wave: bool) -> LiveRoom:
    body = wire.room_to_json(change.send, name=change.key)
    refused = False

    def send() -> tuple[LiveRoom, bool]:
        """The room, and whether it was there before."""
        nonlocal refused
        try:
            return write_room(run, "/rooms", lambda: body), False
        except DailyRejectedError:
            if (there := read()) is None:
                raise
            refused = True
            return there

    def read() -> tuple[LiveRoom, bool] | None:
        room = read_room(run.client, change.key)
        return (room, True) if room else None

    made = settle(send, read, bool)
    assert made is not None  # noqa: S101  nothing is not what `bool` takes for done
    room, was_there = made
    if not was_there:
        return room
    return _TakeOver(run, change, ours=not refused, in_wave=in_wave).write(room)


@dataclass(slots=True)
class _TakeOver:
    """A room that exists after all is brought to what the file says.

    It was made meanwhile, or its answer was lost (`ours`), or Daily still holds the
    name of a room that has expired. `in_wave`: one that has a PIN may be written.
    """

    run: Run
    change: Change
    ours: bool
    in_wave: bool

    def write(self, room: LiveRoom) -> LiveRoom:
        twins = {one.key for one in self.run.plan.config.of_kind("room")}
        if room.name in twins - {self.change.key}:
            raise BlockedError(
                f"Daily takes it for room '{room.name}', which the file declares as "
                "well: remove one of the two"
            )
        self._check_expiry(room)
        if room.expired(self.run.options.now()):
            if room.pin:
                self.run.revived[self.change.key] = room.pin
            room = self._revive(room)
        else:
            self._check(room)
        for left in left_for_room(self.run, self.change, room):
            room = self._bring(room, left)
        return room

    def _check(self, room: LiveRoom) -> None:
        """Refuse to write a room that lives, and that this run did not make."""
        if self.ours:
            return
        if self.run.options.reviewed:
            raise MovedError("somebody else made this room; plan again")
        self.run.see_pin(self.change.key, room)
        if room.pin and not self.in_wave:
            raise PostponedError

    def _bring(self, room: LiveRoom, left: Change) -> LiveRoom:
        """Write what a reading shows to be left; planned again once held back."""
        again: Change | None = left

        def build() -> object:
            nonlocal again, left
            if again is None:
                now = self._read()
                self._check(now)
                rest = left_for_room(self.run, self.change, now)
                again = next((c for c in rest if c.action is left.action), None)
                if again is None:
                    raise NothingLeftError
            check_gates_again(self.run, self.change, again)
            left, again = again, None
            return wire.room_to_json(left.send)

        room = write_room(self.run, room_path(room.name), build)
        names = ", ".join(".".join(map(str, f.path)) for f in left.sent)
        what = f"the room was there, and was sent {names}"
        self.run.remark(self.change, self.change, what)
        return room

    def _read(self) -> LiveRoom:
        room = read_room(self.run.client, self.change.key)
        if room is None:
            raise DailyRejectedError(
                f"room '{self.change.key}' disappeared meanwhile", status=404
            )
        return room

    def _check_expiry(self, room: LiveRoom) -> None:
        """Refuse an expired room that needs an end which the file does not give."""
        change = self.change
        exp = change.send.get("exp")
        if exp is not None or not room.expired(self.run.options.now()):
            return
        if room.pin and "dialin" not in change.send:
            raise BlockedError(
                "Daily still holds an expired room of this name that has a PIN, and "
                "such a room needs an end: write `expires`, or wait until Daily has "
                "removed it"
            )
        if self.run.options.reviewed and change.live is None:
            raise MovedError(
                "Daily still holds an expired room of this name; it needs an end to "
                "come back, and the plan shows none: write `expires`, or apply with "
                "--yes and without --plan"
            )

    def _revive(self, room: LiveRoom) -> LiveRoom:
        """An expired room needs a later `exp` to live again, before anything else.

        Where the file has none, it is taken away again once the room lives.
        """
        change, exp = self.change, self.change.send.get("exp")
        if exp is None:
            said = "the room had expired: exp was set for a day and taken away again"
            self.run.remark(change, change, said)
        soon = int(self.run.options.now()) + _MEANWHILE
        room = self._set(room, {**change.send, "exp": exp or soon}, expired=True)
        return room if exp else self._set(room, {"exp": None}, expired=False)

    def _set(
        self, room: LiveRoom, body: Mapping[str, object], *, expired: bool
    ) -> LiveRoom:
        """Write a room that is still (or no longer) expired, and is as it was read."""
        before, is_read = room, True

        def build() -> object:
            nonlocal is_read
            now, is_read = before if is_read else self._read(), False
            moved = now.exp != before.exp
            if moved or now.expired(self.run.options.now()) is not expired:
                raise MovedError("somebody else wrote this room; plan again")
            return wire.room_to_json(body)

        answer = self.run.client.send_built("POST", room_path(room.name), build)
        return wire.room_from_json(answer)
