"""Several documents as one config: whose part stands where, and what wins.

`version`, `domain`, `dialin_store`, `limits` and `ledger` stand in one file; a room, a
number or a default that is written twice is a finding that names both places. Defaults
lie under a room property by property: objects and lists are taken whole. A room's own
`exp` displaces a default `expires`, and the other way round: they mean one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.config.reading.positions import Document
from reconciler.core.findings import Finding
from reconciler.core.model import KindName, Path, Place
from reconciler.core.text import nearest, quote

SINGLE: Final = ("version", "domain", "dialin_store", "limits", "ledger")
SECTIONS: Final[Mapping[KindName, str]] = {"number": "phone_numbers", "room": "rooms"}
SPREAD: Final = frozenset({"properties", "extra_properties"})
"""The parts of a room that defaults fill property by property."""


_STATES: Final = ("present", "absent")
_BY_DEFAULT: Final = "a room with these defaults"


@dataclass(frozen=True, slots=True)
class Defaults:
    """`defaults.rooms` of all files, and which document wrote each part."""

    body: dict[str, Any] = field(default_factory=dict)
    owners: dict[Path, Document] = field(default_factory=dict)

    def document(self, path: Path) -> Document | None:
        """The document that wrote the default at this path."""
        return self.owners.get(path[:2]) or self.owners.get(path[:1])


@dataclass(frozen=True, slots=True)
class Entry:
    """One room or number as written, and the defaults beneath it.

    `body` is the written part, `merged` the whole. Paths are inside the entry:
    `("properties", "exp")`.
    """

    kind: KindName
    key: str
    document: Document
    body: Mapping[str, Any]
    merged: Mapping[str, Any]
    defaults: Defaults | None = None

    @property
    def root(self) -> Path:
        """Where the entry stands in its document."""
        return (SECTIONS[self.kind], self.key)

    @property
    def name(self) -> str:
        """The entry in a message: room 'lobby'."""
        return f"{self.kind} {quote(self.key)}"

    def named(self, path: Path) -> str:
        """Who has the value at this path: the room, or any with these defaults."""
        return self.name if self._origin(path)[1] == self.root else _BY_DEFAULT

    @property
    def absent(self) -> bool:
        """Whether the entry is to be removed."""
        return self.body.get("state") == "absent"

    @property
    def is_clear(self) -> bool:
        """Whether it is a mapping, and its `state` tells if it is to be removed.

        Of one that is not clear, nothing is missing before that is mended.
        """
        written = self.document.data[self.root[0]][self.key]
        if written is not None and not isinstance(written, dict):
            return False
        return self.body.get("state", "present") in _STATES

    def misspells(self, name: str, path: Path = ()) -> bool:
        """Whether a key at a path is not this one, and was likely meant to be."""
        here: Any = self.body
        for step in path:
            here = here.get(step) if isinstance(here, dict) else None
        keys = here if isinstance(here, dict) else {}
        return name not in keys and bool(nearest(name, map(str, keys)))

    def key_place(self, path: Path = ()) -> Place:
        """Where a key of the entry is written, in the defaults if need be."""
        document, root = self._origin(path)
        return document.key_place((*root, *path))

    def place(self, path: Path) -> Place:
        """Where a value of the entry is written, in the defaults if need be."""
        document, root = self._origin(path)
        return document.place((*root, *path))

    def writes(self, path: Path) -> bool:
        """Whether the entry itself writes this part, rather than the defaults."""
        here: Any = self.body
        for step in path[: 2 if path[0] in SPREAD else 1]:
            if not isinstance(here, dict) or step not in here:
                return False
            here = here[step]
        return True

    def at(self, id_: str, message: str, path: Path, hint: str) -> Finding:
        """A finding at a value; one of the defaults is the same for every room."""
        root = self._origin(path)[1]
        return Finding(id_, message, self.place(path), hint, (*root, *path))

    def at_key(self, id_: str, message: str, path: Path, hint: str) -> Finding:
        """A finding at a key."""
        root = self._origin(path)[1]
        return Finding(id_, message, self.key_place(path), hint, (*root, *path))

    def _origin(self, path: Path) -> tuple[Document, Path]:
        if path and self.defaults and not self.writes(path):
            document = self.defaults.document(path)
            if document:
                return document, ("defaults", "rooms")
        return self.document, self.root


@dataclass(frozen=True, slots=True)
class Gathered:
    """All documents together. `single` holds what stands in one file only."""

    single: dict[str, tuple[Document, Any]]
    defaults: Defaults
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]

    def of_kind(self, kind: KindName) -> tuple[Entry, ...]:
        """The entries of one kind, in the order of the files."""
        return tuple(entry for entry in self.entries if entry.kind == kind)


def gather(documents: Iterable[Document]) -> Gathered:
    """Lay the documents together; a part of the wrong shape is left out."""
    documents = tuple(documents)
    findings: list[Finding] = []
    single: dict[str, tuple[Document, Any]] = {}
    for document in documents:
        for key in SINGLE:
            if key in document.data:
                if key in single:
                    first = single[key][0].key_place((key,))
                    findings.append(_twice(key, document.key_place((key,)), first))
                else:
                    single[key] = (document, document.data[key])
    defaults = _defaults(documents, findings)
    entries = tuple(
        entry
        for kind in SECTIONS
        for entry in _entries(kind, documents, defaults, findings)
    )
    return Gathered(single, defaults, entries, tuple(findings))


def _defaults(documents: Iterable[Document], findings: list[Finding]) -> Defaults:
    found = Defaults()
    for document in documents:
        rooms = _mapping(_mapping(document.data.get("defaults")).get("rooms"))
        for section, value in rooms.items():
            if section in SPREAD and isinstance(value, dict):
                target = found.body.setdefault(section, {})
                parts: list[tuple[Path, Any]] = [
                    ((section, name), item) for name, item in value.items()
                ]
            else:
                target, parts = found.body, [((section,), value)]
            for path, item in parts:
                if path in found.owners:
                    root = ("defaults", "rooms", *path)
                    place = document.key_place(root)
                    first = found.owners[path].key_place(root)
                    name = f"the default {'.'.join(path)}"
                    findings.append(_twice(name, place, first))
                else:
                    found.owners[path] = document
                    target[path[-1]] = item
    return found


def _entries(
    kind: KindName,
    documents: Iterable[Document],
    defaults: Defaults,
    findings: list[Finding],
) -> Iterable[Entry]:
    section = SECTIONS[kind]
    seen: dict[str, Document] = {}
    for document in documents:
        for key, body in _mapping(document.data.get(section)).items():
            if key in seen:
                place = document.key_place((section, key))
                first = seen[key].key_place((section, key))
                findings.append(_twice(f"{kind} {quote(key)}", place, first))
                continue
            seen[key] = document
            body = _mapping(body)
            takes = kind == "room" and body.get("defaults") is not False
            if not takes or not defaults.body or body.get("state") == "absent":
                yield Entry(kind, key, document, body, body)
            else:
                merged = _merged(body, defaults.body)
                yield Entry(kind, key, document, body, merged, defaults)


def _merged(body: Mapping[str, Any], under: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**under, **body}
    for section in SPREAD & under.keys() & body.keys():
        if isinstance(under[section], dict) and isinstance(body[section], dict):
            merged[section] = {**under[section], **body[section]}
    own = _mapping(body.get("properties"))
    if "exp" in own and "expires" not in body:
        merged.pop("expires", None)
    elif "expires" in body and "exp" not in own and "properties" in merged:
        properties = _mapping(merged["properties"])
        merged["properties"] = {k: v for k, v in properties.items() if k != "exp"}
    return merged


def room_properties(body: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a room, with the extra ones laid into their objects."""
    properties = _mapping(body.get("properties"))
    return _laid(properties, spread(_mapping(body.get("extra_properties"))))


def spread(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Extra properties with each dotted key (`sip.codecs`) as nested objects."""
    found: dict[str, Any] = {}
    for name, value in extra.items():
        for step in reversed(name.split(".")):
            value = {step: value}
        found = _laid(found, value)
    return found


def _laid(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping over another, key by key at every depth."""
    found = dict(under)
    for key, value in over.items():
        below = found.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            value = _laid(below, value)
        found[key] = value
    return found


def _twice(name: str, place: Place, first: Place) -> Finding:
    return Finding(
        "defined-twice",
        f"{name} is written twice, first at {first.file}:{first.line}:{first.column}",
        place,
        hint="keep one of the two",
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
