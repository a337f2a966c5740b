"""`explain`: every key of the config, by whatever people write for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.main import run
from reconciler.config.schema import reference as explain
from reconciler.config.schema.validator import schema
from reconciler.core.findings import IDS

KEYS = explain.every_key()


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """A node of the schema with its reference written out."""
    if "$ref" in node:
        target = schema()["$defs"][node["$ref"].rpartition("/")[2]]
        return resolved({**target, **{k: v for k, v in node.items() if k != "$ref"}})
    return node


def walk(node: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key below a node of the schema, "*" for any name or item."""
    node = resolved(node)
    for name, below in node.get("properties", {}).items():
        yield (*path, name)
        yield from walk(below, (*path, name))
    for keyword in ("additionalProperties", "items"):
        if isinstance(node.get(keyword), dict):
            yield from walk(node[keyword], (*path, "*"))


def explained(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """What `explain` prints."""
    assert run(["explain", *args]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("ident", IDS)
def test_each_finding_is_explained_by_its_id(
    ident: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its severity and meaning, as text and as JSON."""
    severity, meaning = IDS[ident]

    text = explained(capsys, ident)
    document = json.loads(explained(capsys, ident, "--format", "json"))

    assert text.startswith(f"{ident}: {severity}, {meaning}\n")
    assert (document["severity"], document["meaning"]) == (severity, meaning)
    assert document["counted"] is ("end with 2" in text)


def test_every_key_of_the_schema_is_explained() -> None:
    """The keys that can be explained are the keys of the schema, none twice."""
    paths = [key.path for key in KEYS]

    assert len(paths) == len(set(paths))
    assert set(paths) == set(walk(schema()))


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_each_key_has_a_text_and_a_document(
    key: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each path gives title, description and type, as text and as JSON."""
    text = explained(capsys, key.name)
    document = json.loads(explained(capsys, key.name, "--format", "json"))

    assert text.startswith(f"{key.name}: {key.title}\n")
    assert " ".join(key.description.split()) in " ".join(text.split())
    assert "  type" in text
    assert document["path"] == key.name
    assert document["types"] == list(key.types)


def test_alone_it_lists_the_top(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a path the keys at the top are named with their titles."""
    text = explained(capsys)

    assert [line.split()[0] for line in text.splitlines()[-8:]] == list(
        schema()["properties"]
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("rooms.lobby.properties.lang", "rooms.*.properties.lang"),
        ("rooms.*.properties.lang", "rooms.*.properties.lang"),
        ("rooms.properties.lang", "rooms.*.properties.lang"),
        ("properties.lang", "rooms.*.properties.lang"),
        ("lang", "rooms.*.properties.lang"),
        ("dialin.display_name", "rooms.*.properties.dialin.display_name"),
        ("phone_numbers.+12095550100.pin_dialin", "phone_numbers.*.pin_dialin"),
        ("hmac", "phone_numbers.*.pinless_dialin.hmac"),
        ("defaults", "defaults"),
        ("defaults.rooms.privacy", "defaults.rooms.privacy"),
        (
            "streaming_endpoints[0].name",
            "rooms.*.properties.streaming_endpoints.*.name",
        ),
        (
            "rooms.lobby.properties.streaming_endpoints[1].type",
            "rooms.*.properties.streaming_endpoints.*.type",
        ),
    ],
)
def test_a_path_may_be_short_or_as_in_a_file(written: str, meant: str) -> None:
    """Names, items and missing beginnings lead to the one key that is meant."""
    assert [key.name for key in explain.find(written)] == [meant]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("langg", "did you mean 'lang'?"),
        ("rooms.lobby.properties.langg", "did you mean 'rooms.lobby.properties.lang'?"),
        ("room.lobby", "did you mean 'rooms.lobby'?"),
        ("dialin.display_nam", "did you mean 'dialin.display_name'?"),
        ("zzzzzz", "`daily-reconciler explain` lists the keys at the top"),
        ("state", "may be any of: phone_numbers.*.state, rooms.*.state"),
    ],
)
def test_what_is_no_key_is_wrong_usage(
    written: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown or unclear path ends with 64 and says what could be meant."""
    assert run(["explain", written]) == 64
    assert hint in capsys.readouterr().err


def test_a_path_cannot_command_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Control characters of a path are spelled in the error."""
    assert run(["explain", "la\x1b[31mng"]) == 64
    assert "\x1b" not in capsys.readouterr().err


def test_it_says_everything_that_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Default, inheritance, allowed values, example and Daily's page are there."""
    text = explained(capsys, "lang")

    assert 'default  "en", or what the domain has set' in text
    assert "allowed  da, de, en," in text
    assert 'example  lang: "de"' in text
    assert "https://docs.daily.co/reference/rest-api/rooms/config" in text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("hmac", "secret: never shown"),
        ("room_numbers", "the order of the list means nothing"),
        ("max_participants", "may need a paid plan"),
        ("owner_only_broadcast", "deprecated:"),
        ("expires.after", "required  yes"),
        ("variants.fps", "range    1 to 30"),
        ("recordings_template", "at most 1024 characters"),
        ("geo", "default  not set, or what the domain has set"),
        ("enable_recording", "cloud, cloud-audio-only, local, raw-tracks"),
    ],
)
def test_marks_are_told(
    path: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is special about a key is said in words."""
    assert said in explained(capsys, path)


def test_it_needs_no_key_and_no_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It runs without an API key, whatever Daily's address is."""
    monkeypatch.setenv("DAILY_API_URL", "https://daily.example.com/v1")

    assert "Norwegian" in explained(capsys, "lang")


STEPS = ["rooms", "*", "properties", "lang", "lobby", "0", "[0]", "defaults", "", "x"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(STEPS)).map(".".join)))
def test_any_path_gets_an_answer(written: str) -> None:
    """Whatever is asked for, there are keys or none, and never an error."""
    for key in explain.find(written):
        assert explain.find(key.name) == (key,)
    explain.suggestion(written)


@pytest.mark.parametrize("path", ["rooms.*", "phone_numbers.*", "rooms.lobby"])
def test_a_name_of_yours_lists_its_keys(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Below a name of the user's, the keys of its entry are listed."""
    assert "state" in explained(capsys, path)
