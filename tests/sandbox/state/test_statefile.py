"""The state file, and what a new state starts with."""

import json

import pytest
from sandbox.world import NOW

from reconciler.sandbox.server import serve
from reconciler.sandbox.settings import Assume, Settings
from reconciler.sandbox.state.statefile import StateError

CALM = Settings(rate_limit_scale=0)


def test_a_story_outlives_the_process(start, tmp_path):
    """Everything a sandbox shows is the same after it was started again."""
    path = tmp_path / "state.json"
    paths = ("/", "/rooms", "/domain-dialin-config", "/purchased-phone-numbers")
    _, client = start(CALM, state_path=path, clock=lambda: NOW)
    client.post(
        "/",
        json={
            "properties": {
                "lang": "de",
                "pin_dialin": [{"phone_number": "+12095550100"}],
            }
        },
    )
    client.post(
        "/domain-dialin-config",
        json={"type": "pinless_dialin", "room_creation_api": "https://example.com/x"},
    )
    dialin = {"dialin": {"display_name": "x"}, "exp": NOW + 60}
    sip = {"sip": {"display_name": "x", "sip_mode": "dial-in"}}
    client.post("/rooms", json={"name": "r", "properties": dialin | sip})
    before = [client.get(path).json() for path in paths]

    _, client = start(CALM, state_path=path, clock=lambda: NOW)

    assert [client.get(path).json() for path in paths] == before


def _version(path):
    """Tell one writing of a file from another; reading it changes neither."""
    return path.stat().st_ino, path.stat().st_mtime_ns


def test_every_write_is_saved(start, tmp_path):
    """The file changes with each write, and with no read."""
    path = tmp_path / "state.json"
    _, client = start(CALM, state_path=path)
    client.post("/rooms", json={"name": "r"})
    written = _version(path)
    client.get("/rooms")

    assert "r" in [room["name"] for room in json.loads(path.read_text())["rooms"]]
    assert _version(path) == written
    client.delete("/rooms/r")
    assert json.loads(path.read_text())["rooms"] == []


def test_deleted_zombies_are_saved(start, tmp_path):
    """A delete that answers 404 and deletes is saved too."""
    path = tmp_path / "state.json"
    sandbox, client = start(
        Settings(rate_limit_scale=0, assume=Assume(expired="zombie")), state_path=path
    )
    sandbox.store.add_room("r", {"exp": 1})

    assert client.delete("/rooms/r").json()["deleted"] is True
    assert json.loads(path.read_text())["rooms"] == []


def test_file_is_private(start, tmp_path):
    """Only the owner can read it, and no draft of it is left."""
    path = tmp_path / "state.json"
    _, client = start(CALM, state_path=path)
    client.post("/rooms", json={})

    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "not a state file"),
        ('{"rooms": []}', "not a state file"),
        ('{"format": "daily-sandbox-state", "version": 9}', "version 9"),
        (
            '{"format": "daily-sandbox-state", "version": 1, "domain": "other"}',
            "belongs to domain 'other'",
        ),
        (
            '{"format": "daily-sandbox-state", "version": 1, "domain": "acme"}',
            "is damaged",
        ),
    ],
)
def test_files_that_are_left_alone(tmp_path, text, reason):
    """A damaged or foreign file is an error that names it, and is not touched."""
    path = tmp_path / "state.json"
    path.write_text(text)

    with (
        pytest.raises(StateError, match=reason) as raised,
        serve(CALM, state_path=path),
    ):
        pass

    assert str(path) in str(raised.value)
    assert path.read_text() == text


def test_path_that_cannot_be_written(tmp_path):
    """A folder that does not exist is an error before anything is served."""
    with pytest.raises(OSError), serve(CALM, state_path=tmp_path / "no" / "state.json"):
        pass


def test_numbers_added_to_an_old_state(start, tmp_path):
    """A number that the settings have and the file has not is purchased anew."""
    path = tmp_path / "state.json"
    start(Settings(numbers=("+12095550100",)), state_path=path)

    sandbox, _ = start(
        Settings(numbers=("+12095550100", "+12095550155")), state_path=path
    )

    assert list(sandbox.store.numbers) == ["+12095550100", "+12095550155"]


def test_seed(start):
    """A seeded domain holds three rooms without PIN and one foreign assignment."""
    sandbox, client = start(CALM, seed=True)

    rooms = client.get("/rooms").json()["data"]
    configs = client.get("/domain-dialin-config").json()["data"]

    assert len(rooms) == 3
    assert len([room for room in rooms if "exp" in room["config"]]) == 1
    assert not any("dialin" in room["config"] for room in rooms)
    assert [one["config"]["phone_number"] for one in configs] == ["+12095550190"]
    assert configs[0]["config"]["hmac"]
    assert "+12095550190" in sandbox.store.numbers


def test_seed_of_an_old_state(start, tmp_path):
    """A state that exists is never seeded again."""
    path = tmp_path / "state.json"
    _, client = start(CALM, state_path=path, seed=True)
    for room in client.get("/rooms").json()["data"]:
        client.delete(f"/rooms/{room['name']}")

    _, client = start(CALM, state_path=path, seed=True)

    assert client.get("/rooms").json()["total_count"] == 0


def test_nothing_is_seeded_by_default(start):
    """A sandbox made in Python starts empty, but for its purchased numbers."""
    sandbox, _ = start()

    assert sandbox.store.rooms == {}
    assert sandbox.store.dialin_configs == {}
    assert len(sandbox.store.numbers) == 3


def test_seed_beside_a_number_of_ours(start):
    """The foreign assignment never sits on a number that the settings name."""
    sandbox, _ = start(Settings(numbers=("+12095550190",)), seed=True)

    (config,) = sandbox.store.dialin_configs.values()
    assert config.fields["phone_number"] == "+12095550191"
