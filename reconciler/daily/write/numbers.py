"""Writing assignments: the safety copy, the chosen store, and a look afterwards.

Sources: Daily's pages on domain dial-in configuration (the current store) and on
domain configuration (the legacy lists, see `apply_legacy`).

In the current store an update carries the whole entry, its `hmac` included: what
PUT does to a field that is left out is unknown, and so is whether null clears one.
Null is tried first, and left out when Daily refuses it; so is a live key inside an
object that this version does not know.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

from reconciler.core.body.doubtful import without_doubtful
from reconciler.core.model import LiveAssignment
from reconciler.core.plan.model import Action, Change
from reconciler.core.plan.room_checks import comes_last, leaving
from reconciler.core.report import Outcome
from reconciler.daily import wire
from reconciler.daily.rescue import file as rescue
from reconciler.daily.write.legacy import write_lists
from reconciler.daily.write.one_number import (
    PATH,
    entry_path,
    find,
    plan_again,
    read_again,
)
from reconciler.daily.write.run import (
    MovedError,
    PartWayError,
    Run,
    explain,
    left_for_number,
)
from reconciler.daily.write.sending.bystanders import look_after, stop_unsafe
from reconciler.daily.write.sending.people import check_busy
from reconciler.daily.write.sending.settle import no_error_when_gone, settle
from reconciler.daily.write.stores import StoresError
from reconciler.errors import (
    AnswerLostError,
    DailyError,
    DailyRejectedError,
    ReconcilerError,
)


def apply_numbers(run: Run) -> None:
    """What rooms may need; numbers that callers lose wait for the rooms.

    Where there are only such numbers, both stores are saved here all the same: before
    anything is written, rooms included.
    """
    numbers = _numbers(run)
    changes = [c for c in numbers if not _comes_last(run, c)]
    if numbers and not changes and not run.should_stop():
        _prepare(run, numbers)
    _write(run, changes)


def apply_last_numbers(run: Run) -> None:
    """What callers lose, after the rooms that leave it."""
    changes = [c for c in _numbers(run) if _comes_last(run, c)]
    if changes and not run.should_stop():
        for change in changes:
            _wait_for_rooms(run, change)
    _write(run, [c for c in changes if run.ended(c) is None])


def _comes_last(run: Run, change: Change) -> bool:
    return comes_last(change, run.plan.changes, run.plan.live)


def _wait_for_rooms(run: Run, change: Change) -> None:
    """A number stays while a room that was to leave it is still reached by it."""
    waiting = [
        f"{room.address}, which was: {outcome or Outcome.NOT_TRIED}"
        for room in leaving(run.plan.changes, run.plan.live, change.key)
        if (outcome := run.ended(room)) is not Outcome.DONE
    ]
    if waiting and run.ended(change) is None:
        run.note(change, Outcome.BLOCKED, f"it waits for {'; '.join(waiting)}")


def _numbers(run: Run) -> list[Change]:
    return [c for c in run.plan.changes if c.kind == "number"]


def _write(run: Run, changes: list[Change]) -> None:
    if not changes or run.should_stop():
        run.skip(changes, run.stopped)
        return
    seen = _prepare(run, changes)
    if seen is None:
        return
    fresh = list(filter(None, (plan_again(run, c, seen) for c in changes)))
    if run.plan.store == "legacy":
        write_lists(run, fresh, lambda: look_after(run))
        return
    _write_current(run, fresh)


def _prepare(run: Run, changes: Sequence[Change]) -> tuple[LiveAssignment, ...] | None:
    """Read both stores and save them once; None when nothing may be written.

    Without a safety copy that is nothing at all, rooms included.
    """
    try:
        seen = run.stores.read()
        _save(run)
    except StoresError as error:
        stop_unsafe(run, changes, error)
        # The copy may be all that is left of what an earlier reading showed.
        with contextlib.suppress(ReconcilerError):
            _save(run)
        return None
    except ReconcilerError as error:
        run.stop(error.message)
        run.skip(changes, error.message)
        return None
    return seen


def _save(run: Run) -> None:
    """Save all that was seen of both stores, before the first write."""
    if run.rescued is None:
        copy = rescue.Rescue(
            run.plan.live.domain.name,
            run.stores.known,
            managed=frozenset(change.key for change in _numbers(run)),
            saved=int(run.options.now()),
        )
        run.rescued = rescue.save(run.options.rescue_file, copy)
        run.stores.copy = rescue.Copy(run.rescued, copy)


def _write_current(run: Run, changes: list[Change]) -> None:
    if not changes:
        return
    # The first write shows whether the rest of the store survives a write at all.
    first, rest = changes[0], changes[1:]
    _attempt(run, first, first)
    look_after(run)
    if rest:
        run.client.parallel(lambda change: _attempt(run, change), rest)
        look_after(run)


def _attempt(run: Run, change: Change, known: Change | None = None) -> Outcome:
    """Write one number. `known`: the change, where its reading is of just now."""
    act = {
        Action.CREATE: lambda: _create(run, change),
        Action.UPDATE: lambda: _update(run, change, known),
        Action.REPLACE: lambda: _replace(run, change, known),
        Action.DELETE: lambda: _delete(run, change, known),
    }[change.action]
    return run.attempt(change, act)


def _create(run: Run, change: Change) -> None:
    body = {
        "type": change.send["type"],
        **wire.assignment_to_json(change.key, change.send),
    }

    def send() -> None:
        try:
            run.client.send("POST", PATH, body)
        except DailyRejectedError:
            if not is_done(_stores(run)):
                raise

    def is_done(stores: tuple[LiveAssignment, ...]) -> bool | None:
        if find(change.key, "current", stores) is None:
            return False
        return None if left_for_number(run, change, stores) else True

    settle(send, lambda: _stores(run), is_done)


def _update(run: Run, change: Change, known: Change | None) -> None:
    latest = change

    def write(shape: Callable[[Change], Mapping[str, object]]) -> None:
        run.client.send_built("PUT", _entry_path(change), lambda: body(shape))

    def body(shape: Callable[[Change], Mapping[str, object]]) -> object:
        nonlocal latest, known
        latest, known = known or _same_entry(change, read_again(run, change)), None
        return wire.assignment_to_json(change.key, shape(latest), with_nulls=True)

    def send() -> None:
        nonlocal known
        try:
            write(lambda again: again.send)
        except DailyRejectedError as error:
            without = without_doubtful(latest)[1]
            if error.status != 400 or not without:
                raise
            known = latest
            write(lambda again: without_doubtful(again)[0])
            what = f"Daily refused {', '.join(without)}, which was left out"
            run.remark(change, latest, what)

    settle(
        send,
        lambda: _stores(run),
        lambda stores: bool(latest.fields) and not left_for_number(run, latest, stores),
    )


def _same_entry(change: Change, again: Change) -> Change:
    """The change planned again, of an entry that was not made anew meanwhile."""
    before, now = change.live_assignment, again.live_assignment
    if before and now and before.id != now.id:
        raise MovedError("this number was assigned anew since it was planned")
    return again


def _replace(run: Run, change: Change, known: Change | None) -> None:
    """PIN to pinless or back: Daily wants the old entry gone before the new one.

    Where it is unknown whether the old one is gone, the new one is tried all the same:
    Daily refuses it while the old one is there; if it is gone, calls fail until then.
    A run that is to end waits for the new one.
    """
    with run.client.together():
        with contextlib.suppress(AnswerLostError):
            _delete(run, change, known)
        try:
            _create(run, change)
        except DailyError as error:
            run.stop_if_hopeless(error)
            said = f"{explain(error)}; {_put_back(run, change)}"
            raise PartWayError(said) from error


def _put_back(run: Run, change: Change) -> str:
    """A number that answers the old way is better than one that does not answer."""
    old = change.live_assignment
    assert old is not None  # noqa: S101  a replacement has a live side
    body = {
        "type": old.type,
        **wire.assignment_to_json(change.key, {"type": old.type, **old.fields}),
    }
    try:
        if find(change.key, "current", _stores(run)) is None:
            with contextlib.suppress(DailyError):
                run.client.send("POST", PATH, body)
        now = find(change.key, "current", _stores(run))
    except DailyError as error:
        return f"{change.key} MAY BE UNASSIGNED NOW ({error.message}): apply again"
    if now is None:
        return f"{change.key} IS NOW UNASSIGNED, and calls to it fail: apply again"
    if now.type != old.type:
        return f"{change.key} is {now.type} now, though not as declared: plan again"
    return f"{change.key} was put back as it was ({old.type})"


def _delete(run: Run, change: Change, known: Change | None) -> None:
    def check() -> None:
        nonlocal known
        if known is None:
            _same_entry(change, read_again(run, change))
        known = None
        check_busy(run, change)

    def send() -> None:
        with no_error_when_gone():
            run.client.send_built("DELETE", _entry_path(change), check)

    settle(
        send,
        lambda: _stores(run),
        lambda stores: find(change.key, "current", stores) is None,
    )


def _entry_path(change: Change) -> str:
    live = change.live_assignment
    return entry_path(live) if live else PATH


def _stores(run: Run) -> tuple[LiveAssignment, ...]:
    return run.stores.fresh()[1]
