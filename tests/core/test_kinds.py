"""The table of kinds against the published schema, key by key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.kinds import (
    KINDS,
    NUMBER,
    PIN_FIELDS,
    PINLESS_FIELDS,
    ROOM,
    matches,
)
from reconciler.core.secrecy import is_secret

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.json"
DEFINED: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
PROPERTIES: dict[str, Any] = DEFINED["room_properties"]["properties"]


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """A node with its references followed, and its alternatives merged."""
    name = node.get("$ref", "").rpartition("/")[2]
    made = {**(resolved(DEFINED[name]) if name else {}), **node}
    for part in (
        *node.get("allOf", ()),
        *node.get("anyOf", ()),
        *node.get("oneOf", ()),
    ):
        made = {**resolved(part), **made}
    return made


def closed_objects() -> dict[str, set[str]]:
    """Room properties that are objects with a closed list of keys."""
    found = {}
    for name, node in PROPERTIES.items():
        whole = resolved(node)
        if "properties" in whole and whole.get("additionalProperties") is False:
            found[name] = set(whole["properties"])
    return found


def test_every_closed_object_is_written_whole() -> None:
    """An object of the schema is in the table, and the other way round."""
    assert set(ROOM.objects) == set(closed_objects())


@pytest.mark.parametrize("name", sorted(ROOM.objects))
def test_the_settable_keys_are_those_of_the_schema(name: str) -> None:
    """What is kept of a live object is what the schema lets a file write."""
    assert set(ROOM.objects[name]) == closed_objects()[name]


def closed_below(node: Any, path: tuple[str, ...]) -> Any:
    """Every object beneath a node that takes no other keys, with its keys."""
    node = resolved(node)
    if node.get("additionalProperties") is False:
        yield path, set(node["properties"])
    for key, item in node.get("properties", {}).items():
        yield from closed_below(item, (*path, key))
    if isinstance(node.get("items"), dict):
        yield from closed_below(node["items"], (*path, "*"))


def test_closed_objects_inside_values_are_in_the_table() -> None:
    """An object inside an object or a list of the schema has its keys in the table."""
    names = (*ROOM.objects, *(name for (name,) in ROOM.named))
    found = {
        path: keys
        for name in names
        for path, keys in closed_below(PROPERTIES[name], (name,))
        if len(path) > 1 and path != ("dialin", "room_numbers", "*")
    }

    assert {path: set(keys) for path, keys in ROOM.nested.items()} == found


@pytest.mark.parametrize(
    ("kind", "fields"), [("pin_dialin", PIN_FIELDS), ("pinless_dialin", PINLESS_FIELDS)]
)
def test_assignments_take_the_fields_of_the_schema(kind: str, fields: Any) -> None:
    """Each type of assignment is written with the schema's fields, objects included."""
    node = resolved(DEFINED["number"]["properties"][kind])["properties"]
    nested = {
        name: set(resolved(key).get("properties", {})) for name, key in node.items()
    }

    assert set(node) == set(fields)
    assert {
        name: set(NUMBER.objects[name]) for name in fields & NUMBER.objects.keys()
    } == {name: keys for name, keys in nested.items() if keys}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_no_row_speaks_of_what_daily_makes(kind: Any) -> None:
    """Keys that Daily makes have no default, no secret and no nested keys."""
    spoken = {path[0] for path in (*kind.defaults, *kind.secret, *kind.sets)}

    assert not kind.server_made & (spoken | kind.objects.keys() | kind.times)


@pytest.mark.parametrize(
    "paths",
    [ROOM.secret, ROOM.address, ROOM.sets, ROOM.numbers, ROOM.maybe_hidden],
    ids=["secret", "address", "sets", "numbers", "maybe-hidden"],
)
def test_paths_lead_to_properties(paths: Any) -> None:
    """Each path of the table begins with a property of the schema."""
    assert {path[0] for path in paths} <= set(PROPERTIES)


@pytest.mark.parametrize(
    ("path", "pattern", "yes"),
    [
        (("a",), ("a",), True),
        (("a", "b"), ("a",), True),
        (("a",), ("a", "b"), False),
        (("a", "0", "b"), ("a", "*", "b"), True),
        (("a", "0", "c"), ("a", "*", "b"), False),
    ],
)
def test_patterns(path: Any, pattern: Any, yes: bool) -> None:
    """A pattern covers what lies at or below it; a star is any one step."""
    assert matches(path, pattern) is yes


def test_secrets_by_nature() -> None:
    """The hmac is secret for numbers, stream keys for rooms."""
    assert is_secret("number", ("hmac",))
    assert is_secret("room", ("streaming_endpoints", "0", "rtmp_config", "url"))
    assert not is_secret("room", ("streaming_endpoints", "0", "name"))
