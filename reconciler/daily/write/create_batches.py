"""Creating many rooms in one request, and finding the ones that Daily refuses.

Source: Daily's page on batch creation. A batch is atomic: one bad room refuses all,
and what the answer says of which room is not documented. So a refused batch is
halved until each bad room is alone and all others are made. The requests for that
are bounded, see `REFUSALS` and `EVIDENCE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.core.model import LiveRoom
from reconciler.core.plan.cost import BATCH, BATCH_BUCKETS
from reconciler.core.plan.model import Change
from reconciler.core.report import Outcome
from reconciler.daily import wire
from reconciler.daily.read import read_rooms
from reconciler.daily.write.run import Run, explain, left_for_rooms
from reconciler.daily.write.sending.settle import TRIES, settle
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyError,
    DailyRejectedError,
    NotSentError,
)

REFUSALS: Final = 64
"""Batches that may be refused while bad rooms are looked for; the rooms that are left
then are made one by one."""

EVIDENCE: Final = (10, 90)
"""Where both halves of a batch are refused, so many rooms are tried alone, evenly
spread. Once one is made, the search goes on. While none is, the next number is
tried, and after the last one the other rooms are given up."""


CreateOne = Callable[[Run, Change], Outcome]


@dataclass(slots=True)
class _Search:
    """The search for bad rooms in one batch. `refused`: batches so far."""

    run: Run
    create_one: CreateOne
    refused: int = 0

    def left(self, changes: Iterable[Change]) -> list[Change]:
        """The changes that have not ended yet."""
        return [c for c in changes if self.run.ended(c) is None]


def create_batches(run: Run, changes: Sequence[Change], create_one: CreateOne) -> None:
    """Make rooms in few requests; `create_one` makes those that need their own."""
    for chunk in _chunks(changes):
        search = _Search(run, create_one)
        if not _is_refused(search, chunk):
            continue
        halves = _halves(chunk)
        bad = [half for half in halves if _is_refused(search, half)]
        if len(bad) == len(halves) and not _is_any_made(search, chunk):
            _give_up(search, chunk)
        for half in bad:
            _halve(search, half)


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


def _halves(changes: list[Change]) -> list[list[Change]]:
    middle = len(changes) // 2
    return [half for half in (changes[:middle], changes[middle:]) if half]


def _halve(search: _Search, changes: Sequence[Change]) -> None:
    """Halve a refused batch until single rooms are left."""
    left = search.left(changes)
    if len(left) <= 1 or search.refused >= REFUSALS:
        _create_singly(search, left)
        return
    for half in _halves(left):
        if len(half) == 1 or _is_refused(search, half):
            _halve(search, half)


def _create_singly(search: _Search, changes: Iterable[Change]) -> None:
    search.run.client.parallel(
        lambda change: search.create_one(search.run, change), changes
    )


def _is_any_made(search: _Search, changes: Sequence[Change]) -> bool:
    """Tell whether some of the rooms can be made at all."""
    for count in EVIDENCE:
        _create_singly(search, _spread(search.left(changes), count))
        ended = {search.run.ended(change) for change in changes}
        if ended - {None, Outcome.FAILED}:
            return True
    return False


def _spread(changes: list[Change], count: int) -> list[Change]:
    """So many of them, from the first to the last, evenly spread."""
    if len(changes) <= count:
        return changes
    last = len(changes) - 1
    return [changes[index * last // (count - 1)] for index in range(count)]


def _give_up(search: _Search, changes: Sequence[Change]) -> None:
    left = search.left(changes)
    tried = len(changes) - len(left)
    for change in left:
        search.run.note(
            change,
            Outcome.FAILED,
            f"refused in a batch; each of the {tried} rooms of it that were tried "
            "alone was refused too",
        )


def _is_refused(search: _Search, changes: list[Change]) -> bool:
    """Send one batch. True when Daily refused it; else every room's end is noted."""
    run = search.run
    if run.should_stop():
        run.skip(changes, run.stopped)
        return False
    try:
        _send(search, changes)
    except DailyRejectedError as error:
        run.stop_if_hopeless(error)
        if not run.should_stop():
            search.refused += 1
            return True
        _note(search, changes, error)
    except DailyError as error:
        run.stop_if_hopeless(error)
        _note(search, changes, error)
    return False


def _note(search: _Search, changes: Sequence[Change], error: DailyError) -> None:
    outcome = Outcome.FAILED
    if isinstance(error, AnswerLostError):
        outcome = Outcome.UNKNOWN
    elif isinstance(error, NotSentError):
        outcome = Outcome.NOT_TRIED
    for change in search.left(changes):
        search.run.note(change, outcome, explain(error))


def _send(search: _Search, changes: list[Change]) -> None:
    run, left = search.run, list(changes)

    def send() -> None:
        body = {"rooms": [wire.room_to_json(c.send, name=c.key) for c in left]}
        is_done(_made(run.client.send("POST", "/batch/rooms", body)))

    def read() -> dict[str, LiveRoom]:
        return read_rooms(run.client, [c.key for c in left])[0]

    def is_done(made: Mapping[str, LiveRoom]) -> bool:
        left[:] = _settle_batch(search, left, made)
        return not left

    for _ in range(TRIES):
        settle(send, read, is_done)
        if not left:
            return
    raise DailyAnswerError("a batch was answered without some of its rooms")


def _made(answer: object) -> dict[str, LiveRoom]:
    try:
        return {room.name: room for room in wire.rooms_from_batch(answer)}
    except DailyAnswerError as error:
        raise AnswerLostError(f"POST /batch/rooms: {error.message}") from error


def _settle_batch(
    search: _Search, changes: list[Change], made: Mapping[str, LiveRoom]
) -> list[Change]:
    """Note the rooms that are there; returns those that are not."""
    there = [change for change in changes if change.key in made]
    # Planned together: a planner for each of a thousand rooms is most of the work.
    rooms = {change.key: made[change.key] for change in there}
    unlike = {left.key for left in left_for_rooms(search.run, there, rooms)}
    for change in there:
        if change.key in unlike:
            # There, but not as declared: somebody else's, or shown incompletely.
            search.create_one(search.run, change)
        else:
            search.run.note(change, Outcome.DONE)
    return [change for change in changes if change.key not in made]
