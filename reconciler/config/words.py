"""How values and names appear in messages: escaped, cut short, never secret."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from reconciler.config.variables import Filled
from reconciler.core.key_docs import TYPE_WORDS
from reconciler.core.text import brief

_WITHOUT_ARTICLE: Final = frozenset({"string", "boolean"})


def value(found: object, *, secret: bool = False) -> str:
    """A value of the file with what it is: `the text "12"`, `a list`."""
    if isinstance(found, Filled):
        return f"the value of {brief(found.label)}"
    if isinstance(found, str):
        return "this text" if secret else f'the text "{brief(found)}"'
    if isinstance(found, dict | list):
        return "a mapping" if isinstance(found, dict) else "a list"
    if found is None:
        return "empty"
    if isinstance(found, bool):
        return "true" if found else "false"
    return "this number" if secret else f"the number {found}"


def types(names: Iterable[str]) -> str:
    """The types a schema allows, as a person would say it; null goes unsaid."""
    said = [_type(name) for name in names if name != "null"] or ["null"]
    return " or ".join(said)


def _type(name: str) -> str:
    return TYPE_WORDS[name] if name in _WITHOUT_ARTICLE else f"a {TYPE_WORDS[name]}"


def one_of(allowed: Iterable[object]) -> str:
    """A list of allowed values."""
    said = [
        f"'{v}'" if isinstance(v, str) else json.dumps(v)
        for v in allowed
        if v is not None
    ]
    return said[0] if len(said) == 1 else "one of " + ", ".join(said)
