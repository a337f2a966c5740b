"""What is said about a key of the config, and about what an entry ends up with.

Values for `explain` and `effective`: made from the schema and from the files, put
into words elsewhere. Nothing in them is secret: what must not be shown is a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.core.model import KindName, Path, Place

TYPE_WORDS: Final[Mapping[str, str]] = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "object": "mapping",
    "array": "list",
}
"""JSON Schema's types as people say them."""


@dataclass(frozen=True, slots=True)
class Key:
    """The documentation of one key of the config.

    `path` has "*" where any name, number or list item may stand; () is the file.
    `types` and `item_types` are JSON Schema's words, `nullable` apart; the latter is
    what a list holds. `default` is empty where Daily documents none, else one value.
    `range` and `form` are sentences. `inherited` says that a room which does not set
    the key gets what the domain has set. `keys` are the names below, each with its
    title, and `any_name` is what "*" stands for: a name, or an item of a list.
    """

    path: Path
    title: str = ""
    description: str = ""
    types: tuple[str, ...] = ()
    item_types: tuple[str, ...] = ()
    nullable: bool = False
    required: bool = False
    default: tuple[object, ...] = ()
    allowed: tuple[object, ...] = ()
    range: str = ""
    form: str = ""
    inherited: bool = False
    secret: bool = False
    unordered: bool = False
    paid: bool = False
    deprecated: bool = False
    examples: tuple[object, ...] = ()
    docs: str = ""
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The path as people write it; empty for the whole file."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Value:
    """One value that an entry ends up with, and the place of its key.

    `inherits` says that it comes from the defaults. `over` is where a default
    stands that this value displaces.
    """

    path: Path
    value: object
    place: Place
    inherits: bool = False
    over: Place | None = None


@dataclass(frozen=True, slots=True)
class Effective:
    """A room or number with the defaults applied, in the order of the file."""

    kind: KindName
    key: str
    place: Place
    absent: bool
    takes_defaults: bool
    values: tuple[Value, ...]
