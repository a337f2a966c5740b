"""What lives in Daily and in no file: nothing keeps, renews or watches it."""

from __future__ import annotations

from reconciler.core.dialin.unmanaged import unmanaged_rooms
from reconciler.core.model import Config, Live, LiveAssignment
from reconciler.core.plan.model import Unmanaged


def unmanaged(config: Config, live: Live, now: float, *, listed: bool) -> Unmanaged:
    """Everything in a reading that no file declares.

    Args:
        config: what is declared.
        live: one reading. Rooms are told apart only where all of them were read.
        now: Unix seconds.
        listed: the list was asked for.
    """
    declared = {room.key for room in config.of_kind("room")}
    ours = sum(1 for name in live.rooms if name in declared)
    return Unmanaged(
        room_count=max(0, live.total_rooms - ours),
        rooms=tuple(unmanaged_rooms(config, live, now)) if live.complete else None,
        assignments=_assignments(config, live),
        listed=listed,
    )


def _assignments(config: Config, live: Live) -> tuple[LiveAssignment, ...] | None:
    if live.purchased is None:
        # Nothing was asked about dial-in; the legacy lists came with the domain.
        return None
    numbers = {number.key for number in config.of_kind("number")}
    foreign = [a for a in live.assignments if a.number not in numbers]
    chosen = {a.number for a in foreign if a.number and a.store == config.store}
    return tuple(
        a for a in foreign if a.store == config.store or a.number not in chosen
    )
