"""What the schema has against a config, said so that a person can act on it.

For each value the most telling error is kept: its type before its range, its range
before its form. Of alternatives, the branch that got furthest speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from reconciler.config import words
from reconciler.config.entries import SECTIONS, Entry
from reconciler.config.reading.positions import Document
from reconciler.config.schema import hints
from reconciler.config.schema import validator as schema
from reconciler.config.variables import is_unset
from reconciler.core.findings import Finding
from reconciler.core.model import Path, Place
from reconciler.core.secrecy import is_secret_key
from reconciler.core.text import brief, quote

Error: TypeAlias = Any
"""A jsonschema ValidationError, whose attributes are not typed usefully."""

_RANGES: Final = {
    "minimum": "be at least {}",
    "maximum": "be at most {}",
    "exclusiveMinimum": "be more than {}",
    "exclusiveMaximum": "be less than {}",
    "minLength": "have at least {} characters",
    "maxLength": "have at most {} characters",
    "minItems": "have at least {} items",
    "maxItems": "have at most {} items",
}
_RANK: Final = ("type", "const", "enum", *_RANGES, "pattern")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is checked on its own: its name in messages, and its places."""

    name: str
    root: Path
    place: Callable[[Path], Place]
    key_place: Callable[[Path], Place]


def of_document(document: Document) -> Iterator[Finding]:
    """Check everything in a file that is not a room or a number."""
    sections = SECTIONS.values()
    top = {
        key: {} if key in sections and isinstance(value, dict) else value
        for key, value in document.data.items()
    }
    part = Part("", (), document.place, document.key_place)
    yield from _findings(schema.errors("top", top), part)


def of_entry(entry: Entry) -> Iterator[Finding]:
    """Check one room or number as it is written."""
    section, key = entry.root
    found = entry.document.data[section][key]  # as written, of whatever type
    errors = list(schema.errors(entry.kind, found))
    if errors:
        part = Part(f" in {entry.name}", entry.root, entry.place, entry.key_place)
        yield from _findings(errors, part)


def _findings(errors: Iterable[Error], part: Part) -> Iterator[Finding]:
    told: dict[tuple[Path, str], Error] = {}
    for error in map(_deepest, errors):
        path = tuple(str(step) for step in error.absolute_path)
        if is_unset(error.instance):
            continue
        # Several complaints about one value: the first in rank speaks for all.
        slot = "value" if error.validator in _RANK else f"{error.validator}"
        kept = told.get((path, slot))
        if kept is None or _rank(error) < _rank(kept):
            told[path, slot] = error
    for (path, _), error in told.items():
        yield from _said(error, path, part)


def _rank(error: Error) -> int:
    name = str(error.validator)
    return _RANK.index(name) if name in _RANK else 0


def _deepest(error: Error) -> Error:
    while error.context:
        error = max(error.context, key=lambda e: len(e.absolute_path))
    return error


def _said(error: Error, path: Path, part: Part) -> Iterator[Finding]:
    keyword = str(error.validator)
    if keyword == "additionalProperties":
        yield from _unknown(error, path, part)
    elif keyword == "required":
        yield from _missing(error, path, part)
    else:
        say = _TELLERS.get(keyword, _other)
        id_, message, hint = say(error, _name(path, part), _is_secret(path))
        found = error.instance
        shows_key = found is None or isinstance(found, dict | list)
        place = part.key_place(path) if shows_key else part.place(path)
        yield Finding(id_, message, place, hint=hint, path=(*part.root, *path))


def _name(path: Path, part: Part) -> str:
    """What a message calls the value: its key, and the list it stands in."""
    if not path:
        return part.name.removeprefix(" in ") or "the file"
    names = [step for step in path if not step.isdecimal()]
    name = brief(names[-1]) if names else path[-1]
    return f"an item of {name}" if path[-1].isdecimal() and names else name


def _is_secret(path: Path) -> bool:
    return bool(path) and is_secret_key(path)


Said: TypeAlias = tuple[str, str, str]
"""Id, message and hint of a finding."""


def _wrong_type(error: Error, name: str, secret: bool) -> Said:
    wanted = error.validator_value
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    found = error.instance
    message = f"{name} must be {words.types(wanted)}"
    if found is None:
        return (
            "wrong-type",
            f"{message}, and is empty",
            hints.for_type(wanted, found, name),
        )
    message += f", not {words.value(found, secret=secret)}"
    choice = error.schema.get("enum")
    if choice and not isinstance(found, dict | list):
        return "wrong-type", message, f"write {words.one_of(choice)}"
    return "wrong-type", message, "" if secret else hints.for_type(wanted, found, name)


def _not_allowed(error: Error, name: str, secret: bool) -> Said:
    allowed = error.validator_value
    allowed = allowed if isinstance(allowed, list) else [allowed]
    found = error.instance
    message = f"{name} must be {words.one_of(allowed)}"
    message += f", not {words.value(found, secret=secret)}"
    extra = "properties" in error.absolute_path
    return "not-allowed", message, hints.for_choice(allowed, found, extra=extra)


def _out_of_range(error: Error, name: str, secret: bool) -> Said:
    bound = _RANGES[str(error.validator)].format(error.validator_value)
    message = f"{name} must {bound}"
    if isinstance(error.instance, str | list):
        message += f", and has {len(error.instance)}"
    else:
        message += f", not {words.value(error.instance, secret=secret)}"
    return "out-of-range", message, ""


def _wrong_format(error: Error, name: str, secret: bool) -> Said:
    message = f"{name} cannot be {words.value(error.instance, secret=secret)}"
    wanted = str(error.schema.get("patternErrorMessage", ""))
    return "wrong-format", message, wanted or f"expected {error.validator_value}"


def _repeated(_: Error, name: str, __: bool) -> Said:
    return "not-allowed", f"{name} holds the same item twice", "remove one of the two"


def _other(error: Error, name: str, _: bool) -> Said:
    return "wrong-format", f"{name} does not satisfy '{error.validator}'", ""


_TELLERS: Final[Mapping[str, Callable[[Any, str, bool], Said]]] = {
    "type": _wrong_type,
    "enum": _not_allowed,
    "const": _not_allowed,
    "pattern": _wrong_format,
    "uniqueItems": _repeated,
    **dict.fromkeys(_RANGES, _out_of_range),
}


def _missing(error: Error, path: Path, part: Part) -> Iterator[Finding]:
    for key in error.validator_value:
        if key not in error.instance:
            yield Finding(
                "missing-key",
                f"{_name(path, part)} needs '{key}'{part.name if path else ''}",
                part.key_place(path),
                hint=f"add '{key}:'",
                path=(*part.root, *path, key),
            )


def _unknown(error: Error, path: Path, part: Part) -> Iterator[Finding]:
    known = error.schema.get("properties", {})
    for key in error.instance:
        if key not in known:
            yield Finding(
                "unknown-property",
                f"unknown property {quote(key)}{part.name}",
                part.key_place((*path, key)),
                hint=hints.for_unknown(key, known, path, part.root),
                path=(*part.root, *path, key),
            )
