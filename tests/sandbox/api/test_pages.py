"""Pagination of rooms, configs and numbers."""

import pytest


@pytest.fixture
def many(world):
    """A world with 250 rooms, r249 being the newest."""
    for index in range(250):
        world.store.add_room(f"r{index}")
    return world


def _listed(world, **query):
    answer = world.ok("GET", "/rooms", **query)
    return [room["name"] for room in answer["data"]]


def _room_id(world, index):
    return world.store.rooms[f"r{index}"].id


def test_first_page(many):
    """A page holds the 100 newest, and total_count counts the whole domain."""
    assert _listed(many) == [f"r{i}" for i in range(249, 149, -1)]
    assert many.ok("GET", "/rooms", limit=1)["total_count"] == 250


def test_limits(many):
    """A limit is kept, and lowered to 100."""
    assert len(_listed(many, limit=7)) == 7
    assert len(_listed(many, limit=500)) == 100


def test_walk(many):
    """Following starting_after shows every room once, and ends with an empty page."""
    seen, page = [], _listed(many)
    while page:
        seen += page
        page = _listed(many, starting_after=many.store.rooms[page[-1]].id)

    assert seen == [f"r{i}" for i in range(249, -1, -1)]


def test_ending_before(many):
    """ending_before gives the page just newer than the cursor, newest first."""
    assert _listed(many, ending_before=_room_id(many, 100), limit=3) == [
        "r103",
        "r102",
        "r101",
    ]
    assert _listed(many, ending_before=_room_id(many, 248)) == ["r249"]
    assert _listed(many, ending_before=_room_id(many, 249)) == []


def test_oldest(many):
    """OLDEST gives the last page, newest first."""
    assert _listed(many, ending_before="OLDEST", limit=2) == ["r1", "r0"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "many"},
        {"limit": ""},
        {"starting_after": "r3"},
        {"ending_before": "r3"},
        {"starting_after": "a", "ending_before": "b"},
    ],
)
def test_bad_queries(many, query):
    """A limit that is no number, and a cursor that is no id, are refused."""
    many.refused("GET", "/rooms", **query)


def test_cursor_of_a_deleted_room(many):
    """A cursor dies with its room."""
    cursor = _room_id(many, 200)
    many.ok("DELETE", "/rooms/r200")

    many.refused("GET", "/rooms", starting_after=cursor)


def test_same_second(world):
    """Rooms of one second are ordered by id, the same in every page."""
    for index in range(20):
        world.store.add_room(f"r{index}", created_at=1_700_000_000 + index / 100)
    ids = [room["id"] for room in world.ok("GET", "/rooms")["data"]]

    assert ids == sorted(ids, reverse=True)
    assert [
        r["id"] for r in world.ok("GET", "/rooms", starting_after=ids[9])["data"]
    ] == (ids[10:])


def test_numbers_have_their_own_pages(make_world):
    """Purchased numbers come 50 to a page, and their cursor is pagination_id."""
    world = make_world(numbers=tuple(f"+1209555{i:04d}" for i in range(60)))
    path = "/purchased-phone-numbers"
    first = world.ok("GET", path, limit=100)
    last = first["data"][-1]

    rest = world.ok("GET", path, starting_after=last["pagination_id"])

    assert (first["total_count"], len(first["data"])) == (60, 50)
    assert first["data"][0]["number"] == "+12095550059"
    assert [one["number"] for one in rest["data"]][-1] == "+12095550000"
    world.refused("GET", path, starting_after=last["id"])


def test_numbers_are_filtered(world):
    """Numbers can be looked for by a part of them, or of their name."""
    world.store.add_number("+14155550199", "Sales")
    path = "/purchased-phone-numbers"

    assert world.ok("GET", path, filter_number="+1415")["total_count"] == 1
    assert world.ok("GET", path, filter_name="Sal")["total_count"] == 1
    assert set(world.ok("GET", path, limit=1)["data"][0]) == {
        "name",
        "type",
        "id",
        "pagination_id",
        "created_date",
        "number",
        "status",
        "verified",
    }


def test_configs_are_paged(world):
    """Dial-in configs come newest first, 100 to a page."""
    for index in range(120):
        world.store.add_dialin_config("pinless_dialin", {"name_prefix": f"p{index}"})
    path = "/domain-dialin-config"
    first = world.ok("GET", path)

    rest = world.ok("GET", path, starting_after=first["data"][-1]["id"])

    assert (first["total_count"], len(first["data"])) == (120, 100)
    assert first["data"][0]["config"]["name_prefix"] == "p119"
    assert rest["data"][-1]["config"]["name_prefix"] == "p0"
