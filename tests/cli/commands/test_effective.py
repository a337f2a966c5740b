"""`effective`: what an entry gets after the defaults, and where it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run
from reconciler.config.effective import effective
from reconciler.config.load import Variables, load

MAIN = """\
version: 1
domain: acme
defaults:
  rooms:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties:
      lang: de
      eject_at_room_exp: true
      dialin: {display_name: Caller}
phone_numbers:
  "+12095550101":
    pinless_dialin:
      room_creation_api: https://user:pass@example.com/in?key=topsecret
      hmac: ${SUPPORT_HMAC}
"""
ROOMS = """\
rooms:
  lobby:
    properties:
      lang: no
      dialin: {wait_for_meeting_start: true}
  bare: {defaults: false, privacy: public}
  once: {properties: {exp: 2030-01-31T12:00:00Z, dialin: null}}
  gone: {state: absent}
  stream:
    properties:
      streaming_endpoints:
        - {name: a, type: rtmp, rtmp_config: {url: "rtmp://live.example.com/topsecret"}}
    extra_properties: {brand_new: "${SUPPORT_HMAC}"}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config in two files."""
    (tmp_path / "a.yaml").write_text(MAIN)
    (tmp_path / "b.yaml").write_text(ROOMS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def values(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Gives the values of an entry by path: value, place, where from."""

    def read(name: str) -> dict[str, tuple[object, str, str]]:
        assert run(["effective", ".", name, "--format", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        return {
            ".".join(v["path"]): (v["value"], f"{v['file']}:{v['line']}", v["from"])
            for v in document["values"]
        }

    return read


def test_each_value_names_its_file_and_line(values: Any) -> None:
    """A room's own values and the defaults beneath are told apart, with places."""
    assert values("lobby") == {
        "privacy": ("private", "a.yaml:5", "defaults"),
        "expires.after": ("180d", "a.yaml:6", "defaults"),
        "expires.renew_before": ("60d", "a.yaml:6", "defaults"),
        "properties.lang": ("no", "b.yaml:4", "entry"),
        "properties.eject_at_room_exp": (True, "a.yaml:9", "defaults"),
        "properties.dialin.wait_for_meeting_start": (True, "b.yaml:5", "entry"),
    }


def test_defaults_can_be_left_out(values: Any) -> None:
    """With `defaults: false` nothing but what the room writes is there."""
    assert values("bare") == {
        "defaults": (False, "b.yaml:6", "entry"),
        "privacy": ("public", "b.yaml:6", "entry"),
    }


def test_an_own_exp_displaces_a_default_expires(values: Any) -> None:
    """A fixed end and a rolling one mean one thing: the room's own stands alone."""
    found = values("once")

    assert found["properties.exp"][0] == "2030-01-31T12:00:00Z"
    assert not any(path.startswith("expires") for path in found)


def test_a_removed_room_has_its_state_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A room with `state: absent` takes no defaults, and what happens is said."""
    assert run(["effective", ".", "gone"]) == 0

    out = capsys.readouterr().out
    assert 'state: "absent"' in out
    assert "apply deletes this room" in out


def test_text_marks_defaults_and_what_they_lost_to(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line begins with the place; what comes from the defaults is marked."""
    assert run(["effective", "a.yaml", "b.yaml", "lobby"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "room lobby, b.yaml:2"
    assert '  a.yaml:5  privacy: "private"  (default)' in lines
    assert (
        '  b.yaml:4  properties.lang: "no"  (instead of the default at a.yaml:8)'
        in lines
    )
    assert lines[-1].startswith("6 values, 4 from the defaults.")


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("name", ["+12095550101", "stream", "number:+12095550101"])
def test_secrets_are_masked(
    folder: Path,
    name: str,
    format_: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What came from a variable or is secret by its place never appears."""
    monkeypatch.setenv("SUPPORT_HMAC", "dG9wc2VjcmV0LXRvcHNlY3JldC10b3A=")

    assert run(["effective", ".", name, "--format", format_]) == 0

    captured = capsys.readouterr()
    for secret in ("topsecret", "pass@", "dG9wc2VjcmV0"):
        assert secret not in captured.out + captured.err
    assert "${SUPPORT_HMAC}" in captured.out


def test_variables_need_not_be_set(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the variable the reference is shown, and nothing is missing."""
    assert run(["effective", ".", "+12095550101"]) == 0
    assert 'pinless_dialin.hmac: "${SUPPORT_HMAC}"' in capsys.readouterr().out


def test_an_unknown_name_offers_the_nearest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that the files do not have ends with 1 and a suggestion."""
    assert run(["effective", ".", "loby"]) == 1
    assert "did you mean 'lobby'?" in capsys.readouterr().err


def test_an_invalid_config_says_why(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A config with errors gives its findings instead, and 1."""
    (folder / "b.yaml").write_text("rooms: {lobby: {properties: {langg: de}}}\n")

    assert run(["effective", ".", "lobby"]) == 1
    assert "did you mean 'lang'?" in capsys.readouterr().err


def test_each_line_of_the_example_has_its_key() -> None:
    """For every entry of the example, each value's key stands where it is said."""
    example = Path(__file__).parents[3] / "config.example.yaml"
    lines = example.read_text(encoding="utf-8").splitlines()
    first, last = (lines.index(f"{name}:") for name in ("defaults", "phone_numbers"))
    loaded = load(
        [example], environ={}, now=1_800_000_000, variables=Variables.OPTIONAL
    )

    for entry in loaded.entries:
        for value in effective(entry).values:
            text = lines[value.place.line - 1][value.place.column - 1 :]
            assert text.startswith(value.path[-1]), (entry.key, value.path)
            assert value.inherits == (first < value.place.line < last)
