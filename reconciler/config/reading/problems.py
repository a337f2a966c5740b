"""What can be wrong with the text of a file: a table of problems, and libyaml's own.

The words of libyaml are for people who write parsers; here they become a sentence
and a next step for people who write config files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

import yaml

from reconciler.config.reading import limits
from reconciler.config.reading.positions import split_lines
from reconciler.core.findings import Finding
from reconciler.core.model import Place

_UNFIT: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd"
    "\U00010000-\U0010ffff]"
)
"""Beside controls: what only some readers take for a line end (U+0085, U+2028,
U+2029), and what shows text in another order than it has (U+202A to U+202E, U+2066
to U+2069). Either hides a line from a reviewer."""
_LONE_RETURN: Final = re.compile(r"\r(?!\n)")
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
    # Git and many editors show a lone CR as no line end where others are LF.
    lone = _LONE_RETURN.search(text) if "\n" in text else None
    first = min(filter(None, (match, lone)), key=lambda m: m.start(), default=None)
    if first is None:
        return None
    lines = split_lines(text[: first.start()])
    place = Place(file, len(lines), len(lines[-1]) + 1)
    if first is lone:
        message = "a carriage return alone ends a line for some readers only"
        hint = "remove it; a file ends its lines in LF or CRLF"
    else:
        code = f"U+{ord(first[0]):04X}"
        message = f"the character {code} cannot stand in a config file"
        hint = f'remove it, or write "{_escape(first[0])}" in double quotes'
    return Finding("yaml-syntax", message, place, hint=hint)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def broken(error: yaml.MarkedYAMLError, text: str, file: str) -> Finding:
    """The problem that the parser reports, in the words of this table."""
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


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding without its place. Names in braces are filled in by `at`."""

    id: str
    message: str
    hint: str = ""

    def at(self, place: Place, **parts: object) -> Finding:
        """The finding for one place."""
        message, hint = self.message.format(**parts), self.hint.format(**parts)
        return Finding(self.id, message, place, hint)


SECOND_DOCUMENT: Final = Problem(
    "yaml-syntax",
    "a second document starts here; a file holds one document",
    "remove the '---' line, or put this part into a file of its own",
)
NOT_A_MAPPING: Final = Problem(
    "wrong-type",
    "the file must be a mapping of keys to values",
    "begin with 'version: 1'",
)
OWN_TAG: Final = Problem(
    "yaml-tag",
    "the tag '{tag}' is not read",
    "remove it; ${{NAME}} takes a value from the environment",
)
YAML_TAG: Final = replace(OWN_TAG, hint="remove it; a value in quotes is text")
NOT_A_NUMBER: Final = Problem(
    "out-of-range",
    "this number is infinite or has too many digits",
    "put it in quotes if it is text",
)
TOO_DEEP: Final = Problem(
    "yaml-too-large", f"nested more than {limits.MAX_DEPTH} levels deep"
)
TOO_LARGE: Final = Problem(
    "yaml-too-large",
    f"this file expands to more than {limits.MAX_VALUES:,} values (aliases included)",
    "use fewer aliases of aliases, or several files",
)
TOO_MANY: Final = Problem(
    "yaml-too-large",
    "more than {limit:,} entries in one mapping or list",
    "use several files",
)
TOO_LONG: Final = Problem(
    "yaml-too-large", f"a text of more than {limits.MAX_TEXT:,} characters"
)
ENDLESS: Final = Problem(
    "yaml-too-large",
    "the alias '*{name}' stands inside its own anchor and never ends",
    "move the anchor to the part that is to be repeated",
)
UNKNOWN_ALIAS: Final = Problem(
    "yaml-syntax",
    "the alias '*{name}' has no anchor '&{name}' before it in this file",
    "put the text in quotes if a plain '*' is meant",
)
DUPLICATE: Final = Problem(
    "duplicate-key",
    "'{key}' stands twice in one mapping, first at "
    "{first.file}:{first.line}:{first.column}",
    "remove one of the two",
)
ODD_KEY: Final = Problem(
    "yaml-syntax",
    "a key must be plain text",
    "put it in quotes: a bare '{{', '[' or '*' has a meaning of its own",
)
BAD_MERGE: Final = Problem(
    "wrong-type",
    "'<<' takes the alias of a mapping, or a list of them",
    "for example '<<: *base'",
)


def tag(name: str, place: Place) -> Finding:
    """An explicit tag; `name` is as the parser resolved it."""
    short = name.replace("tag:yaml.org,2002:", "!!")
    return (YAML_TAG if short.startswith("!!") else OWN_TAG).at(place, tag=short)
