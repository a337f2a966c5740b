"""Creating rooms: one by one or in batches, and what to do when one exists already.

Sources: Daily's pages on creating a room and on batch creation. "Already exists" has
no error code of its own, so a refused creation is followed by a read, never by a
guess at Daily's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.core.model import LiveRoom
from reconciler.core.plan.cost import BATCH, BATCH_BUCKETS, BATCH_FROM, fits_batch
from reconciler.core.plan.model import Change
from reconciler.core.report import Outcome
from reconciler.daily import wire
from reconciler.daily.read import read_room, read_rooms
from reconciler.daily.write.again import check_gates_again
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
    explain,
    left_for_room,
    left_for_rooms,
)
from reconciler.daily.write.sending.settle import TRIES, settle
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyError,
    DailyRejectedError,
    NotSentError,
)

_MEANWHILE = 86_400
"""Seconds that an expired room is given before its `exp` is taken away."""


def create_rooms(run: Run, changes: Sequence[Change]) -> None:
    """Make new rooms: plain ones in batches where that pays, the others singly."""
    plain = [c for c in changes if fits_batch(c)]
    if len(plain) < BATCH_FROM:
        plain = []
    for chunk in _chunks(plain):
        _create_batch(run, chunk)
    batched = {c.id for c in plain}
    singly = [c for c in changes if c.id not in batched]
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
        outcome = Outcome.FAILED
        if isinstance(error, AnswerLostError):
            outcome = Outcome.UNKNOWN
        elif isinstance(error, NotSentError):
            outcome = Outcome.NOT_TRIED
        for change in left:
            run.note(change, outcome, explain(error))


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

    def send() -> None:
        body = {"rooms": [wire.room_to_json(c.send, name=c.key) for c in left]}
        is_done(_made(run.client.send("POST", "/batch/rooms", body)))

    def read() -> dict[str, LiveRoom]:
        return read_rooms(run.client, [c.key for c in left])[0]

    def is_done(made: Mapping[str, LiveRoom]) -> bool:
        left[:] = _settle_batch(run, left, made)
        return not left

    try:
        for _ in range(TRIES):
            settle(send, read, is_done)
            if not left:
                return ""
    except DailyRejectedError as error:
        if error.status != 400:
            raise
        return error.message
    raise DailyAnswerError("a batch was answered without some of its rooms")


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
