"""What is said about text that is not the YAML we read: one function a problem.

The words of libyaml are for people who write parsers; here they become a sentence
and a next step for people who write config files.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import yaml

from reconciler.config.reading import limits
from reconciler.config.reading.positions import split_lines
from reconciler.core.findings import Finding
from reconciler.core.model import Place

_UNFIT: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_QUOTE: Final = "put the value in quotes"

# The parser's words, ours, a hint, and whether its context is the better place.
_KNOWN: Final[tuple[tuple[str, str, str, bool], ...]] = (
    (
        "mapping values are not allowed",
        "a second ': ' in one value, or a line that is indented too far",
        "put the value in quotes, or line the key up with its neighbours",
        False,
    ),
    (
        "did not find expected key",
        "this line fits no open mapping or list",
        "line the key up with its neighbours, and quote text that begins with a sign",
        False,
    ),
    (
        "expected <block end>",
        "this line fits no open mapping or list",
        "line the key up with its neighbours, and quote text that begins with a sign",
        False,
    ),
    ("could not find expected ':'", "a key without a ':'", "write 'key: value'", True),
    ("found unexpected end of stream", "a quote is never closed", "close it", True),
    ("expected ',' or ']'", "a '[' is never closed", "add a ',' or a ']'", True),
    ("expected ',' or '}'", "a '{' is never closed", "add a ',' or a '}'", True),
    (
        "node content",
        "a value is missing here, or a bracket is never closed",
        "close every '[' and '{', and quote text that begins with a sign",
        False,
    ),
    ("block sequence entries", "a list item where none can stand", _QUOTE, False),
    ("unknown escape", "an unknown escape in double quotes", "double the '\\'", False),
)


def unfit_character(text: str, file: str) -> Finding | None:
    """Find the first character that no YAML file may hold."""
    match = _UNFIT.search(text)
    if match is None:
        return None
    lines = split_lines(text[: match.start()])
    return Finding(
        "yaml-syntax",
        f"the character U+{ord(match[0]):04X} cannot stand in a YAML file",
        Place(file, len(lines), len(lines[-1]) + 1),
        hint="remove it; editors often hide control characters",
    )


def broken(error: yaml.MarkedYAMLError, text: str, file: str) -> Finding:
    """Say in our words what the parser stumbled over."""
    problem = str(error.problem or error.context or "")
    mark, context = error.problem_mark, error.context_mark
    message, hint = f"not YAML: {problem}", ""
    for words, ours, step, earlier in _KNOWN:
        if words in problem:
            message, hint = ours, step
            mark = context if earlier and context else mark
            break
    mark = mark or context
    place = Place(file, 1, 1)
    if mark:
        place = _inside(text, Place(file, mark.line + 1, mark.column + 1))
    if "cannot start any token" in problem:
        message, hint = _stray(text, place)
    return Finding("yaml-syntax", message, place, hint=hint)


def _inside(text: str, place: Place) -> Place:
    """Move a place beyond the last written line to the end of that line."""
    lines = split_lines(text.rstrip())
    if place.line <= len(lines):
        return place
    return Place(place.file, len(lines), max(1, len(lines[-1])))


def _stray(text: str, place: Place) -> tuple[str, str]:
    line = split_lines(text)[place.line - 1]
    rest = line[place.column - 1 :]
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent and rest.lstrip() == line.lstrip():
        return "a tab is used for indentation", "YAML indents with spaces"
    return f"a plain value cannot start with '{rest[:1]}'", _QUOTE


def second_document(place: Place) -> Finding:
    """A second `---` document."""
    return Finding(
        "yaml-syntax",
        "a second document starts here; a file holds one document",
        place,
        hint="remove the '---' line, or put this part into a file of its own",
    )


def not_a_mapping(place: Place) -> Finding:
    """A file that is a list or a single value."""
    return Finding(
        "wrong-type",
        "the file must be a mapping of keys to values",
        place,
        hint="begin with 'version: 1'",
    )


def tag(name: str, place: Place) -> Finding:
    """An explicit tag; `name` is as the parser resolved it."""
    short = name.replace("tag:yaml.org,2002:", "!!")
    hint = "remove it; a value in quotes is text"
    if not short.startswith("!!"):
        hint = "remove it; ${NAME} takes a value from the environment"
    return Finding("yaml-tag", f"the tag '{short}' is not read", place, hint=hint)


def not_a_number(place: Place) -> Finding:
    """Infinity, nan, or a number of more digits than anybody means."""
    return Finding(
        "out-of-range",
        "this number is infinite or has too many digits",
        place,
        hint="put it in quotes if it is text",
    )


def too_deep(place: Place) -> Finding:
    """Nesting beyond any use."""
    message = f"nested more than {limits.MAX_DEPTH} levels deep"
    return Finding("yaml-too-large", message, place)


def too_large(place: Place) -> Finding:
    """Aliases of aliases of aliases, or simply too much."""
    return Finding(
        "yaml-too-large",
        f"this file stands for more than {limits.MAX_VALUES:,} values, aliases counted",
        place,
        hint="use fewer aliases of aliases, or several files",
    )


def too_many(limit: int, place: Place) -> Finding:
    """A mapping or list of more entries than anything has."""
    message = f"more than {limit:,} entries in one mapping or list"
    return Finding("yaml-too-large", message, place, hint="use several files")


def too_long(place: Place) -> Finding:
    """A key or value that goes on and on."""
    message = f"a text of more than {limits.MAX_TEXT:,} characters"
    return Finding("yaml-too-large", message, replace(place, width=1))


def endless(name: str, place: Place) -> Finding:
    """An alias of the very thing it stands in."""
    return Finding(
        "yaml-too-large",
        f"the alias '*{name}' stands inside its own anchor and never ends",
        place,
        hint="move the anchor to the part that is to be repeated",
    )


def unknown_alias(name: str, place: Place) -> Finding:
    """An alias whose anchor comes later, or never."""
    return Finding(
        "yaml-syntax",
        f"the alias '*{name}' has no anchor '&{name}' before it in this file",
        place,
        hint="put the text in quotes if a plain '*' is meant",
    )


def duplicate(key: str, place: Place, first: Place) -> Finding:
    """A key that stands twice in one mapping."""
    return Finding(
        "duplicate-key",
        f"'{key}' stands twice in one mapping, first at "
        f"{first.file}:{first.line}:{first.column}",
        place,
        hint="remove one of the two",
    )


def odd_key(place: Place) -> Finding:
    """A mapping, list or alias as a key."""
    return Finding(
        "yaml-syntax",
        "a key must be plain text",
        place,
        hint="put it in quotes: a bare '{', '[' or '*' has a meaning of its own",
    )


def bad_merge(place: Place) -> Finding:
    """A merge key with something else than mappings."""
    return Finding(
        "wrong-type",
        "'<<' takes the alias of a mapping, or a list of them",
        place,
        hint="for example '<<: *base'",
    )
