"""A look at who is in the rooms that a write affects, right before it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.plan.callers.busy import NAME, affected, busy_text, people_in
from reconciler.core.plan.model import Change
from reconciler.daily.presence import read_presence
from reconciler.daily.write.run import MovedError, Run


def check_busy(run: Run, change: Change) -> None:
    """Refuse to write what people in a meeting would lose, beyond what was allowed.

    Costs one request, and none where the change affects no room.

    Raises:
        MovedError: people are there now, or it is not known.
        NotSentError: nothing more is to be sent.
    """
    for reason in busy_now(run, [change]).values():
        raise reason


def busy_now(run: Run, changes: Sequence[Change]) -> dict[str, MovedError]:
    """Why some of these changes are not to be written, by key: one request for all.

    Raises:
        NotSentError: nothing more is to be sent.
    """
    # What was planned again alone does not name the rooms that it affects.
    planned = {change.id: change for change in run.plan.changes}
    rooms = {c.key: affected(planned.get(c.id, c)) for c in changes}
    if not any(rooms.values()):
        return {}
    presence = read_presence(run.client)
    held: dict[str, MovedError] = {}
    for key, names in rooms.items():
        people = people_in(names, presence)
        if not run.disturb(people):
            text = busy_text(people, presence)
            needed = sum(people.values())
            held[key] = MovedError(
                f"blocked by gate {NAME} since the plan: {text}; to allow it: "
                f"--allow {NAME}={needed}"
            )
    return held
