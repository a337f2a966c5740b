"""What a JSON value must look like, as data, and the check that reads it.

Shapes are values rather than functions so that the property table can be
compared with Daily's OpenAPI document. A shape knows nothing of rooms.

Decided: a boolean is not a number, 12.0 is a whole number, and null is
accepted inside an object (it leaves the key out) but not inside a list.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

Rule = Callable[[str], str | None]
WholeRule = Callable[[Mapping[str, object]], str | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of one value. `fields=None` on an object means: any keys.

    `rule` judges a text, `whole` a complete object, the required keys apart.
    """

    kind: str
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    items: Shape | None = None
    unique: bool = False
    fields: Mapping[str, Shape] | None = None
    required: tuple[str, ...] = ()
    either: tuple[Shape, ...] = ()
    rule: Rule | None = None
    whole: WholeRule | None = None


BOOLEAN = Shape("boolean")
TEXT = Shape("string")
NUMBER = Shape("number")
OPEN_OBJECT = Shape("object")
ANY = Shape("any")


def choice(*values: str) -> Shape:
    """Text out of a closed list."""
    return Shape("string", enum=values)


INT32 = 2**31 - 1


def whole(minimum: float = -INT32 - 1, maximum: float = INT32) -> Shape:
    """A whole number of 32 bits, as documented for all of them but times."""
    return Shape("integer", minimum=minimum, maximum=maximum)


def set_of(*values: str) -> Shape:
    """A list without repetition out of a closed list of words."""
    return Shape("array", items=choice(*values), unique=True)


def record(
    fields: Mapping[str, Shape],
    required: tuple[str, ...] = (),
    whole: WholeRule | None = None,
) -> Shape:
    """An object with exactly these keys allowed."""
    return Shape("object", fields=fields, required=required, whole=whole)


def with_field(shape: Shape, path: tuple[str, ...]) -> Shape:
    """Let an object take one more key, with any value; ValueError without object."""
    if not path:
        return ANY
    if shape.kind != "object":
        raise ValueError(f"'{path[0]}' has no object to stand in")
    if shape.fields is None:
        return shape
    name, rest = path[0], path[1:]
    below = shape.fields.get(name, OPEN_OBJECT if rest else ANY)
    return replace(shape, fields={**shape.fields, name: with_field(below, rest)})


def complaint(path: str, shape: Shape, value: object) -> str | None:
    """Say what is wrong with `value`, or None. Required keys are left alone.

    Whether an object is complete can only be told once it is merged with what
    is stored; see `incomplete`.
    """
    if shape.either:
        wrongs = [complaint(path, option, value) for option in shape.either]
        return None if None in wrongs else " or ".join(map(str, wrongs))
    if not _is_kind(shape.kind, value):
        return f"{path} should be {_ARTICLES[shape.kind]} {shape.kind}"
    if isinstance(value, str):
        return _text_complaint(path, shape, value)
    if isinstance(value, list):
        return _list_complaint(path, shape, value)
    if isinstance(value, dict):
        return _object_complaint(path, shape, value)
    return _number_complaint(path, shape, value)


def incomplete(path: str, shape: Shape, value: Mapping[str, object]) -> str | None:
    """Say which required key a complete object lacks, or breaks, or None."""
    for key in shape.required:
        if key not in value:
            return f"missing required field: {path}.{key}"
    wrong = shape.whole(value) if shape.whole else None
    return f"{path} {wrong}" if wrong else None


_ARTICLES = {
    "boolean": "a",
    "integer": "an",
    "number": "a",
    "string": "a",
    "array": "an",
    "object": "an",
}


def _is_kind(kind: str, value: object) -> bool:
    if kind == "any":
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        # JSON such as 1e999 is read as infinity, which cannot be written again.
        finite = isinstance(value, int) or math.isfinite(value)
        return finite and (kind == "number" or value == int(value))
    return isinstance(value, {"string": str, "array": list, "object": dict}[kind])


def _text_complaint(path: str, shape: Shape, value: str) -> str | None:
    if shape.enum and value not in shape.enum:
        return f"{path} should be one of {', '.join(map(repr, shape.enum))}"
    wrong = shape.rule(value) if shape.rule else None
    return f"{path} {wrong}" if wrong else None


def _number_complaint(path: str, shape: Shape, value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if shape.minimum is not None and value < shape.minimum:
        return f"{path} should be at least {shape.minimum:.10g}"
    if shape.maximum is not None and value > shape.maximum:
        return f"{path} should be at most {shape.maximum:.10g}"
    return None


def _list_complaint(path: str, shape: Shape, value: list[object]) -> str | None:
    for index, item in enumerate(value):
        where = f"{path}[{index}]"
        if shape.items is None:
            continue
        wrong = complaint(where, shape.items, item)
        if wrong is None and isinstance(item, dict):
            wrong = incomplete(where, shape.items, item)
        if wrong:
            return wrong
        if shape.unique and item in value[:index]:
            return f"{where} is in the list twice"
    return None


def _object_complaint(
    path: str, shape: Shape, value: Mapping[str, object]
) -> str | None:
    if shape.fields is None:
        return None
    for key, item in value.items():
        if key not in shape.fields:
            return f"{path} has no field '{key}'"
        wrong = item is not None and complaint(f"{path}.{key}", shape.fields[key], item)
        if wrong:
            return wrong
    return None


def is_url(value: str) -> str | None:
    """Refuse what could not be called over HTTP."""
    try:
        parts = urlsplit(value)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fine = False
    return None if fine and " " not in value else "should be a URL"


def is_phone_number(value: str) -> str | None:
    """Refuse what is not an E.164 number with its plus sign."""
    fine = re.fullmatch(r"\+[1-9][0-9]{6,14}", value)
    return None if fine else "should be a phone number in E.164 format"
