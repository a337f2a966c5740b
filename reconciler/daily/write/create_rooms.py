"""Creating rooms: one by one, and what to do when one exists already.

Source: Daily's page on creating a room; batches are in `create_batches`. "Already
exists" has no error code of its own, so a refused creation is followed by a read, never
by a guess at Daily's words.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.model import LiveRoom
from reconciler.core.plan.cost import BATCH_FROM, fits_batch
from reconciler.core.plan.model import Change
from reconciler.core.report import Outcome
from reconciler.daily import wire
from reconciler.daily.read import read_room
from reconciler.daily.write.again import check_gates_again
from reconciler.daily.write.create_batches import create_batches
from reconciler.daily.write.one_room import (
    room_path,
    wait_for_numbers,
    watch_pin,
    write_room,
)
from reconciler.daily.write.run import (
    BlockedError,
    MovedError,
    Run,
    left_for_room,
)
from reconciler.daily.write.sending.settle import settle
from reconciler.errors import (
    DailyRejectedError,
)

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


def _create_one(run: Run, change: Change) -> Outcome:
    def work() -> None:
        wait_for_numbers(run, change)
        watch_pin(run, change, _create(run, change))

    return run.attempt(change, work)


def _create(run: Run, change: Change) -> LiveRoom:
    body = wire.room_to_json(change.send, name=change.key)
    refused = False

    def send() -> tuple[LiveRoom, bool]:
        """The room, and whether it was there before."""
        nonlocal refused
        try:
            return write_room(run, "/rooms", body), False
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
    return _take_over(run, change, room, ours=not refused)


def _take_over(run: Run, change: Change, room: LiveRoom, *, ours: bool) -> LiveRoom:
    """The room exists after all: bring it to what the file says.

    It was made meanwhile, or its answer was lost (`ours`), or Daily still holds the
    name of a room that has expired.
    """
    twins = {room.key for room in run.plan.config.of_kind("room")} - {change.key}
    if room.name in twins:
        raise BlockedError(
            f"Daily takes it for room '{room.name}', which the file declares as well: "
            "remove one of the two"
        )
    if room.expired(run.options.now()):
        if room.pin:
            run.revived[change.key] = room.pin
        room = _revive(run, change, room)
    elif run.options.reviewed and not ours:
        raise MovedError("somebody else made this room; plan again")
    for left in left_for_room(run, change, room):
        check_gates_again(run, change, left)
        body = wire.room_to_json(left.send)
        room = write_room(run, room_path(room.name), body)
        names = ", ".join(".".join(map(str, f.path)) for f in left.sent)
        run.remark(change, change, f"the room was there, and was sent {names}")
    return room


def _revive(run: Run, change: Change, room: LiveRoom) -> LiveRoom:
    """An expired room needs a later `exp` to live again, before anything else.

    Where the file has none, it is taken away again once the room lives.
    """
    exp = change.send.get("exp")
    if exp is None and room.pin and "dialin" not in change.send:
        raise BlockedError(
            "Daily still holds an expired room of this name that has a PIN, and such "
            "a room needs an end: write `expires`, or wait until Daily has removed it"
        )
    if exp is None and run.options.reviewed and change.live is None:
        raise MovedError(
            "Daily still holds an expired room of this name; it needs an end to come "
            "back, and the plan shows none: write `expires`, or apply with --yes and "
            "without --plan"
        )
    if exp is None:
        said = "the room had expired: exp was set for a day and taken away again"
        run.remark(change, change, said)
    soon = int(run.options.now()) + _MEANWHILE
    bodies: list[dict[str, object]] = [{**change.send, "exp": exp or soon}]
    bodies += [] if exp else [{"exp": None}]
    for body in bodies:
        answer = run.client.send("POST", room_path(room.name), wire.room_to_json(body))
        room = wire.room_from_json(answer)
    return room
