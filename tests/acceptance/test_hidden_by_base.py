"""What a base takes from variables stays hidden after its plan was applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kit import World
from repository import Repository

VALUES = {
    "DDN": "SEKRET-display",
    "SDN": "SEKRET-sip",
    "BUCKET": "SEKRET-bucket",
    "ARN": "arn:aws:iam::111122223333:role/SEKRET-role",
    "HLS": "SEKRET-endpoint",
    "NAMESPACE": "SEKRET-namespace",
}
CONFIG = """
phone_numbers:
  "+12095550100":
    pin_dialin: {{name_prefix: "{NAMESPACE}"}}
rooms:
  desk:
    privacy: private
    expires: {{after: 180d, renew_before: 30d}}
    properties:
      dialin: {{display_name: "{DDN}", wait_for_meeting_start: true}}
      sip: {{display_name: "pre-{SDN}", video: false, sip_mode: dial-in}}
      recordings_bucket:
        bucket_name: "{BUCKET}"
        bucket_region: us-west-2
        assume_role_arn: "{ARN}"
        allow_api_access: false
      streaming_endpoints:
        - {{name: "{HLS}", type: hls, hls_config: {{save_hls_recording: false}}}}
"""


@pytest.fixture(name="world")
def _world(make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    """A room whose base takes its texts from variables, and whose file has literals."""
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)
    world = make_world()
    world.write(CONFIG.format(**{name: f"${{{name}}}" for name in VALUES}))
    world.apply()
    repository = Repository(world.folder)
    repository.git("init", "-q", "-b", "main")
    repository.git("add", "config.yaml")
    repository.git("commit", "-q", "-m", "base")
    literals = {name: f"plain-{name.lower()}" for name in VALUES}
    literals["ARN"] = "arn:aws:iam::111122223333:role/plain"
    world.write(CONFIG.format(**literals))
    return world


@pytest.mark.parametrize("edit", ["", "# edited\n", "rooms: [\n"])
@pytest.mark.parametrize("wanted", ["literals", "less"])
def test_a_file_that_is_not_given_hides_what_it_takes_from_variables(
    world: World, edit: str, wanted: str
) -> None:
    """A room moved to a second file while the first stays: nothing is printed."""
    if wanted == "less":
        world.write(LESS)
    config = world.folder / "config.yaml"
    config.rename(world.folder / "second.yaml")
    Repository(world.folder).git("checkout", "-q", "config.yaml")
    config.write_text(config.read_text() + edit)

    ran = world.run(
        *("plan", "second.yaml", "--base", "git:HEAD", "--out", "p.json"),
        *("--markdown", "p.md"),
    )

    assert ran.code == 0, ran.err
    assert "desk" in ran.out
    files = [(world.folder / name).read_text() for name in ("p.json", "p.md")]
    assert "SEKRET" not in "".join((ran.out, ran.err, *files))
    assert "all of it is new" not in ran.out + ran.err
    if not edit.startswith("rooms"):
        assert "config.yaml, which was not given" in ran.out + ran.err


LESS = """
rooms:
  desk:
    privacy: private
    expires: {after: 180d, renew_before: 30d}
    properties:
      dialin: {wait_for_meeting_start: false}
      sip: {display_name: other, video: true, sip_mode: dial-in}
      recordings_bucket: null
      streaming_endpoints:
        - {name: other, type: hls, hls_config: {save_hls_recording: true}}
        - {name: SECOND, type: hls, hls_config: {save_hls_recording: false}}
"""


@pytest.mark.parametrize("wanted", ["literals", "less", "gone"])
@pytest.mark.parametrize("is_set", [True, False])
@pytest.mark.parametrize("edits", [{}, {"lang": "de"}, {"sip": {"num_endpoints": 2}}])
def test_apply_with_a_plan_shows_nothing_that_the_plan_hid(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    wanted: str,
    is_set: bool,
    edits: dict[str, object],
) -> None:
    """Neither the report file nor any stream has a value of a variable of the base."""
    if wanted == "less":
        world.write(LESS)
    elif wanted == "gone":
        world.write("rooms: {desk: {state: absent}}\n")
    if not is_set:
        for name in VALUES:
            monkeypatch.delenv(name)
    planned = world.plan("--base", "git:HEAD", "--out", "p.json")
    assert planned.code == 2, planned.err
    assert "SEKRET" not in planned.out + planned.err
    assert "SEKRET" not in (world.folder / "p.json").read_text()
    perform = world.sandbox._perform
    seen = 0

    def editing(request: Any) -> Any:
        nonlocal seen
        if "/rooms/desk" in request.path and not seen:
            seen = 1
            for room in world.sandbox.store.rooms.values():
                for key, value in edits.items():
                    held = room.properties.get(key)
                    more = {**held, **value} if isinstance(held, dict) else value
                    room.properties[key] = more
        return perform(request)

    monkeypatch.setattr(world.sandbox, "_perform", editing)

    ran = world.run(
        *("apply", "config.yaml", "--yes", "--plan", "p.json", "--allow", "delete=9"),
        *("--report", "r.json", "--markdown", "r.md", "--format", "json"),
    )

    report = (world.folder / "r.json").read_text()
    assert "desk" in report
    for text in (report, ran.out, ran.err, (world.folder / "r.md").read_text()):
        assert "SEKRET" not in text
