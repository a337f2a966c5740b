"""Purchased phone numbers: what the domain owns, and the list of it.

Documented: a page holds at most 50, and the cursors are the numeric
`pagination_id`, not the id. The sandbox neither sells nor releases numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.sandbox.api.pages import stretch
from reconciler.sandbox.state.roomindex import iso

PAGE = 50


@dataclass(frozen=True, slots=True)
class PurchasedNumber:
    """One number the domain owns."""

    id: str
    pagination_id: int
    number: str
    created_at: float
    name: str | None = None


def show_number(owned: PurchasedNumber) -> dict[str, object]:
    """Build the answer for one number."""
    return {
        "name": owned.name,
        "type": "purchased_phone_number",
        "id": owned.id,
        "pagination_id": owned.pagination_id,
        "created_date": iso(owned.created_at),
        "number": owned.number,
        "status": "verified",
        "verified": True,
    }


def list_numbers(
    owned: Mapping[str, PurchasedNumber], query: Mapping[str, str]
) -> dict[str, object]:
    """Answer one page, newest purchase first; filters look for a part of the text."""
    name, number = query.get("filter_name"), query.get("filter_number")
    matching = [
        one
        for one in sorted(owned.values(), key=lambda one: -one.pagination_id)
        if (not name or name in (one.name or ""))
        and (not number or number.strip().lstrip("+") in one.number)
    ]
    places = {str(one.pagination_id): at for at, one in enumerate(matching)}
    start, stop = stretch(query, len(matching), PAGE, places.get)
    return {
        "total_count": len(matching),
        "data": [show_number(one) for one in matching[start:stop]],
    }
