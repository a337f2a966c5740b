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
_FITS_NOT: Final = (
    "this line fits no open mapping or list",
    "line the key up with its neighbours, and quote text that begins with a sign",
    False,
)
_DIRECTIVE: Final = (
    "a line that begins with '%' is a directive, and this one cannot be read",
    "remove it, or put the key in quotes",
    False,
)
_TAG: Final = (
    "a tag, which begins with '!', cannot be read",
    "remove it, or put text that begins with '!' in quotes",
    False,
)

# The parser's words, a message, a hint, and whether its context is the better place.
_KNOWN: Final[tuple[tuple[str, tuple[str, str, bool]], ...]] = (
    (
        "mapping values are not allowed",
        (
            "a second ': ' in one value, or a line that is indented too far",
            "put the value in quotes, or line the key up with its neighbours",
            False,
        ),
    ),
    ("did not find expected key", _FITS_NOT),
    ("expected <block end>", _FITS_NOT),
    ("expected '-' indicator", _FITS_NOT),
    (
        "could not find expected ':'",
        (
            "a key without a ':'",
            "write 'key: value', with a blank after the ':'",
            True,
        ),
    ),
    ("found unexpected end of stream", ("a quote is never closed", "close it", True)),
    ("unexpected document indicator", ("a quote is never closed", "close it", True)),
    (
        "expected ',' or ']'",
        ("a '[' is never closed", "add a ',' or a ']'", True),
    ),
    (
        "expected ',' or '}'",
        ("a '{' is never closed", "add a ',' or a '}'", True),
    ),
    (
        "node content",
        (
            "a value is missing here, or a bracket is never closed",
            "close every '[' and '{', and quote text that begins with a sign",
            False,
        ),
    ),
    (
        "block sequence entries",
        (
            "a list item where none can stand",
            "begin the list on a line of its own, or put the value in quotes",
            False,
        ),
    ),
    (
        "mapping keys are not allowed",
        ("a '? ' where no key can stand", "put the text in quotes", False),
    ),
    (
        "unknown escape",
        ("an unknown escape in double quotes", "double the '\\'", False),
    ),
    (
        "hexdecimal",
        (
            "an escape in double quotes lacks digits",
            "write it as '\\x41' or '\\u0041', or double the '\\'",
            False,
        ),
    ),
    (
        "alphabetic or numeric",
        (
            "a '&' or '*' without a name after it",
            "put the text in quotes, or write the name of an anchor",
            False,
        ),
    ),
    (
        "tab character",
        (
            "a tab stands where YAML takes only spaces",
            "write spaces instead of the tab",
            False,
        ),
    ),
    (
        "comment or line break",
        (
            "text stands on the line of a '|' or '>'",
            "put the text on the next lines, indented, or the value in quotes",
            False,
        ),
    ),
    (
        "indentation indicator",
        (
            "the number after '|' or '>' must be 1 to 9",
            "remove the number",
            False,
        ),
    ),
    (
        "<document start>",
        (
            "text after the end of the document, or after a '%' line",
            "remove the '...' or '%' line before it",
            False,
        ),
    ),
    *(
        (words, _TAG)
        for words in ("tag handle", "tag URI", "expected '>'", "'!'", "whitespace or")
    ),
    *(
        (words, _DIRECTIVE)
        for words in ("directive", "version number", "YAML document", "alphabetical")
    ),
)
_OTHER: Final = (
    "the file cannot be read as YAML from here on",
    "check the quotes, brackets and indentation of this line and the one before",
    False,
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
    row = next((row for words, row in _KNOWN if words in problem), _OTHER)
    message, hint, earlier = row
    mark, context = error.problem_mark or error.context_mark, error.context_mark
    here = _place(text, file, mark)
    if "expected ','" in problem and context:
        message, hint, earlier = _unseparated(text, context, here, row)
    if earlier and context:
        here = _place(text, file, context)
    elif row is _FITS_NOT or "cannot start any token" in problem:
        message, hint = _stray(text, here, (message, hint))
    if earlier and _from(text, here)[:1] in ("[", "{") and "closed" not in message:
        message, hint = f"a '{_from(text, here)[0]}' is never closed", "close it"
    return Finding("yaml-syntax", message, here, hint=hint)


def _place(text: str, file: str, mark: yaml.Mark | None) -> Place:
    if mark is None:
        return Place(file, 1, 1)
    return _inside(text, Place(file, mark.line + 1, mark.column + 1))


def _from(text: str, place: Place) -> str:
    """The rest of a line, from a place on."""
    return split_lines(text)[place.line - 1][place.column - 1 :]


def _unseparated(
    text: str, opened: yaml.Mark, here: Place, never: tuple[str, str, bool]
) -> tuple[str, str, bool]:
    """Tell a bracket that is never closed from an item without its comma."""
    lines = split_lines(text)[opened.line :]
    rest = "\n".join([lines[0][opened.column :], *lines[1:]])
    opens, closes = ("[", "]") if rest.startswith("[") else ("{", "}")
    if rest.count(opens) > rest.count(closes) or not _from(text, here).strip():
        return never
    where = (
        f"of line {opened.line + 1}" if opened.line + 1 != here.line else "before it"
    )
    message = f"a ',' is missing before this, or a '{closes}' for the '{opens}' {where}"
    return message, f"add a ',' after the item before, or a '{closes}'", False


def _inside(text: str, place: Place) -> Place:
    """Move a place beyond the last written line to the end of that line."""
    lines = split_lines(text.rstrip())
    if place.line <= len(lines):
        return place
    return Place(place.file, len(lines), max(1, len(lines[-1])))


def _stray(text: str, place: Place, other: tuple[str, str]) -> tuple[str, str]:
    """What stands at a place where nothing can be read."""
    line = split_lines(text)[place.line - 1]
    before, rest = line[: place.column - 1].rstrip(), line[place.column - 1 :]
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent and rest.lstrip() == line.lstrip():
        return "a tab is used for indentation", "YAML indents with spaces"
    if rest.startswith("\t"):
        return (
            "a tab stands where YAML takes only spaces",
            "write spaces instead of the tab",
        )
    if rest[:1] in ("@", "`", "%"):
        return f"a plain value cannot start with '{rest[:1]}'", _QUOTE
    if rest[:1] in ("]", "}"):
        return f"a '{rest[0]}' that closes nothing", "remove it, or open the bracket"
    if before[-1:] in ("'", '"'):
        return "text after a closing quote", "put the whole value in one pair of quotes"
    if before[-1:] in ("]", "}"):
        return "text after a closing bracket", "put the whole value in quotes"
    return other


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
