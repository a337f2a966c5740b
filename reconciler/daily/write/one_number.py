"""Reading a number again right before it is written, and planning it once more.

There is no locking: somebody else may have written the number since it was planned.
What was reviewed is not written then. Unattended it is planned again, through the same
gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from reconciler.core.compare.diff import same
from reconciler.core.model import LiveAssignment
from reconciler.core.plan.model import Change
from reconciler.core.plan.numbers import with_hmacs_of
from reconciler.core.report import Outcome
from reconciler.daily.read import read_assignment
from reconciler.daily.rescue import file as rescue
from reconciler.daily.write.again import check_gates_again
from reconciler.daily.write.run import (
    MovedError,
    Run,
    held_back,
    left_for_number,
)
from reconciler.daily.write.sending.settle import HeldBackError, NothingLeftError

PATH = "/domain-dialin-config"


def entry_path(entry: LiveAssignment) -> str:
    """Where an entry of the current store is read and written."""
    return f"{PATH}/{quote(entry.id, safe='')}"


def plan_again(
    run: Run, change: Change, stores: Sequence[LiveAssignment]
) -> Change | None:
    """As `as_it_is_now`; None when it is not to be written, which is noted."""
    try:
        return as_it_is_now(run, change, stores)
    except NothingLeftError:
        run.note(change, Outcome.DONE)
    except HeldBackError as reason:
        run.note(change, held_back(reason), str(reason))
    return None


def read_again(run: Run, change: Change) -> Change:
    """The change on a new reading of its entry alone. Raises as `as_it_is_now`."""
    entry = change.live_assignment
    if entry is None or not entry.id:
        return as_it_is_now(run, change, run.stores.fresh()[1])
    others = [e for e in run.stores.known if not _is_it(e, change.key, "current")]
    now = read_assignment(run.client, entry.id)
    return as_it_is_now(run, change, [*filter(None, [now]), *others])


def as_it_is_now(run: Run, change: Change, stores: Sequence[LiveAssignment]) -> Change:
    """The change on the latest reading.

    Raises:
        NothingLeftError: the number is as declared.
        MovedError: it is no longer what was reviewed, or needs another action.
        BlockedError: what is to do now stands before a gate.
    """
    if _is_as_planned(run, change, stores):
        return change
    left = left_for_number(run, change, tuple(stores))
    if not left and _is_there(run, change, stores) is not change.desired.absent:
        raise NothingLeftError
    if run.options.reviewed or [c.action for c in left] != [change.action]:
        raise MovedError(
            "this number was changed in Daily since it was planned; plan again"
        )
    again = with_hmacs_of(left[0], change)
    check_gates_again(run, change, again)
    run.renew(change, again, "it was changed in Daily after the plan")
    return again


def _is_as_planned(run: Run, change: Change, stores: Sequence[LiveAssignment]) -> bool:
    seen, planned = find(change.key, run.plan.store, stores), change.live_assignment
    if seen is None or planned is None:
        return seen is planned
    kept = same(rescue.content(seen), rescue.content(planned))
    return (seen.type, seen.id) == (planned.type, planned.id) and kept


def _is_there(run: Run, change: Change, stores: Sequence[LiveAssignment]) -> bool:
    """The number is assigned where it is to be, or anywhere if it is to go."""
    if change.desired.absent:
        return any(entry.number == change.key for entry in stores)
    return find(change.key, run.plan.store, stores) is not None


def find(
    number: str, store: str, stores: Sequence[LiveAssignment]
) -> LiveAssignment | None:
    """A number's entry in one store."""
    return next((e for e in stores if _is_it(e, number, store)), None)


def _is_it(entry: LiveAssignment, number: str, store: str) -> bool:
    return entry.number == number and entry.store == store
