"""The schema against Daily's own OpenAPI document, where that is at hand.

The document is Daily's and is not part of this project: DAILY_OPENAPI names a
copy (https://docs.daily.co/openapi.json). Every place where the schema knows
better than the document is a row in one of the tables below, with its reason.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Node = dict[str, Any]

# Keys that the document does not list.
ADDED = {
    "dialin": "PIN dial-in guide",
    "dialin.display_name": "PIN dial-in guide",
    "dialin.wait_for_meeting_start": "PIN dial-in guide",
    "dialin.room_numbers": "PIN dial-in guide",
    "dialin.room_numbers.*.phone_number": "PIN dial-in guide",
    "enable_raw_tracks_event_json": "changelog of 2026-04",
    "recordings_bucket.storage_provider": "the Ruby client's documentation",
    "recordings_bucket.namespace": "the Ruby client's documentation",
    "transcription_bucket.storage_provider": "the Ruby client's documentation",
    "transcription_bucket.namespace": "the Ruby client's documentation",
    "dialout_config.max_idle_timeout_post_conversation_sec": "the Ruby client's",
    "sip.dialin_config": "the Ruby client's documentation",
    "sip.dialin_config.allow_room_start": "the Ruby client's documentation",
    "sip.dialin_config.dialin_geo": "the Ruby client's documentation",
    "sip.dialin_config.max_idle_timeout_sec": "the Ruby client's documentation",
    "sip.dialin_config.max_idle_timeout_post_conversation_sec": "the Ruby client's",
    "sip.dialin_config.hold_music_enabled": "the Ruby client's documentation",
    "owner_only_broadcast": "older, still sent by public code",
    "enable_new_call_ui": "older, still sent by public code",
    "autojoin": "older, still sent by public code",
    "signaling_impl": "older, still sent by public code",
    "audio_only": "older, still sent by public code",
    "permissions.canReceive.base": "permissions page of the browser library",
    "permissions.canReceive.byUserId": "permissions page of the browser library",
    "permissions.canReceive.byParticipantId": "permissions page of the browser library",
    "streaming_endpoints.*.rtmp_config": "only in the document's example",
    "streaming_endpoints.*.rtmp_config.url": "only in the document's example",
    "streaming_endpoints.*.hls_config.storage.bucket_name": "only in the example",
    "streaming_endpoints.*.hls_config.storage.bucket_region": "only in the example",
    "streaming_endpoints.*.hls_config.storage.assume_role_arn": "only in the example",
    "streaming_endpoints.*.hls_config.variant": "the example's word for variants",
    "streaming_endpoints.*.hls_config.variant.*.width": "as in variants",
    "streaming_endpoints.*.hls_config.variant.*.height": "as in variants",
    "streaming_endpoints.*.hls_config.variant.*.fps": "as in variants",
    "streaming_endpoints.*.hls_config.variant.*.bitrate": "as in variants",
    "streaming_endpoints.*.hls_config.variant.*.iframe_only": "as in variants",
}
# Types that the schema accepts beyond the document's.
MORE_TYPES = {
    "exp": ({"string"}, "ISO 8601 is turned into Unix seconds"),
    "nbf": ({"string"}, "ISO 8601 is turned into Unix seconds"),
    "enable_recording": ({"boolean"}, "false is accepted, and shown as the text 0"),
}
# Values that the document leaves to its prose.
ENUMS = {
    "permissions.canSend": (
        {"video", "audio", "screenVideo", "screenAudio", "customVideo", "customAudio"},
        "four in the prose, custom tracks on the browser library's permissions page",
    ),
    "permissions.canAdmin": ({"participants", "streaming", "transcription"}, "prose"),
    "streaming_endpoints.*.type": ({"rtmp", "hls"}, "prose"),
}
ENUMS_LISTED_IN_PROSE = ("geo", "rtmp_geo")
# Defaults where the document's are absent or cannot be meant.
ABSENT = "no default"
DEFAULTS = {
    "geo": (None, "the document has the word NULL"),
    "meeting_join_hook": (None, "the document has the word NULL"),
    "rtmp_geo": (ABSENT, "the document has a sentence"),
    "recordings_template": (
        "{domain_name}/{room_name}/{epoch_time}",
        "the document's ends in a stray full stop",
    ),
    "transcription_template": (
        "{domain_name}/{room_name}/{epoch_time}.vtt",
        "the document's ends in a stray full stop",
    ),
    "recordings_bucket.allow_streaming_from_bucket": (False, "prose"),
    "permissions": (
        {
            "hasPresence": True,
            "canSend": True,
            "canReceive": {"base": True},
            "canAdmin": False,
        },
        "older room configuration page",
    ),
    "permissions.hasPresence": (True, "older room configuration page"),
    "permissions.canSend": (True, "older room configuration page"),
    "permissions.canReceive": ({"base": True}, "older room configuration page"),
    "permissions.canAdmin": (False, "older room configuration page"),
}
# Bare references: the document points to these options in words.
TRANSCRIPTION = "auto_transcription_settings"
REQUIRED = {
    "streaming_endpoints.*": ({"name", "type"}, "a target needs both to be started"),
}
# Fields of an assignment that are no settings: the map's key, ours, Daily's.
NOT_SETTINGS = {"phone_number", "type", "sip_uri"}
NOT_IN_LEGACY_DESCRIPTION = {"hmac"}


@pytest.fixture(scope="module")
def daily() -> Node:
    """The document's component schemas."""
    named = os.environ.get("DAILY_OPENAPI")
    if not named:
        pytest.skip("DAILY_OPENAPI does not name a copy of Daily's OpenAPI document")
    document = json.loads(Path(named).read_text(encoding="utf-8"))
    return document["components"]["schemas"]


@pytest.fixture(scope="module")
def theirs(daily: Node) -> Node:
    """Daily's room properties by dotted path, like the fixture room_properties."""
    properties = dict(flatten(daily["room-properties"], daily))
    options = flatten(daily["transcription-properties"], daily, f"{TRANSCRIPTION}.")
    return properties | dict(options)


def flatten(node: Node, daily: Node, prefix: str = "") -> Iterator[tuple[str, Node]]:
    """Every key below `node` by dotted path; `a['b']['c']` becomes `a.b.c`."""
    for raw, raw_key in node.get("properties", {}).items():
        name = re.sub(r"\['(\w+)'\]", r".\1", raw)
        key = resolve(raw_key, daily)
        parents = [name[: dot.start()] for dot in re.finditer(r"\.", name)]
        yield from ((f"{prefix}{parent}", {"type": "object"}) for parent in parents)
        yield f"{prefix}{name}", key
        yield from flatten(key, daily, f"{prefix}{name}.")
        for choice in (key, *key.get("oneOf", ())):
            items = resolve(choice.get("items", {}), daily)
            yield from flatten(items, daily, f"{prefix}{name}.*.")


def resolve(node: Node, daily: Node) -> Node:
    """The node that a reference leads to."""
    reference = node.get("$ref")
    return daily[reference.rpartition("/")[2]] if reference else node


def types(key: Node) -> set[str]:
    """The JSON types a key takes, alternatives together."""
    if "oneOf" in key:
        return set().union(*(types(choice) for choice in key["oneOf"]))
    stated = key["type"]
    return {stated} if isinstance(stated, str) else set(stated)


def values(key: Node) -> set[str | None]:
    """The words a key takes, by itself or in a list; null and false are no words."""
    places = [key, *(key[word] for word in ("then", "else") if word in key)]
    places += key.get("oneOf", [])
    places += [place["items"] for place in places if "items" in place]
    words = {value for place in places for value in place.get("enum", ())}
    return words - {None, False}


def test_names(room_properties, theirs):
    """Every room property of Daily is in the schema; a new one fails this test."""
    assert set(theirs) - set(room_properties) == set(), "new in Daily's document"
    assert set(room_properties) - set(theirs) == set(ADDED)


def test_count(theirs):
    """The document describes the 49 properties that the schema was written for."""
    assert len([path for path in theirs if "." not in path]) == 49


def test_types(room_properties, theirs):
    """Every property takes the types that Daily states, and null."""
    for path, key in theirs.items():
        more, _ = MORE_TYPES.get(path, (set(), ""))
        assert types(room_properties[path]) - {"null"} == types(key) | more, path


def test_enums(room_properties, theirs):
    """Every property takes exactly the words that Daily states."""
    for path, key in theirs.items():
        stated = values(key)
        if path in ENUMS_LISTED_IN_PROSE:
            listed = key["description"].split("default regions")[0]
            stated = set(re.findall(r'- `"([a-z0-9-]+)"` \(', listed))
        expected, _ = ENUMS.get(path, (stated, ""))
        assert values(room_properties[path]) == expected, path


def test_prose_enums_are_still_in_the_prose(theirs):
    """The words taken from Daily's prose are still there, custom tracks aside."""
    for path, (words, _) in ENUMS.items():
        prose = theirs[path]["description"]
        assert all(w in prose for w in words if not w.startswith("custom")), path


def test_defaults(room_properties, theirs, daily):
    """Defaults are Daily's for the room, else the domain's, with the odd corrected."""
    inner = daily["domain"]["properties"]["properties"]["properties"]
    domain = {name: resolve(key, daily) for name, key in inner.items()}
    for path, key in theirs.items():
        inherited = domain.get(path, {}).get("default", ABSENT)
        expected, _ = DEFAULTS.get(path, (key.get("default", inherited), ""))
        assert room_properties[path].get("default", ABSENT) == expected, path


def test_odd_defaults_are_still_odd(theirs, daily):
    """The corrected defaults are still wrong in Daily's document."""
    join_hook = daily["domain"]["properties"]["properties"]["properties"][
        "meeting_join_hook"
    ]
    assert (theirs["geo"]["default"], join_hook["default"]) == ("NULL", "NULL")
    assert " " in theirs["rtmp_geo"]["default"]
    for name in ("recordings_template", "transcription_template"):
        assert theirs[name]["default"] == f"{DEFAULTS[name][0]}."


def test_required(room_properties, theirs):
    """The schema requires the nested keys that Daily requires."""
    for path, key in theirs.items():
        ours = set(room_properties[path].get("required", ()))
        assert ours == set(key.get("required", ())), path
        items = room_properties[path].get("items", {})
        expected, _ = REQUIRED.get(f"{path}.*", (set(), ""))
        assert set(items.get("required", ())) == expected, path


def test_inherited(room_properties, daily):
    """The properties marked as inherited are those that the domain has too."""
    domain = daily["domain"]["properties"]["properties"]["properties"]
    marked = {p for p, key in room_properties.items() if key.get("x-domain-inherited")}
    assert marked == set(domain) & set(daily["room-properties"]["properties"])


def test_marks(room_properties, theirs):
    """What Daily marks as paid or deprecated is marked in the schema."""
    for path, key in theirs.items():
        ours = room_properties[path]
        assert not key.get("x-paidPlan") or ours.get("x-paid"), path
        retired = key.get("deprecated", "deprecated" in key.get("description", ""))
        assert bool(ours.get("deprecated")) == retired, path


def test_number_fields(schema, daily):
    """Both roles of a number have exactly the fields that can be set in Daily."""
    roles = schema["$defs"]["number"]["properties"]
    current = daily["domain_dialin_config_create_req"]["properties"]
    both: set[str] = set()
    for role in ("pin_dialin", "pinless_dialin"):
        legacy = daily[role]["items"]["properties"]
        ours = roles[role]["properties"]
        unlisted = NOT_IN_LEGACY_DESCRIPTION if role == "pinless_dialin" else set()
        assert set(ours) == set(legacy) - NOT_SETTINGS | unlisted
        assert roles[role]["x-paid"] == bool(daily[role]["x-paidPlan"])
        for name, key in ours.items():
            assert types(key) - {"null"} == types(current[name]), name
            inner = current[name].get("properties", {})
            assert set(key.get("properties", ())) == set(inner), name
        both |= set(ours)
    assert both == set(current) - NOT_SETTINGS


def test_number_roles(schema, daily):
    """The roles of a number are the types of assignment that Daily has."""
    stated = daily["domain_dialin_config_create_req"]["properties"]["type"]["enum"]
    own = {"title", "state", "write_only"}
    assert set(schema["$defs"]["number"]["properties"]) - own == set(stated)


def test_texts_are_our_own(schema, walk, daily):
    """No description holds a sentence of Daily's document."""
    sentences = {s for text in descriptions(daily) for s in split(text)}
    assert sentences
    for path, key in walk(schema):
        ours = " ".join(split(key["description"], least=1))
        shared = [sentence for sentence in sentences if sentence in ours]
        assert shared == [], ".".join(path)


def descriptions(node: Any) -> Iterator[str]:
    """Every description in the document."""
    if isinstance(node, list):
        for item in node:
            yield from descriptions(item)
    elif isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield node["description"]
        for value in node.values():
            yield from descriptions(value)


def split(text: str, least: int = 4) -> list[str]:
    """The sentences of a text in plain lower-case words, short ones left out."""
    without_links = re.sub(r"\]\([^)]*\)", "]", text)
    parts = re.split(r"[.!?:]\s+|\n", without_links.lower())
    worded = [" ".join(re.findall(r"[a-z0-9_]+", part)) for part in parts]
    return [words for words in worded if len(words.split()) >= least]
