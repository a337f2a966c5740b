"""The schema file, read once, and a walk over every key it describes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
Node = dict[str, Any]
KeyPath = tuple[str, ...]

_SINGLE = ("additionalProperties", "propertyNames", "if", "then", "else")


def walk_keys(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
    """Every key below `node` with its path; "*" stands for any item of a list."""
    for name, key in node.get("properties", {}).items():
        yield (*path, name), key
        yield from walk_keys(key, (*path, name))
    for keyword in _SINGLE:
        if isinstance(node.get(keyword), dict):
            yield from walk_keys(node[keyword], path)
    if isinstance(node.get("items"), dict):
        yield from walk_keys(node["items"], (*path, "*"))
    for name, definition in node.get("$defs", {}).items():
        yield from walk_keys(definition, ("$defs", name))


@pytest.fixture(scope="session")
def schema() -> Node:
    """The schema file."""
    path = REPOSITORY / "schemas" / "config.schema.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def room_properties(schema: Node) -> Node:
    """Every room property and nested key by its dotted path."""
    inlined = _inline(schema["$defs"]["room_properties"], schema["$defs"])
    return {".".join(path): key for path, key in walk_keys(inlined)}


@pytest.fixture(scope="session")
def walk() -> Callable[..., Iterator[tuple[KeyPath, Node]]]:
    """`walk_keys`, for test modules, which cannot import this file."""
    return walk_keys


@pytest.fixture(scope="session")
def example_text() -> str:
    """The example configuration as it stands."""
    return (REPOSITORY / "config.example.yaml").read_text(encoding="utf-8")


def _inline(node: Any, definitions: Node) -> Any:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {name: _inline(value, definitions) for name, value in node.items()}
    reference = plain.pop("$ref", None)
    if not isinstance(reference, str):
        return plain
    return _inline(definitions[reference.rpartition("/")[2]], definitions) | plain
