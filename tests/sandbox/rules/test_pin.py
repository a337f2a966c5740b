"""PIN dial-in on a room: the PIN, the number, and the rules about exp."""

import pytest
from sandbox.world import DAY, NOW

DIALIN = {"display_name": "Phone Caller"}
YEAR = 365 * DAY
PIN_NUMBER = "+12095550100"


@pytest.fixture
def with_pin_number(world):
    """A world where one number is assigned to PIN dial-in."""
    world.store.add_legacy("pin_dialin", {"phone_number": PIN_NUMBER})
    return world


def test_a_pin_is_made(world):
    """A room with dialin gets an 11-digit PIN and the earliest purchased number."""
    config = world.room(dialin=DIALIN, exp=NOW + DAY)

    assert len(config["dialin_code"]) == 11
    assert config["dialin_code"].isdigit()
    assert config["dialin_number"] == "+12095550100"


def test_pins_are_unique(world):
    """No two rooms share a PIN."""
    codes = {
        world.room(f"r{i}", dialin=DIALIN, exp=NOW + DAY)["dialin_code"]
        for i in range(50)
    }

    assert len(codes) == 50


def test_room_made_without_dialin(world):
    """A room can get its PIN later."""
    world.room(exp=NOW + DAY)

    assert world.update(dialin=DIALIN)["dialin_code"]


def test_pin_stays(world):
    """The PIN survives updates of dialin, of exp and of anything else."""
    code = world.room(dialin=DIALIN, exp=NOW + DAY)["dialin_code"]

    for sent in ({"dialin": DIALIN}, {"exp": NOW + 2 * DAY}, {"enable_chat": True}):
        assert world.update(**sent)["dialin_code"] == code


def test_removing_dialin_removes_the_pin(world):
    """Null takes dialin, its PIN and its number away."""
    world.room(dialin=DIALIN, exp=NOW + DAY)

    assert world.update(dialin=None) == {"exp": NOW + DAY}


@pytest.mark.parametrize("exp", [None, NOW + YEAR, NOW + YEAR + DAY])
def test_exp_of_a_pin_room(world, exp):
    """A PIN room needs an exp, and less than 365 days ahead."""
    world.room("plain", exp=exp)
    sent = {"dialin": DIALIN, "exp": exp}

    assert "dialin" in world.refused("POST", "/rooms", {"properties": sent})
    assert "dialin" in world.refused("POST", "/rooms/plain", {"properties": sent})
    assert "dialin_code" not in world.ok("GET", "/rooms/plain")["config"]


def test_longest_life_of_a_pin_room(world):
    """One second less than 365 days passes."""
    assert world.room(dialin=DIALIN, exp=NOW + YEAR - 1)["dialin_code"]


@pytest.mark.parametrize("exp", [None, NOW + YEAR])
def test_exp_of_a_pin_room_stays_bounded(world, exp):
    """An existing PIN room cannot lose its exp, or get one too far away."""
    world.room(dialin=DIALIN, exp=NOW + DAY)

    world.refused("POST", "/rooms/r", {"properties": {"exp": exp}})

    assert world.ok("GET", "/rooms/r")["config"]["exp"] == NOW + DAY


def test_room_numbers(with_pin_number):
    """A room number is shown, and is the number to dial."""
    dialin = {**DIALIN, "room_numbers": [{"phone_number": PIN_NUMBER}]}

    config = with_pin_number.room(dialin=dialin, exp=NOW + DAY)

    assert config["dialin"] == dialin
    assert config["dialin_number"] == PIN_NUMBER


@pytest.mark.parametrize("store", ["legacy", "current"])
def test_room_numbers_of_either_store(world, store):
    """A number that either store assigns to PIN dial-in can be a room number."""
    entry = {"phone_number": PIN_NUMBER}
    if store == "legacy":
        world.store.add_legacy("pin_dialin", entry)
    else:
        world.store.add_dialin_config("pin_dialin", entry)

    assert world.room(dialin={"room_numbers": [entry]}, exp=NOW + DAY)


@pytest.mark.parametrize("number", ["+12095550101", "+12095559999"])
def test_numbers_that_are_not_for_pins(with_pin_number, number):
    """A number that is not purchased, or not assigned to PIN dial-in, is refused."""
    dialin = {"room_numbers": [{"phone_number": number}]}

    info = with_pin_number.refused(
        "POST", "/rooms", {"properties": {"dialin": dialin, "exp": NOW + DAY}}
    )

    assert number[1:] in info


def test_pinless_numbers_are_not_dialled_for_pins(world):
    """The number to dial is the earliest purchased one that is not pinless."""
    world.store.add_dialin_config("pinless_dialin", {"phone_number": "+12095550100"})

    assert world.room(dialin=DIALIN, exp=NOW + DAY)["dialin_number"] == "+12095550101"


def test_no_number_to_dial(make_world):
    """Without a purchased number there is a PIN and no number."""
    config = make_world(numbers=()).room(dialin=DIALIN, exp=NOW + DAY)

    assert "dialin_code" in config
    assert "dialin_number" not in config


def test_recreated_room_has_another_pin(world):
    """Deleting a room loses its PIN."""
    first = world.room(dialin=DIALIN, exp=NOW + DAY)["dialin_code"]
    world.ok("DELETE", "/rooms/r")

    assert world.room(dialin=DIALIN, exp=NOW + DAY)["dialin_code"] != first
