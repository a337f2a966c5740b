"""The schema by itself: what it explains, accepts and refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import yaml
from jsonschema import Draft202012Validator

# Objects whose keys are not ours to know; every other object refuses unknown keys.
OPEN_OBJECTS = {
    "extra_properties": "its purpose",
    "auto_transcription_settings": "Daily passes further options on",
    "auto_transcription_settings.extra": "options of the transcription service",
    "permissions.canReceive": "Daily describes it with its browser library only",
    "permissions.canReceive.base": "one key per kind of media",
    "permissions.canReceive.byUserId": "keyed by user id",
    "permissions.canReceive.byParticipantId": "keyed by participant id",
}
# Keys without which their object says nothing, so `null` (leave out) is refused.
NEVER_NULL = {
    "dialin.room_numbers.*.phone_number",
    "sip.display_name",
    "sip.sip_mode",
    "streaming_endpoints.*.name",
    "streaming_endpoints.*.type",
}


def subschemas(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in the file, schemas and maps of schemas alike."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from subschemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from subschemas(value)


def errors(schema, document) -> list[tuple[str, str]]:
    """Place and failed keyword of every error."""
    found = Draft202012Validator(schema).iter_errors(document)
    return [(".".join(map(str, e.absolute_path)), str(e.validator)) for e in found]


def room(**properties) -> dict[str, Any]:
    """A file with one room that has these properties."""
    return {"rooms": {"lobby": {"properties": properties}}}


def number(**entry) -> dict[str, Any]:
    """A file with one number that has this entry."""
    return {"phone_numbers": {"+12095550100": entry}}


def test_schema_is_draft_2020_12(schema):
    """The schema is itself a valid draft 2020-12 schema."""
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_every_key_is_explained(schema, walk):
    """An editor has a title and a sentence for every key that can be written."""
    unexplained = [
        ".".join(path)
        for path, key in walk(schema)
        if not key.get("title") or not re.fullmatch(r".{10,}\.", key["description"])
    ]
    assert unexplained == []


def test_every_pattern_says_what_it_expects(schema):
    """Where a pattern refuses a text, a sentence says which text it wants."""
    patterns = [node for node in subschemas(schema) if "pattern" in node]
    assert patterns
    assert all("patternErrorMessage" in node for node in patterns)


def test_every_daily_key_links_its_page(room_properties, schema, walk):
    """Each of Daily's own keys names the page that documents it."""
    roles = schema["$defs"]["number"]["properties"]
    of_numbers = [
        key
        for role in ("pin_dialin", "pinless_dialin")
        for _, key in walk({"properties": {role: roles[role]}})
    ]
    for key in (*room_properties.values(), *of_numbers):
        assert key["x-daily-docs"].startswith("https://docs.daily.co/"), key["title"]


def test_objects_refuse_unknown_keys(schema, room_properties, walk):
    """A misspelt key is refused everywhere but in the objects named above."""
    keys = {".".join(path[2:]): key for path, key in walk(schema) if path[0] == "$defs"}
    keys |= room_properties
    is_open = {
        path
        for path, key in keys.items()
        if "object" in key.get("type", ()) and key.get("additionalProperties", True)
    }
    assert is_open == set(OPEN_OBJECTS)
    bare = [node for node in subschemas(schema) if node.get("type") == "object"]
    assert all(
        node.get("additionalProperties") is not None
        or node["title"] == "Properties unknown to this schema"
        for node in bare
    )


def test_definitions_are_all_used(schema):
    """No definition is left over, and no reference leads nowhere."""
    used = {n["$ref"] for n in subschemas(schema) if isinstance(n.get("$ref"), str)}
    assert used == {f"#/$defs/{name}" for name in schema["$defs"]}


def test_one_error_per_mistake(schema):
    """No alternatives in the schema, so that a mistake is reported where it is."""
    assert not [n for n in subschemas(schema) if n.keys() & {"anyOf", "oneOf", "not"}]


def test_defaults_and_examples_are_valid(schema, walk):
    """What an editor offers as a default or an example passes the schema."""
    for path, key in walk(schema):
        validator = Draft202012Validator({**key, "$defs": schema["$defs"]})
        offered = [
            *key.get("examples", ()),
            *(v for k, v in key.items() if k == "default"),
        ]
        for value in offered:
            found = [e.message for e in validator.iter_errors(value)]
            assert found == [], ".".join(path)


def test_every_room_property_may_be_null(room_properties):
    """`null` is accepted for every property and nested key that can be left out."""
    not_null = {
        path for path, key in room_properties.items() if "null" not in key["type"]
    }
    assert not_null == NEVER_NULL


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"rooms": {}, "phone_numbers": {}},
        {"version": 1, "domain": "acme", "dialin_store": "legacy"},
        {"limits": {"delete": 0, "replace": "10%", "update": "100%"}},
        {"rooms": {"x" * 128: {}, "A_b-9": {"state": "absent", "defaults": False}}},
        {"rooms": {"lobby": {"extra_properties": {"brand_new": [{"a": None}]}}}},
        {"rooms": {"lobby": {"expires": {"after": "26w", "renew_before": "1d12h"}}}},
        {"rooms": {"lobby": {"write_only": ["permissions.canSend", "lang"]}}},
        {"defaults": {"rooms": {"privacy": "private", "properties": {"lang": "no"}}}},
        room(exp=2145916799, nbf="2026-11-23T08:00:00+01:00"),
        room(exp="2037-12-31 23:59Z", nbf=None),
        room(enable_recording="cloud"),
        room(enable_recording=["cloud", "raw-tracks"]),
        room(enable_recording=None),
        room(enable_recording=False),
        room(enable_raw_tracks_transcoded_audio=""),
        room(sfu_switchover=0.5, max_participants=100_000),
        room(permissions={"canSend": True, "canAdmin": ["participants"]}),
        room(permissions={"canReceive": {"base": {"audio": True}, "byUserId": {}}}),
        room(dialin={"room_numbers": ["+12095550100"], "display_name": None}),
        room(dialin={"room_numbers": [{"phone_number": "+12095550100"}]}),
        room(recordings_bucket={"bucket_name": "${BUCKET}"}),
        room(meeting_join_hook="${HOOK}", recordings_template="{epoch_time}"),
        room(owner_only_broadcast=True, autojoin=False),
        number(pin_dialin={}),
        number(state="absent"),
        number(pinless_dialin={"hmac": "${HMAC}", "room_creation_api": "${HOOK}"}),
    ],
    ids=str,
)
def test_accepts(schema, document):
    """A valid file passes, complete or one of several, variables left in place."""
    assert errors(schema, document) == []


@pytest.mark.parametrize(
    ("document", "place", "keyword"),
    [
        ({"rooms": {"a b": {}}}, "rooms", "pattern"),
        ({"rooms": {"x" * 129: {}}}, "rooms", "pattern"),
        ({"rooms": []}, "rooms", "type"),
        ({"rooms": {"lobby": None}}, "rooms.lobby", "type"),
        (
            {"rooms": {"lobby": {"enable_chat": 1}}},
            "rooms.lobby",
            "additionalProperties",
        ),
        ({"rooms": {"lobby": {"privacy": "org"}}}, "rooms.lobby.privacy", "enum"),
        ({"rooms": {"l": {"expires": {"after": "1d"}}}}, "rooms.l.expires", "required"),
        ({"rooms": {"l": {"write_only": ["a..b"]}}}, "rooms.l.write_only.0", "pattern"),
        ({"phone_numbers": {"12095550100": {}}}, "phone_numbers", "pattern"),
        ({"version": 2}, "version", "const"),
        ({"domain": "acme.daily.co"}, "domain", "pattern"),
        ({"limits": {"delete": True}}, "limits.delete", "type"),
        ({"limits": {"update": "101%"}}, "limits.update", "pattern"),
        ({"unknown": 1}, "", "additionalProperties"),
        ({"defaults": {"phone_numbers": {}}}, "defaults", "additionalProperties"),
    ],
    ids=str,
)
def test_refuses(schema, document, place, keyword):
    """A mistake in the file's own keys gives one error, at its place."""
    assert errors(schema, document) == [(place, keyword)]


@pytest.mark.parametrize(
    ("properties", "place", "keyword"),
    [
        ({"enable_chatt": True}, "", "additionalProperties"),
        ({"enable_chat": "yes"}, "enable_chat", "type"),
        ({"enable_chat": 1}, "enable_chat", "type"),
        ({"max_participants": 0}, "max_participants", "minimum"),
        ({"max_participants": True}, "max_participants", "type"),
        ({"max_participants": 2.5}, "max_participants", "type"),
        ({"exp": "2037-12-31T23:59:59"}, "exp", "pattern"),
        ({"lang": False}, "lang", "type"),
        ({"lang": "ja"}, "lang", "enum"),
        ({"geo": "NULL"}, "geo", "enum"),
        ({"enable_recording": "clod"}, "enable_recording", "enum"),
        ({"enable_recording": ["clod"]}, "enable_recording.0", "enum"),
        ({"enable_recording": True}, "enable_recording", "enum"),
        ({"enable_recording": 0}, "enable_recording", "type"),
        (
            {"meeting_join_hook": "https://" + "x" * 255},
            "meeting_join_hook",
            "maxLength",
        ),
        ({"permissions": {"canSend": ["adio"]}}, "permissions.canSend.0", "enum"),
        ({"permissions": {"canSend": "audio"}}, "permissions.canSend", "type"),
        ({"dialin": {"room_numbers": ["209"]}}, "dialin.room_numbers.0", "pattern"),
        ({"dialin": {"room_numbers": [{}]}}, "dialin.room_numbers.0", "required"),
        ({"sip": {"display_name": "Hall"}}, "sip", "required"),
        (
            {"streaming_endpoints": [{"name": "a", "type": "dash"}]},
            "streaming_endpoints.0.type",
            "enum",
        ),
    ],
    ids=str,
)
def test_refuses_property(schema, properties, place, keyword):
    """A wrong name, type or value of a property is refused at its place."""
    found = [
        error for error in errors(schema, room(**properties)) if error[1] == keyword
    ]
    assert found == [(f"rooms.lobby.properties.{place}".rstrip("."), keyword)]


@pytest.mark.parametrize(
    ("entry", "place", "keyword"),
    [
        ({"pin_dialin": None}, "pin_dialin", "type"),
        ({"pin_dialin": {"hmac": "x"}}, "pin_dialin", "additionalProperties"),
        (
            {"pinless_dialin": {"sip_uri": "x"}},
            "pinless_dialin",
            "additionalProperties",
        ),
        ({"state": "gone"}, "state", "enum"),
    ],
    ids=str,
)
def test_refuses_number(schema, entry, place, keyword):
    """A field of the other role, or one that Daily makes, is refused on a number."""
    assert errors(schema, number(**entry)) == [
        (f"phone_numbers.+12095550100.{place}", keyword)
    ]


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2 as far as the example needs it: dates and `no` stay text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [rule for rule in rules if not rule[0].endswith(("timestamp", "bool"))]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


CoreLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("true|false"), list("tf")
)


def test_example_is_valid(schema, example_text):
    """config.example.yaml passes the schema and tells editors where it is."""
    assert example_text.splitlines()[0] == (
        "# yaml-language-server: $schema=schemas/config.schema.json"
    )
    assert errors(schema, yaml.load(example_text, CoreLoader)) == []


def test_example_needs_no_variable(example_text):
    """The example works with an empty environment."""
    code = [line.split("#")[0] for line in example_text.splitlines()]
    assert not [line for line in code if "${" in line]


def test_example_shows_every_key(schema, example_text):
    """Each of the file's own keys stands in the example, live or as a comment."""
    keys = {*schema["properties"], *schema["properties"]["limits"]["properties"]}
    for definition in ("room", "number", "expires"):
        keys |= schema["$defs"][definition]["properties"].keys()
    assert {key for key in keys if f"{key}:" not in example_text} == set()
    assert "<<: *" in example_text
