"""The published schema: where it is, and checking one part of a config with it.

One validator is built and kept; each room, number and top-level part is checked on
its own. The `properties` keyword is ours, for speed and to the same effect: it walks
what is written instead of what could be, and remembers scalars that were right.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

NAMES: Final = ("config", "plan", "report", "check", "ledger", "dialin", "numbers")
"""The schemas that are published: of the config, and of what commands write."""
_REMEMBERED: Final = 200_000


@functools.cache
def schema_text(name: str = "config") -> str:
    """A schema as it is shipped: in a wheel inside the package, else beside it."""
    file = f"{name}.schema.json"
    inside = importlib.resources.files("reconciler") / "schemas" / file
    if inside.is_file():
        return inside.read_text(encoding="utf-8")
    package = pathlib.Path(str(importlib.resources.files("reconciler")))
    beside = package.resolve().parent / "schemas" / file
    try:
        return beside.read_text(encoding="utf-8")
    except OSError as error:
        raise ReconcilerError(
            f"the schema that belongs to this program is missing: {beside}",
            tip="install daily-reconciler again",
        ) from error


@functools.cache
def schema() -> Mapping[str, Any]:
    """The schema, parsed. Not to be changed."""
    parsed: dict[str, Any] = json.loads(schema_text())
    return parsed


def check_document(name: str, document: object) -> str:
    """Check a document of ours; returns what is wrong with it, "" if nothing."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    validator = Draft202012Validator(json.loads(schema_text(name)))
    problem = best_match(validator.iter_errors(document))
    return f"{problem.json_path}: {problem.message}"[:300] if problem else ""


def room_properties() -> Mapping[str, Any]:
    """The room properties that the schema knows, by name."""
    found: dict[str, Any] = schema()["$defs"]["room_properties"]["properties"]
    return found


def errors(part: str, value: object) -> Iterator[ValidationError]:
    """Check one part: a name in `$defs`, or `top` for what stands in one file."""
    found: Iterator[ValidationError] = _validator(part).iter_errors(value)
    return found


def is_valid(node: Mapping[str, Any], value: object) -> bool:
    """Tell whether a part of the schema, references written out, allows a value."""
    from jsonschema import Draft202012Validator

    return bool(Draft202012Validator(node).is_valid(value))


@functools.cache
def _validator(part: str) -> Any:
    """The validator of one part, its references written out: a fifth faster."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    own = schema() if part == "top" else schema()["$defs"][part]
    extended: Any = extend  # its own annotations leave the arguments out
    return extended(Draft202012Validator, {"properties": _walk})(written_out(own))


def written_out(part: Any) -> Any:
    """A part of the schema, with what its references point to in their place."""
    if isinstance(part, list):
        return [written_out(item) for item in part]
    if not isinstance(part, dict):
        return part
    if isinstance(reference := part.get("$ref"), str):
        target = schema()["$defs"][reference.removeprefix("#/$defs/")]
        rest = {key: value for key, value in part.items() if key != "$ref"}
        return written_out({**target, **rest})
    return {key: written_out(value) for key, value in part.items() if key != "$defs"}


_right: Final[set[tuple[int, type, object]]] = set()


def _walk(
    validator: Any, known: Mapping[str, Any], found: object, _: object
) -> Iterator[ValidationError]:
    if not isinstance(found, dict):
        return
    for key, value in found.items():
        if key not in known:
            continue
        below = known[key]
        mark = None
        if not isinstance(value, dict | list):
            mark = (id(below), type(value), value)
            if mark in _right:
                continue
        wrong = list(validator.descend(value, below, path=key, schema_path=key))
        yield from wrong
        if mark and not wrong and len(_right) < _REMEMBERED:
            _right.add(mark)


@functools.cache
def deprecated() -> Mapping[tuple[str, ...], str]:
    """Paths of deprecated room properties, and what to write instead."""
    return dict(_deprecated(schema()["$defs"]["room_properties"], ()))


def _deprecated(
    part: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    if part.get("deprecated"):
        yield path, str(part.get("description", ""))
    for name, below in part.get("properties", {}).items():
        yield from _deprecated(below, (*path, name))
    if isinstance(part.get("items"), dict):
        yield from _deprecated(part["items"], (*path, "*"))
