"""Writing in waves of 1, 2, 4, 8, ...: what a write does is learnt on few of many.

Whether a PIN survives a write is unknown, and that the first room kept its PIN does
not prove that the others do. Each wave is as large as what was proven before it, and
one more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def in_waves(
    items: Sequence[Item],
    write: Callable[[list[Item]], int],
    most: Callable[[], int | None],
) -> list[Item]:
    """Write items, wave after wave.

    Args:
        items: in the order in which they are to be written.
        write: writes one wave, and returns how many of it came to no harm. What was
            refused proves nothing: it does not make the next wave larger.
        most: asked before each wave: how many it may hold. 0 ends it, None is any.

    Returns:
        The items that were not begun.
    """
    left = list(items)
    proven = 0
    while left:
        limit = most()
        if limit is not None and limit <= 0:
            break
        size = proven + 1 if limit is None else min(proven + 1, limit)
        wave, left = left[:size], left[size:]
        proven += write(wave)
    return left
