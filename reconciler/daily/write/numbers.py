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
from collections.abc import Sequence
from urllib.parse import quote

from reconciler.core.body.doubtful import without_doubtful
from reconciler.core.compare.diff import same
from reconciler.core.model import LiveAssignment
from reconciler.core.plan.model import Action, Change
from reconciler.core.report import Outcome
from reconciler.daily import wire
from reconciler.daily.rescue import file as rescue
from reconciler.daily.write.again import check_gates_again
from reconciler.daily.write.bystanders import look_after, stop_unsafe
from reconciler.daily.write.legacy import write_lists
from reconciler.daily.write.run import (
    BlockedError,
    PartWayError,
    Run,
    explain,
    left_for_number,
)
from reconciler.daily.write.sending.settle import no_error_when_gone, settle
from reconciler.daily.write.stores import StoresError
from reconciler.errors import (
    AnswerLostError,
    DailyError,
    DailyRejectedError,
    ReconcilerError,
)

_PATH = "/domain-dialin-config"


def apply_numbers(run: Run) -> None:
    """Creations, updates and replacements; deletions wait for the rooms.

    Where there are only deletions, both stores are saved here all the same: before
    anything is written, rooms included.
    """
    numbers = _numbers(run)
    changes = [c for c in numbers if c.action is not Action.DELETE]
    if numbers and not changes and not run.should_stop():
        _prepare(run, numbers)
    _write(run, changes)


def delete_numbers(run: Run) -> None:
    """Deletions, after the rooms that may have used the numbers."""
    left = [c for c in _numbers(run) if run.ended(c) is None]
    _write(run, [c for c in left if c.action is Action.DELETE])


def _numbers(run: Run) -> list[Change]:
    return [c for c in run.plan.changes if c.kind == "number"]


def _write(run: Run, changes: list[Change]) -> None:
    if not changes or run.should_stop():
        run.skip(changes, run.stopped)
        return
    seen = _prepare(run, changes)
    if seen is None:
        return
    fresh = list(filter(None, (_as_it_is_now(run, c, seen) for c in changes)))
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


def _as_it_is_now(
    run: Run, change: Change, stores: Sequence[LiveAssignment]
) -> Change | None:
    """The change on the latest reading; None when it is not to be written.

    Somebody else may have written this number since it was planned: there is no
    locking. What was reviewed is not written then. Unattended it is planned again,
    through the same gates.
    """
    if _is_as_planned(run, change, stores):
        return change
    left = left_for_number(run, change, tuple(stores))
    if not left and _is_there(run, change, stores) is not change.desired.absent:
        run.note(change, Outcome.DONE)
        return None
    if run.options.reviewed or [c.action for c in left] != [change.action]:
        what = "this number was changed in Daily since it was planned; plan again"
        run.note(change, Outcome.MOVED, what)
        return None
    try:
        check_gates_again(run, change, left[0])
    except BlockedError as reason:
        run.note(change, Outcome.BLOCKED, str(reason))
        return None
    run.renew(change, left[0], "it was changed in Daily after the plan")
    return left[0]


def _is_as_planned(run: Run, change: Change, stores: Sequence[LiveAssignment]) -> bool:
    seen, planned = find(change.key, run.plan.store, stores), change.live_assignment
    if seen is None or planned is None:
        return seen is planned
    kept = same(rescue.content(seen), rescue.content(planned))
    return seen.type == planned.type and kept


def _is_there(run: Run, change: Change, stores: Sequence[LiveAssignment]) -> bool:
    """The number is assigned where it is to be, or anywhere if it is to go."""
    if change.desired.absent:
        return any(entry.number == change.key for entry in stores)
    return find(change.key, run.plan.store, stores) is not None


def find(
    number: str, store: str, stores: Sequence[LiveAssignment]
) -> LiveAssignment | None:
    """A number's entry in one store."""
    for entry in stores:
        if entry.number == number and entry.store == store:
            return entry
    return None


def _write_current(run: Run, changes: list[Change]) -> None:
    if not changes:
        return
    # The first write shows whether the rest of the store survives a write at all.
    first, rest = changes[0], changes[1:]
    _attempt(run, first)
    look_after(run)
    if rest:
        run.client.parallel(lambda change: _attempt(run, change), rest)
        look_after(run)


def _attempt(run: Run, change: Change) -> Outcome:
    act = {
        Action.CREATE: _create,
        Action.UPDATE: _update,
        Action.REPLACE: _replace,
        Action.DELETE: _delete,
    }[change.action]
    return run.attempt(change, lambda: act(run, change))


def _create(run: Run, change: Change) -> None:
    body = {
        "type": change.send["type"],
        **wire.assignment_to_json(change.key, change.send),
    }

    def send() -> None:
        try:
            run.client.send("POST", _PATH, body)
        except DailyRejectedError:
            if not is_done(_stores(run)):
                raise

    def is_done(stores: tuple[LiveAssignment, ...]) -> bool | None:
        if find(change.key, "current", stores) is None:
            return False
        return None if left_for_number(run, change, stores) else True

    settle(send, lambda: _stores(run), is_done)


def _update(run: Run, change: Change) -> None:
    spared, without = without_doubtful(change)
    body = change.send

    def send() -> None:
        nonlocal body
        entry = wire.assignment_to_json(change.key, body, with_nulls=True)
        try:
            run.client.send("PUT", _entry_path(change), entry)
        except DailyRejectedError as error:
            if error.status != 400 or body is spared or not without:
                raise
            body = spared
            send()
            what = f"Daily refused {', '.join(without)}, which was left out"
            run.remark(change, change, what)

    settle(
        send,
        lambda: _stores(run),
        lambda stores: bool(change.fields) and not left_for_number(run, change, stores),
    )


def _replace(run: Run, change: Change) -> None:
    """PIN to pinless or back: Daily wants the old entry gone before the new one.

    Where it is unknown whether the old one is gone, the new one is tried all the same:
    Daily refuses it while the old one is there; if it is gone, calls fail until then.
    A run that is to end waits for the new one.
    """
    with run.client.together():
        with contextlib.suppress(AnswerLostError):
            _delete(run, change)
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
                run.client.send("POST", _PATH, body)
        now = find(change.key, "current", _stores(run))
    except DailyError as error:
        return f"{change.key} MAY BE UNASSIGNED NOW ({error.message}): apply again"
    if now is None:
        return f"{change.key} IS NOW UNASSIGNED, and calls to it fail: apply again"
    if now.type != old.type:
        return f"{change.key} is {now.type} now, though not as declared: plan again"
    return f"{change.key} was put back as it was ({old.type})"


def _delete(run: Run, change: Change) -> None:
    def send() -> None:
        with no_error_when_gone():
            run.client.send("DELETE", _entry_path(change))

    settle(
        send,
        lambda: _stores(run),
        lambda stores: find(change.key, "current", stores) is None,
    )


def _entry_path(change: Change) -> str:
    live = change.live_assignment
    return f"{_PATH}/{quote(live.id if live else '', safe='')}"


def _stores(run: Run) -> tuple[LiveAssignment, ...]:
    return run.stores.fresh()[1]
