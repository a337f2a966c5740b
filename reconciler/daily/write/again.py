"""Reading a room again right before it is written, and planning it once more.

Daily has no locking, and an object is written whole: what somebody else put into it
since the plan would be lost. Between this reading and the write a moment remains.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reconciler.core.model import LiveRoom
from reconciler.core.plan.cost import is_read_again
from reconciler.core.plan.gates import check_gates
from reconciler.core.plan.model import Action, Change
from reconciler.core.plan.moved import carried_anew, moved, narrowed
from reconciler.daily.read import read_room
from reconciler.daily.write.run import BlockedError, MovedError, Run, left_for_room
from reconciler.daily.write.sending.settle import NothingLeftError
from reconciler.errors import DailyRejectedError

FRESH: Final = 30.0
"""Seconds for which the plan's reading is good enough for a renewal."""


def needs_reading(run: Run, change: Change) -> bool:
    """Tell whether writing this could undo what somebody else wrote since the plan."""
    if change.action is Action.RENEW:
        return run.options.reviewed or run.options.now() - run.plan.now > FRESH
    return is_read_again(change)


def as_it_is_now(run: Run, change: Change, *, anew: bool = False) -> Change:
    """The change as planned on a new reading.

    Args:
        run: the apply.
        change: an update, as it was planned.
        anew: read the room whatever is written: it was held back once, and others had
            the time to write.

    Raises:
        NothingLeftError: nothing of it is left to do.
        MovedError: the room is no longer what was reviewed.
        BlockedError: what is to do now stands before a gate.
    """
    if not (anew or needs_reading(run, change)):
        return change
    room = read_room(run.client, change.live_room.name if change.live_room else "")
    if room is None or room.expired(run.options.now()):
        if run.options.reviewed and not change.live_pin:
            raise MovedError("the room is gone; plan again")
        raise DailyRejectedError(
            f"room '{change.key}' disappeared meanwhile", status=404
        )
    left = left_for_room(run, change, room)
    same_action = [c for c in left if c.action is change.action]
    again = narrowed(same_action[0], change) if same_action else None
    if again is None or not again.send:
        raise NothingLeftError
    _check(run, change, again)
    run.renew(change, again, _remark(change, again))
    return again


def check_deletion(run: Run, change: Change) -> None:
    """Refuse a deletion that takes more than was planned, such as a new PIN.

    Raises:
        NothingLeftError: the room is gone.
        MovedError: the room is no longer what was reviewed.
        BlockedError: what is to go now stands before a gate.
    """
    planned = change.live_room
    room = read_room(run.client, planned.name if planned else change.key)
    if room is None:
        raise NothingLeftError
    news = "; ".join(_unlike(planned, room)) if planned else ""
    for again in left_for_room(run, change, room):
        if news and run.options.reviewed:
            raise MovedError(f"{news}; plan again")
        _check(run, change, again)
        run.renew(change, again, news)


def _unlike(planned: LiveRoom, room: LiveRoom) -> Iterator[str]:
    """What deleting the room takes, and was not there when it was planned."""
    if planned.id and room.id and planned.id != room.id:
        yield "the room was made anew after the plan"
    if room.pin and room.pin != planned.pin:
        other = "another" if planned.pin else "a"
        yield f"the room has {other} PIN since the plan, and callers lose it"


def _check(run: Run, change: Change, again: Change) -> None:
    """Refuse what was not reviewed, or what the gates do not let through."""
    if not run.options.reviewed:
        check_gates_again(run, change, again)
    elif why := "; ".join(moved(change, again)):
        raise MovedError(f"{why}; plan again")


def check_gates_again(run: Run, change: Change, again: Change) -> None:
    """Refuse a change that stands before a gate now that it was planned again."""
    changes = tuple(again if c.id == change.id else c for c in run.current_changes())
    gates = check_gates(replace(run.plan, changes=changes), run.options.allow)
    if closed := [gate for gate in gates if not gate.open]:
        raise BlockedError(
            f"what it needs since the plan is blocked by gate {closed[0].name}: "
            f"{closed[0].message}; to allow it: {closed[0].hint}"
        )


def _remark(change: Change, again: Change) -> str:
    names = ", ".join(carried_anew(change, again))
    return f"{names} changed after the plan, and stays as it is now" if names else ""
