"""Rooms: making, reading, changing, deleting."""

import re

import pytest
from sandbox.world import DAY, NOW


def test_answer_to_a_new_room(world):
    """A new room shows its seven keys, with config instead of properties."""
    body = {"name": "r", "privacy": "private", "properties": {"enable_chat": True}}

    room = world.ok("POST", "/rooms", body)

    assert list(room) == [
        "id",
        "name",
        "api_created",
        "privacy",
        "url",
        "created_at",
        "config",
    ]
    assert room["api_created"] is True
    assert room["url"] == "https://acme.daily.co/r"
    assert room["created_at"] == "2027-01-15T08:00:00.000Z"
    assert room["config"] == {"enable_chat": True}
    assert world.ok("GET", "/rooms/r") == room


def test_room_without_a_name(world):
    """A room without a name gets a random one, and is public."""
    room = world.ok("POST", "/rooms", {})

    assert re.fullmatch(r"[A-Za-z0-9]{20}", room["name"])
    assert room["privacy"] == "public"


@pytest.mark.parametrize("name", ["", 7, "a b", "a/b", "x" * 129, "é"])
def test_names_that_are_refused(world, name):
    """A name is 1 to 128 of letters, digits, dash and underscore."""
    world.refused("POST", "/rooms", {"name": name})

    assert world.store.rooms == {}


def test_longest_name(world):
    """128 characters are allowed."""
    world.room("x" * 128)


def test_names_differ_by_case(world):
    """Foo and foo are two rooms."""
    world.room("Foo")
    world.room("foo")

    assert world.ok("GET", "/rooms")["total_count"] == 2


@pytest.mark.parametrize("privacy", ["org", "Public", 1, True, []])
def test_privacy_values(world, privacy):
    """Privacy is public or private."""
    assert "privacy" in world.refused("POST", "/rooms", {"privacy": privacy})


def test_update_merges(world):
    """An update leaves alone what it does not send."""
    world.room(privacy="private", enable_chat=True, max_participants=5)

    config = world.update(max_participants=6)

    assert config == {"enable_chat": True, "max_participants": 6}
    assert world.ok("GET", "/rooms/r")["privacy"] == "private"


def test_update_of_privacy_alone(world):
    """Privacy can be changed without sending properties."""
    world.room(enable_chat=True)

    room = world.ok("POST", "/rooms/r", {"privacy": "private"})

    assert (room["privacy"], room["config"]) == ("private", {"enable_chat": True})


def test_null_returns_to_the_default(world):
    """Null clears a property."""
    world.room(max_participants=5)

    assert world.update(max_participants=None) == {}


def test_empty_update(world):
    """An update with nothing in it is answered with the room."""
    world.room(enable_chat=True)

    assert world.ok("POST", "/rooms/r", {})["config"] == {"enable_chat": True}


def test_update_cannot_rename(world):
    """The name is not part of an update."""
    world.room()

    assert (
        world.refused("POST", "/rooms/r", {"name": "s"}) == "unknown parameter 'name'"
    )


def test_update_of_a_missing_room(world):
    """Updating what is not there is a 404."""
    info = world.refused("POST", "/rooms/r", {}, status=404)

    assert info == "room r not found"


def test_refused_update_changes_nothing(world):
    """One bad property keeps the good ones from being set."""
    world.room()

    world.refused(
        "POST",
        "/rooms/r",
        {"privacy": "private", "properties": {"enable_chat": True, "lang": "xx"}},
    )

    room = world.ok("GET", "/rooms/r")
    assert (room["privacy"], room["config"]) == ("public", {})


def test_delete(world):
    """A deleted room is gone and its name free."""
    world.room()

    assert world.ok("DELETE", "/rooms/r") == {"deleted": True, "name": "r"}
    assert world.refused("GET", "/rooms/r", status=404) == "room r not found"
    assert world.refused("DELETE", "/rooms/r", status=404) == "room r not found"
    world.room()


@pytest.mark.parametrize("exp", [NOW - 1, NOW, NOW + 0.0])
def test_exp_of_now_is_the_past(world, exp):
    """The current second is refused, when creating and when updating."""
    world.room()

    for path in ("/rooms", "/rooms/r"):
        assert "in the past" in world.refused(
            "POST", path, {"properties": {"exp": exp}}
        )


@pytest.mark.parametrize("exp", [NOW + 1, NOW + 1.5, (NOW + 60) * 1000])
def test_exp_that_passes(world, exp):
    """One second ahead passes; so do floats, and the milliseconds of 2021."""
    assert world.room(exp=exp) == {"exp": exp}


@pytest.mark.parametrize("name", ["exp", "nbf"])
@pytest.mark.parametrize("value", [True, [], "1800000001"])
def test_times_are_numbers(world, name, value):
    """A time that is no number is refused with the words of the recording."""
    info = world.refused("POST", "/rooms", {"properties": {name: value}})

    assert info.endswith("should be a number of seconds since the unix epoch")


def test_infinite_numbers(world):
    """A number too large for a float is refused, since no answer could show it."""
    from reconciler.sandbox.api.routes import Request, handle

    body = b'{"properties": {"exp": 1e999}}'
    response = handle(
        world.store, Request("POST", "/v1/rooms", "", world.headers, body), NOW
    )

    assert response.status == 400


def test_nbf_may_be_past(world):
    """Opening in the past is fine."""
    assert world.room(nbf=NOW - DAY) == {"nbf": NOW - DAY}


def test_expired_room_is_gone(world):
    """A room whose exp has passed is neither listed nor found, and its name is free."""
    world.room(exp=NOW + 60)
    world.now += 60

    assert world.ok("GET", "/rooms") == {"total_count": 0, "data": []}
    world.refused("GET", "/rooms/r", status=404)
    world.refused("POST", "/rooms/r", {"properties": {"exp": NOW + DAY}}, status=404)
    status, answer = world.call("DELETE", "/rooms/r")
    assert (status, answer.get("deleted")) == (404, None)
    assert world.room() == {}


def test_renewed_room_lives_on(world):
    """A room whose exp was moved does not expire at the old one."""
    world.room(exp=NOW + 60)
    world.update(exp=NOW + DAY)
    world.now += 3600

    assert world.ok("GET", "/rooms")["total_count"] == 1


def test_exp_can_be_cleared(world):
    """A room whose exp is cleared lives for ever."""
    world.room(exp=NOW + 60)
    world.update(exp=None)
    world.now += 400 * DAY

    assert world.ok("GET", "/rooms/r")["config"] == {}


def test_names_are_decoded(world):
    """A name in the path is decoded, and cannot reach another path."""
    world.store.add_room("a-b")

    assert world.ok("GET", "/rooms/a%2Db")["name"] == "a-b"
    world.refused("GET", "/rooms/a-b%2F", status=404)
