"""What a plan leaves alone: told apart where all of it was read."""

from __future__ import annotations

import pytest

from reconciler.core.model import Config, Live, LiveDomain, LiveRoom
from reconciler.core.plan import make_plan
from reconciler.core.times import DAY

NOW = 1_800_000_000
PIN = {"dialin": {}, "dialin_code": "12345678901"}
BRIEF = {**PIN, "exp": NOW + DAY // 2}
ROOMS = (
    LiveRoom("line", "1", "private", {**PIN, "exp": NOW + 9 * DAY}, NOW - 90 * DAY),
    LiveRoom("bot", "2", "private", BRIEF, NOW - 60),
    LiveRoom("hall", "3", "private", {}, NOW - 90 * DAY),
    LiveRoom("demo", "4", "private", {"exp": NOW + 9 * DAY}, NOW - 90 * DAY),
)


@pytest.mark.parametrize("complete", [True, False])
def test_what_was_not_read_is_not_counted(complete: bool) -> None:
    """A reading of some rooms tells how many there are, and no more of them."""
    rooms = {room.name: room for room in ROOMS}
    live = Live(LiveDomain("acme", "id", {}), rooms, total_rooms=4, complete=complete)

    found = make_plan(Config("acme"), live, now=NOW).unmanaged

    assert found.room_count == 4
    assert found.thrown_away == (2 if complete else None)
    assert found.nearest_end == (NOW + 9 * DAY if complete else None)
    assert [r.name for r in found.pin_rooms or ()] == ["line"] * complete
    assert [r.name for r in found.endless or ()] == ["hall"] * complete
    assert (found.pin_rooms is None) is (found.endless is None) is not complete
