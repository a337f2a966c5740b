"""Batches: all or nothing."""

import pytest
from sandbox.world import NOW


def _names(world):
    return sorted(world.store.rooms)


def test_batch_of_rooms(world):
    """A batch makes its rooms and answers with a bare list of them, in order."""
    body = {"rooms": [{"name": "a", "privacy": "private"}, {"name": "b"}, {}]}

    made = world.ok("POST", "/batch/rooms", body)

    assert [room["name"] for room in made][:2] == ["a", "b"]
    assert made[0] == world.ok("GET", "/rooms/a")
    assert len(_names(world)) == 3


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "taken"},
        {"name": "a"},
        {"name": "no spaces"},
        {"name": "b", "properties": {"exp": NOW}},
        {"name": "b", "properties": {"enable_chatt": True}},
        {"name": "b", "shape": "round"},
        "b",
    ],
)
def test_one_bad_room(world, bad):
    """One bad room keeps all of a batch from being made, with its own error."""
    world.store.add_room("taken")

    world.refused("POST", "/batch/rooms", {"rooms": [{"name": "a"}, bad]})

    assert _names(world) == ["taken"]


def test_largest_batch(world):
    """A thousand rooms are a batch, one more is not."""
    rooms = [{"name": f"r{i}"} for i in range(1001)]

    world.refused("POST", "/batch/rooms", {"rooms": rooms})
    assert _names(world) == []

    assert len(world.ok("POST", "/batch/rooms", {"rooms": rooms[:1000]})) == 1000


def test_distinct_buckets(world):
    """A batch may name ten recordings buckets."""
    rooms = [
        {"properties": {"recordings_bucket": {"bucket_name": f"b{i}"}}}
        for i in range(11)
    ]

    assert "bucket" in world.refused("POST", "/batch/rooms", {"rooms": rooms})
    world.ok("POST", "/batch/rooms", {"rooms": rooms[1:] + rooms[1:]})


@pytest.mark.parametrize("body", [{}, {"rooms": {}}, {"rooms": [], "more": 1}])
def test_bodies_that_are_no_batch(world, body):
    """A batch has one key, and it is a list."""
    world.refused("POST", "/batch/rooms", body)


def test_batch_of_deletes(world):
    """A batch delete counts what it removed; a name given twice counts once."""
    for name in "abc":
        world.store.add_room(name)

    answer = world.ok("DELETE", "/batch/rooms", {"room_names": ["a", "b", "a"]})

    assert answer == {"deleted_count": 2}
    assert _names(world) == ["c"]


@pytest.mark.parametrize("bad", ["missing", 7])
def test_one_bad_delete(world, bad):
    """One bad name keeps all of a batch from being deleted."""
    world.store.add_room("a")

    world.refused("DELETE", "/batch/rooms", {"room_names": ["a", bad]})

    assert _names(world) == ["a"]


def test_delete_without_a_body(world):
    """A batch delete whose body was dropped on the way is refused."""
    world.refused("DELETE", "/batch/rooms")
