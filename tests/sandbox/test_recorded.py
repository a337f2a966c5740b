"""The default world follows answers that were recorded together with their requests.

Each case is the properties that were sent and the `config` that came back.
"""

import pytest
from sandbox.world import DAY, NOW

PREBUILT = {
    "enable_network_ui": False,
    "enable_prejoin_ui": True,
    "enable_new_call_ui": True,
    "enable_chat": True,
    "lang": "en",
}
FIXED = {
    "enable_screenshare": True,
    "start_video_off": False,
    "start_audio_off": False,
    "owner_only_broadcast": False,
}
CLINIC = {
    "exp": NOW + DAY,
    "eject_at_room_exp": True,
    "enable_chat": True,
    "enable_prejoin_ui": True,
}
CLINIC_FIXED = {
    "enable_screenshare": True,
    "start_video_off": False,
    "start_audio_off": False,
}


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param({**PREBUILT, **FIXED}, PREBUILT, id="2021"),
        pytest.param({**CLINIC, **CLINIC_FIXED}, CLINIC, id="2026"),
        pytest.param(
            {"enable_recording": False}, {"enable_recording": "0"}, id="recording-off"
        ),
    ],
)
def test_what_config_shows(world, sent, shown):
    """Fixed defaults are left out, inherited values are shown, in every answer."""
    assert world.room(**sent) == shown
    assert world.ok("GET", "/rooms/r")["config"] == shown
    assert world.ok("GET", "/rooms")["data"][0]["config"] == shown


def test_every_property_that_is_set_to_its_default(world):
    """A value equal to the default is shown where the domain has the property too."""
    for name, row in world.store.table.items():
        if row.default is None:
            continue
        config = world.room(name, **{name: row.default})

        assert (name in config) == row.domain, name


def test_an_inherited_value_is_shown_whatever_the_domain_says(world):
    """A room shows what it pins, even where the domain says the same."""
    world.ok("POST", "/", {"properties": {"lang": "de"}})

    assert world.room(lang="de") == {"lang": "de"}
    assert world.room("free") == {}
    assert world.update(lang=None) == {}


def test_recording_switched_on_by_a_boolean(world):
    """A boolean is kept as text; what true becomes is the sandbox's own choice."""
    assert world.room(enable_recording=True) == {"enable_recording": "1"}
    assert world.update(enable_recording=None) == {}


def test_milliseconds_of_the_creation(world):
    """The answer to a creation has milliseconds; every later answer whole seconds."""
    world.now += 0.408

    single = world.ok("POST", "/rooms", {"name": "r"})["created_at"]
    (batch,) = world.ok("POST", "/batch/rooms", {"rooms": [{"name": "b"}]})

    assert single == batch["created_at"] == "2027-01-15T08:00:00.408Z"
    listed = world.ok("GET", "/rooms")["data"]
    assert {room["created_at"] for room in listed} == {"2027-01-15T08:00:00.000Z"}
    assert world.ok("GET", "/rooms/r")["created_at"] == "2027-01-15T08:00:00.000Z"
