"""GET /presence: who is in which room."""

import pytest
from sandbox.world import NOW

from reconciler.sandbox.settings import Settings, parse_present


def test_nobody_is_anywhere(world):
    """Without further ado every room is empty."""
    world.store.add_room("lobby")

    assert world.ok("GET", "/presence") == {}


def test_participants_that_were_put_in(world):
    """Each is listed in its room, with the time since the meeting began."""
    world.store.set_present("lobby", 2, NOW - 90.5)
    world.store.set_present("hall", 1, NOW)
    world.store.set_present("empty", 0, NOW)

    shown = world.ok("GET", "/presence")

    assert {room: len(there) for room, there in shown.items()} == {
        "lobby": 2,
        "hall": 1,
    }
    first, second = shown["lobby"]
    assert (first["room"], first["duration"]) == ("lobby", 90)
    assert first["joinTime"] == "2027-01-15T07:58:29.500Z"
    assert first["userId"] is None
    assert first["id"] != second["id"]
    assert first["mtgSessionId"] == second["mtgSessionId"]
    assert first["mtgSessionId"] != shown["hall"][0]["mtgSessionId"]


def test_a_running_sandbox(start):
    """Settings fill rooms from the start, and a test changes them."""
    settings = Settings(present=(("lobby", 3),), rate_limit_scale=0)
    sandbox, client = start(settings, clock=lambda: NOW)
    before = client.get("/presence").json()

    sandbox.set_present("hall", 1)
    sandbox.set_present("lobby", 0)

    assert [len(there) for there in before.values()] == [3]
    assert set(client.get("/presence").json()) == {"hall"}


@pytest.mark.parametrize("text", ["lobby", "=2", "lobby=", "lobby=-1", "lobby=two"])
def test_options_that_say_nothing(text):
    """What is not ROOM=N is refused."""
    with pytest.raises(ValueError, match="ROOM=N"):
        parse_present(text)


def test_more_than_a_room_holds():
    """A number beyond reason is refused."""
    with pytest.raises(ValueError, match="1000"):
        Settings(present=(parse_present("lobby=1001"),))
