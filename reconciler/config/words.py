"""How values and names appear in messages: escaped, cut short, never secret."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from reconciler.config.variables import Filled

_LONGEST: Final = 60
_TYPES: Final = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}


def clean(text: str) -> str:
    """Escape what a terminal would obey, and cut what nobody would read."""
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)


def quote(text: str) -> str:
    """A name in single quotes."""
    return f"'{clean(text)}'"


def value(found: object, *, secret: bool = False) -> str:
    """A value of the file with what it is: `the text "12"`, `a list`."""
    if isinstance(found, Filled):
        return f"the value of {clean(found.label)}"
    if isinstance(found, str):
        return "this text" if secret else f'the text "{clean(found)}"'
    if isinstance(found, dict | list):
        return "a mapping" if isinstance(found, dict) else "a list"
    if found is None:
        return "empty"
    if isinstance(found, bool):
        return "true" if found else "false"
    return "this number" if secret else f"the number {found}"


def types(names: Iterable[str]) -> str:
    """The types a schema allows, as a person would say it; null goes unsaid."""
    said = [_TYPES[name] for name in names if name != "null"] or ["null"]
    return " or ".join(said)


def one_of(allowed: Iterable[object]) -> str:
    """A list of allowed values."""
    said = [
        f"'{v}'" if isinstance(v, str) else str(v) for v in allowed if v is not None
    ]
    return said[0] if len(said) == 1 else "one of " + ", ".join(said)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.76) -> str:
    """The known spelling that is nearest, or nothing."""
    known = list(known)
    found = difflib.get_close_matches(word, known, n=1, cutoff=cutoff)
    # Two letters swapped in a short word weigh too much for the ratio.
    swapped = [name for name in known if sorted(name) == sorted(word)]
    return (found or swapped or [""])[0]
