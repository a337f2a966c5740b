"""Pagination: which stretch of a newest-first list a query asks for.

Documented: `limit` has a default and a maximum (100, purchased numbers 50),
`starting_after` continues towards older entries, `ending_before` towards newer
ones, and `ending_before=OLDEST` is the last page.
Assumed: a limit above the maximum is lowered to it; a cursor that names
nothing, a limit that is no positive number and two cursors at once are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.sandbox.api.refusal import invalid


def stretch(
    query: Mapping[str, str],
    total: int,
    cap: int,
    position: Callable[[str], int | None],
) -> tuple[int, int]:
    """Give start and stop of the page in a list of `total` entries.

    `position` finds the place of a cursor, the newest entry being 0.
    """
    limit = _limit(query, cap)
    after, before = query.get("starting_after"), query.get("ending_before")
    if after and before:
        raise invalid("starting_after and ending_before exclude each other")
    if before == "OLDEST":
        return max(0, total - limit), total
    if before:
        stop = _place("ending_before", before, position)
        return max(0, stop - limit), stop
    start = _place("starting_after", after, position) + 1 if after else 0
    return start, min(total, start + limit)


def _limit(query: Mapping[str, str], cap: int) -> int:
    text = query.get("limit")
    if text is None:
        return cap
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise invalid(f"limit was '{text}' but should be a positive whole number")
    return min(int(text), cap)


def _place(name: str, cursor: str, position: Callable[[str], int | None]) -> int:
    place = position(cursor)
    if place is None:
        raise invalid(f"{name} names nothing in this list: '{cursor}'")
    return place
