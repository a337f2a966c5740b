"""What an apply will ask of Daily: requests per rate class.

The apply itself takes the batch rules from here, so that what is estimated is what
is done. Sources: Daily's pages on rate limits and on batch room creation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.core.body.listing import has_items
from reconciler.core.kinds import ROOM
from reconciler.core.plan.callers.busy import affected
from reconciler.core.plan.model import Action, Change, Plan

BATCH: Final = 1_000
"""Rooms in one batch, at most."""
BATCH_BUCKETS: Final = 10
"""Distinct recording buckets in one batch, at most."""
BATCH_FROM: Final = 11
"""From this many plain rooms on, a batch is worth its all-or-nothing answer."""

_CAREFUL: Final = frozenset({"dialin", "sip"})


@dataclass(frozen=True, slots=True)
class Estimate:
    """Requests per rate class, checks and reading back included."""

    general: int = 0
    deletion: int = 0


def fits_batch(change: Change) -> bool:
    """A new room that nothing can be wrong with but itself."""
    return (
        change.kind == "room"
        and change.action is Action.CREATE
        and change.live is None
        and not change.desired.extra
        and not _CAREFUL & change.send.keys()
    )


def is_read_again(change: Change) -> bool:
    """A room whose objects or end are written: they may have been set since."""
    return any(
        isinstance(value, Mapping)
        or has_items(value)
        or name in ROOM.objects
        or name == "exp"
        for name, value in change.send.items()
    )


def estimate(plan: Plan) -> Estimate:
    """Count the requests that applying a plan takes when nothing goes wrong."""
    if not plan.changes:
        return Estimate()
    deletions = sum(
        c.kind == "room" and c.action is Action.DELETE for c in plan.changes
    )
    # Each room is read again before it is deleted. Who is in which room is asked
    # before writes, and not when the domain is read back.
    reading = plan.live.requests - (plan.live.presence is not None)
    general = _rooms(plan) + _numbers(plan) + reading + deletions + _looks(plan)
    return Estimate(general, deletions)


def _looks(plan: Plan) -> int:
    """How often it is asked who is in which room: for each write that affects one."""
    affecting = [c for c in plan.changes if affected(c)]
    if plan.store == "current":
        return len(affecting)
    # A legacy list is written whole: once for what stays, and once for what goes.
    lists = {c.action is Action.DELETE for c in affecting if c.kind == "number"}
    return len(lists) + sum(c.kind == "room" for c in affecting)


def _rooms(plan: Plan) -> int:
    rooms = [c for c in plan.changes if c.kind == "room"]
    plain = sum(fits_batch(c) for c in rooms)
    written = sum(c.action is not Action.DELETE for c in rooms)
    written += sum(c.action is Action.UPDATE and is_read_again(c) for c in rooms)
    if plain < BATCH_FROM:
        return written
    return written - plain + math.ceil(plain / BATCH)


def _numbers(plan: Plan) -> int:
    """Each stage reads both stores before it writes and after.

    In the current store each entry but the first of a stage is read again alone.
    """
    numbers = [c for c in plan.changes if c.kind == "number"]
    stages = {c.action is Action.DELETE for c in numbers}
    if plan.store == "legacy":
        return len(stages) * (2 + 2 + 2)
    writes = len(numbers) + sum(c.action is Action.REPLACE for c in numbers)
    looks = sum(
        1 + (sum((c.action is Action.DELETE) is stage for c in numbers) > 1)
        for stage in stages
    )
    again = sum(
        c.action is not Action.CREATE
        for stage in stages
        for c in [c for c in numbers if (c.action is Action.DELETE) is stage][1:]
    )
    return writes + again + 2 * (len(stages) + looks)
