"""What `dialin --update-ledger` did, as text."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.ledger.update import Update
from reconciler.render.words import count, listed


def ledger_text(made: Update) -> str:
    """One line for each kind of change, and a last one with what is left."""
    return "\n".join(_lines(made))


def _lines(made: Update) -> Iterator[str]:
    lists = (
        ("added", made.added),
        ("taken over", made.taken),
        ("removed", made.removed),
        ("PIN added to the line, which may be another than callers have", made.sealed),
        ("reached by more numbers than callers were told", made.more),
    )
    for what, rooms in lists:
        if rooms:
            yield f"{what}: {listed(rooms)}"
    changed = len(made.added) + len(made.taken) + len(made.removed) + len(made.sealed)
    alarms, verb = len(made.alarms), "is" if len(made.alarms) == 1 else "are"
    left = f"; {count(alarms, 'room')} {verb} not as callers were told"
    lines = count(len(made.ledger.lines), "line")
    said = f"{count(changed, 'line')} changed" if changed else "nothing to record"
    yield f"Ledger: {said}, {lines} in all{left if alarms else ''}."
