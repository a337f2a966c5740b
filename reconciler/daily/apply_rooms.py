"""Writing rooms: create (one by one or in batches), update, renew, delete.

Sources: Daily's pages on creating, updating and deleting rooms and on batch
creation. "Already exists" has no error code of its own, so a refused creation is
followed by a read, never by a guess at Daily's words. A lost answer is followed by
a read as well, and the write is repeated only when the read shows that it is
still needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from reconciler.core.estimate import BATCH, BATCH_BUCKETS, BATCH_FROM, fits_batch
from reconciler.core.model import LiveRoom
from reconciler.core.normalize import reveal
from reconciler.core.plan import Action, Change
from reconciler.core.plan_rooms import expired
from reconciler.core.report import Outcome, PinFate
from reconciler.daily import wire
from reconciler.daily.live import read_room, read_rooms
from reconciler.daily.run import (
    TRIES,
    BlockedError,
    Run,
    explain,
    left_for_room,
    left_for_rooms,
    looking_after,
)
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyError,
    DailyRejectedError,
)

_MEANWHILE = 86_400
"""Seconds that an expired room is given before its `exp` is taken away."""


def apply_rooms(run: Run) -> None:
    """Renewals, creations, updates: in this order, each group in parallel."""
    changes = [c for c in run.plan.changes if c.kind == "room"]
    renewals = [c for c in changes if c.action is Action.RENEW]
    updates = [c for c in changes if c.action is Action.UPDATE]
    _pinned_first(run, renewals)
    _create_all(run, [c for c in changes if c.action is Action.CREATE])
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
    """Write rooms, those that callers reach by PIN one first.

    Whether a PIN survives an update is unknown. The first room tells, and when its
    PIN changed the others wait for somebody to allow it.
    """
    pinned = [c for c in changes if c.live_pin and not c.ends_dialin]
    others = [c for c in changes if not c.live_pin or c.ends_dialin]
    proven = False
    while pinned and not proven:
        # A room that was refused proves nothing, and once PINs do change, no more
        # than were allowed may: so one at a time until one was written and kept its.
        outcome = _update_one(run, pinned.pop(0))
        proven = outcome is Outcome.DONE and not run.pins_changed()
    run.client.parallel(lambda change: _update_one(run, change), [*pinned, *others])


def _update_one(run: Run, change: Change) -> Outcome:
    def work() -> None:
        _check_numbers(run, change)
        if change.live_pin and not change.ends_dialin:
            _check_pins(run)
        room = _update(run, change)
        watch_pin(run, change, room)

    return run.attempt(change, work)


def _check_pins(run: Run) -> None:
    changed = run.pins_changed()
    if changed and changed >= run.allowed("new-pin"):
        rooms = ", ".join(sorted(run.pins))
        raise BlockedError(
            f"writing changed the PIN of {rooms}; to go on: --allow new-pin=N "
            "with the number of PINs that may change"
        )


def _check_numbers(run: Run, change: Change) -> None:
    """A room waits for the numbers that it names; renewing its PIN does not."""
    if change.action is Action.RENEW:
        return
    dialin = change.desired.fields.get("dialin")
    named = dialin.get("room_numbers") if isinstance(dialin, dict) else None
    if not isinstance(named, list):
        return
    for number in map(str, map(reveal, named)):
        outcome = run.numbers.get(number, Outcome.DONE)
        if outcome is not Outcome.DONE:
            raise BlockedError(f"it waits for number {number}, which was: {outcome}")


def _update(run: Run, change: Change) -> LiveRoom:
    name = change.live_room.name if change.live_room else change.key
    body = wire.room_to_json(change.send)
    for _ in range(TRIES):
        try:
            return _send(run, change, _path(name), body)
        except AnswerLostError as error:
            lost = error
        with looking_after(lost):
            room = read_room(run.client, change.key)
        if room is None:
            raise DailyRejectedError(
                f"room '{change.key}' disappeared meanwhile", status=404
            )
        if change.fields and not _still_needed(run, change, room):
            return room
    raise lost


def _send(run: Run, change: Change, path: str, body: object) -> LiveRoom:
    """Write a room. An answer that is no room tells nothing: it counts as lost."""
    answer = run.client.send("POST", path, body)
    try:
        return wire.room_from_json(answer, asked=change.key)
    except DailyAnswerError as error:
        raise AnswerLostError(f"POST {path}: {error.message}") from error


def _still_needed(run: Run, change: Change, room: LiveRoom) -> bool:
    return any(c.action is change.action for c in left_for_room(run, change, room))


def watch_pin(run: Run, change: Change, room: LiveRoom) -> None:
    """Compare a room's PIN before and after it was written."""
    wanted = change.desired.fields.get("dialin") is not None
    before = change.live_pin
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


# Creating.


def _create_all(run: Run, changes: Sequence[Change]) -> None:
    plain = [c for c in changes if fits_batch(c)]
    if len(plain) < BATCH_FROM:
        plain = []
    for chunk in _chunks(plain):
        _create_batch(run, chunk)
    batched = {id(c) for c in plain}
    singly = [c for c in changes if id(c) not in batched]
    run.client.parallel(lambda change: _create_one(run, change), singly)


def _chunks(changes: Iterable[Change]) -> list[list[Change]]:
    """Batches that Daily takes: so many rooms, and so many recording buckets."""
    chunks: list[list[Change]] = []
    buckets: set[str] = set()
    # Sorted, so that rooms of one bucket share a batch; the order means nothing.
    for change in sorted(changes, key=_bucket):
        bucket = {_bucket(change)} - {""}
        full = bool(chunks) and len(chunks[-1]) == BATCH
        if not chunks or full or len(buckets | bucket) > BATCH_BUCKETS:
            chunks.append([])
            buckets = set()
        chunks[-1].append(change)
        buckets |= bucket
    return chunks


def _bucket(change: Change) -> str:
    bucket = change.send.get("recordings_bucket")
    return repr(bucket) if bucket else ""


def _create_batch(run: Run, changes: list[Change]) -> None:
    """Make many rooms at once, and find the ones that Daily refuses.

    A batch is atomic: one bad room refuses all.
    """
    try:
        if _send_batch(run, changes):
            _split(run, changes)
    except DailyError as error:
        run.stop_if_hopeless(error)
        left = [c for c in changes if run.ended(c) is None]
        lost = isinstance(error, AnswerLostError)
        for change in left:
            run.note(
                change, Outcome.UNKNOWN if lost else Outcome.FAILED, explain(error)
            )


def _split(run: Run, changes: list[Change]) -> None:
    """Halve a refused batch until single rooms are left; the rest are made.

    When both halves are refused with the same words, the fault is not one room's:
    it ends there.
    """
    if len(changes) == 1:
        _create_one(run, changes[0])
        return
    middle = len(changes) // 2
    halves = (changes[:middle], changes[middle:])
    said = [_send_batch(run, half) for half in halves]
    if said[0] and said[0] == said[1]:
        for change in changes:
            run.note(change, Outcome.FAILED, f"refused as one of many: {said[0]}")
        return
    for half, refused in zip(halves, said, strict=True):
        if refused:
            _split(run, half)


def _send_batch(run: Run, changes: list[Change]) -> str:
    """Send one batch. Returns Daily's words when it was refused, "" when made."""
    if run.should_stop():
        run.skip(changes, run.stopped)
        return ""
    left = list(changes)
    lost: AnswerLostError | None = None
    for _ in range(TRIES):
        body = {"rooms": [wire.room_to_json(c.send, name=c.key) for c in left]}
        try:
            made = _made(run.client.send("POST", "/batch/rooms", body))
        except AnswerLostError as error:
            lost = error
            with looking_after(lost):
                made = read_rooms(run.client, [c.key for c in left])[0]
        except DailyRejectedError as error:
            if error.status != 400:
                raise
            return error.message
        left = _settle_batch(run, left, made)
        if not left:
            return ""
    raise lost or DailyAnswerError("a batch was answered without some of its rooms")


def _made(answer: object) -> dict[str, LiveRoom]:
    try:
        return {room.name: room for room in wire.rooms_from_batch(answer)}
    except DailyAnswerError as error:
        raise AnswerLostError(f"POST /batch/rooms: {error.message}") from error


def _settle_batch(
    run: Run, changes: list[Change], made: Mapping[str, LiveRoom]
) -> list[Change]:
    """Note the rooms that are there; returns those that are not."""
    there = [change for change in changes if change.key in made]
    # Planned together: a planner for each of a thousand rooms is most of the work.
    rooms = {change.key: made[change.key] for change in there}
    unlike = {left.key for left in left_for_rooms(run, there, rooms)}
    for change in there:
        if change.key in unlike:
            # There, but not as declared: somebody else's, or shown incompletely.
            _create_one(run, change)
        else:
            run.note(change, Outcome.DONE)
    return [change for change in changes if change.key not in made]


def _create_one(run: Run, change: Change) -> Outcome:
    def work() -> None:
        _check_numbers(run, change)
        watch_pin(run, change, _create(run, change))

    return run.attempt(change, work)


def _create(run: Run, change: Change) -> LiveRoom:
    body = wire.room_to_json(change.send, name=change.key)
    problem: DailyError | None = None
    for _ in range(TRIES):
        try:
            return _send(run, change, "/rooms", body)
        except DailyRejectedError as error:
            problem = error
            room = read_room(run.client, change.key)
        except AnswerLostError as error:
            problem = error
            with looking_after(error):
                room = read_room(run.client, change.key)
        if room is not None:
            return _take_over(run, change, room)
        if isinstance(problem, DailyRejectedError):
            break
    raise problem or AssertionError("at least one try was made")


def _take_over(run: Run, change: Change, room: LiveRoom) -> LiveRoom:
    """The room exists after all: bring it to what the file says.

    It was made meanwhile, or its answer was lost, or Daily still holds the name of
    a room that has expired.
    """
    twins = {room.key for room in run.plan.config.of_kind("room")} - {change.key}
    if room.name in twins:
        raise BlockedError(
            f"Daily takes it for room '{room.name}', which the file declares as well: "
            "remove one of the two"
        )
    if expired(room, run.options.now()):
        room = _revive(run, change, room)
    for left in left_for_room(run, change, room):
        answer = run.client.send("POST", _path(room.name), wire.room_to_json(left.send))
        room = wire.room_from_json(answer, asked=change.key)
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
    soon = int(run.options.now()) + _MEANWHILE
    bodies: list[dict[str, object]] = [{**change.send, "exp": exp or soon}]
    bodies += [] if exp else [{"exp": None}]
    for body in bodies:
        answer = run.client.send("POST", _path(room.name), wire.room_to_json(body))
        room = wire.room_from_json(answer, asked=change.key)
    return room


# Deleting.


def _delete(run: Run, change: Change) -> None:
    name = change.live_room.name if change.live_room else change.key
    for _ in range(TRIES):
        try:
            run.client.send("DELETE", _path(name))
            return
        except DailyRejectedError as error:
            if error.status == 404:
                return
            raise
        except AnswerLostError as error:
            lost = error
        with looking_after(lost):
            if read_room(run.client, name) is None:
                return
    raise lost


def _path(name: str) -> str:
    return f"/rooms/{quote(name, safe='')}"
