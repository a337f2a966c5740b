"""What a new sandbox starts with: things that no config file mentions.

They are there so that the first plan shows what is left alone.
"""

from __future__ import annotations

from reconciler.sandbox.state import entries
from reconciler.sandbox.state.store import Store


def sow(store: Store, now: float) -> None:
    """Put in three rooms, and one pinless assignment on a number of its own."""
    store.add_room("front-desk", {"enable_chat": True}, api_created=False)
    store.add_room("interview-room", {"enable_knocking": True}, privacy="private")
    end = int(now) + 300 * 24 * 3600
    store.add_room("summer-campaign", {"exp": end, "eject_at_room_exp": True})
    number = _free_number(store)
    store.add_number(number, "Support line")
    store.add_dialin_config(
        entries.PINLESS,
        {
            "phone_number": number,
            "name_prefix": "support-line",
            "room_creation_api": "https://calls.example.net/daily/incoming",
        },
    )


def _free_number(store: Store) -> str:
    """Give +12095550190, or the next number that the domain was not given."""
    candidates = (f"+1209555{last:04d}" for last in range(190, 10_000))
    return next(number for number in candidates if number not in store.numbers)
