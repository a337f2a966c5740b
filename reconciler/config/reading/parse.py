"""The walk over YAML events that turns one text into a Document and findings.

Built on libyaml's event stream, with no node graph: four times faster and half the
memory of composing nodes, and the pure-Python parser yields the same events.
Mappings, lists and scalars come out as JSON values; keys are always text.

One syntax error ends a file, because nothing after it can be trusted; everything
else (duplicate keys, tags, unknown aliases) is collected and reading goes on.
Values are counted as they are met, an alias as what it stands for, so that a bomb
stops the walk before anything is multiplied.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from reconciler.config.reading import limits, problems
from reconciler.config.reading.positions import TO_END, Document, Spot, pack, unpack
from reconciler.config.reading.scalars import NotJsonNumberError, resolve
from reconciler.core.findings import Finding
from reconciler.core.model import Place

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What reading one text gave. `document` is None where its syntax is broken."""

    document: Document | None
    findings: tuple[Finding, ...]


class _StopError(Exception):
    """Reading cannot go on; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def parse(text: str, file: str, *, loader: Any = _LOADER) -> Parsed:
    """Read one text; an empty one is an empty mapping. Never raises.

    `loader` is a PyYAML loader class, used as a source of events only.
    """
    text = text.removeprefix("\ufeff")
    if unfit := problems.unfit_character(text, file):
        return Parsed(None, (unfit,))
    source = loader(text)
    builder = _Builder(file, source.get_event)
    try:
        data = builder.document()
    except _StopError as stop:
        return Parsed(None, (*builder.findings, stop.finding))
    except yaml.MarkedYAMLError as error:
        return Parsed(None, (*builder.findings, problems.broken(error, text, file)))
    finally:
        source.dispose()
    document = Document(file, text, data, builder.spots, builder.starts)
    return Parsed(document, tuple(builder.findings))


class _Builder:
    """The state of one walk: where we are, and what has been found so far."""

    __slots__ = (
        "_anchors",
        "_count",
        "_depth",
        "_file",
        "_next",
        "_open",
        "_plain",
        "_texts",
        "findings",
        "spots",
        "starts",
    )

    def __init__(self, file: str, next_event: Callable[[], Any]) -> None:
        self._file = file
        self._next = next_event
        self._plain: dict[str, Any] = {}
        self._texts: dict[str, str] = {}
        self._anchors: dict[str, tuple[object, int]] = {}
        self._open: set[str] = set()
        self._depth = self._count = 0
        self.findings: list[Finding] = []
        self.spots = array("Q")
        self.starts: dict[int, int] = {}

    def document(self) -> dict[str, object]:
        """Read the only document of the stream; it must be a mapping."""
        next_event = self._next
        next_event()
        if isinstance(next_event(), StreamEndEvent):
            return {}
        event = next_event()
        data = self._value(event)
        next_event()
        if isinstance(after := next_event(), DocumentStartEvent):
            raise _StopError(problems.SECOND_DOCUMENT.at(self._place(after)))
        if isinstance(data, dict):
            return data
        if data is not None:
            self.findings.append(problems.NOT_A_MAPPING.at(self._place(event)))
        return {}

    def _value(self, event: Any) -> object:
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event)
        if event.tag is not None:
            self._found(problems.tag(event.tag, self._place(event)))
        self._counted(1, event)
        if kind is not ScalarEvent:
            return self._container(event, kind)
        value = self._scalar(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        return value

    def _scalar(self, event: Any) -> object:
        text = event.value
        if len(text) > limits.MAX_TEXT:
            raise _StopError(problems.TOO_LONG.at(replace(self._place(event), width=1)))
        if not event.implicit[0]:
            return self._texts.setdefault(text, text)
        value = self._plain.get(text, _MISSING)
        if value is _MISSING:
            try:
                value = self._plain[text] = resolve(text)
            except NotJsonNumberError:
                self._found(problems.NOT_A_NUMBER.at(self._place(event)))
                value = text
        return value

    def _container(self, event: Any, kind: type) -> object:
        self._depth += 1
        if self._depth > limits.MAX_DEPTH:
            raise _StopError(problems.TOO_DEEP.at(self._place(event)))
        before, anchor = self._count - 1, event.anchor
        if anchor is not None:
            self._open.add(anchor)
        read = self._mapping if kind is MappingStartEvent else self._sequence
        value = read()
        if anchor is not None:
            self._open.discard(anchor)
            self._anchors[anchor] = (value, self._count - before)
        self._depth -= 1
        return value

    def _mapping(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        places: list[Spot] = []
        merges: list[tuple[Any, Any]] = []
        next_event, texts, left = self._next, self._texts, self._allowed()
        while type(event := next_event()) is not MappingEndEvent:
            if type(event) is not ScalarEvent or event.tag or event.anchor:
                self._odd_key(event)
            key = texts.setdefault(event.value, event.value)
            left -= 1
            if left < 0 or len(key) > limits.MAX_TEXT:
                raise _StopError(self._excess(event, left))
            below = next_event()
            spot, value_spot = _spot(event), _spot(below)
            value = self._value(below)
            if key == "<<" and event.implicit[0]:
                merges.append((event, value))
            elif key in found:
                first = unpack(places[2 * list(found).index(key)], self._file)
                self._found(
                    problems.DUPLICATE.at(self._place(event), key=key, first=first)
                )
            else:
                found[key] = value
                places.append(spot)
                places.append(value_spot)
        if merges:
            self._merge(found, places, merges)
        self._remember(found, places)
        return found

    def _sequence(self) -> list[Any]:
        found: list[Any] = []
        places: list[Spot] = []
        next_event, left = self._next, self._allowed()
        while type(event := next_event()) is not SequenceEndEvent:
            left -= 1
            if left < 0:
                raise _StopError(self._excess(event, left))
            spot = _spot(event)
            found.append(self._value(event))
            places.append(spot)
            places.append(spot)
        self._remember(found, places)
        return found

    def _odd_key(self, event: Any) -> None:
        if type(event) is not ScalarEvent:
            raise _StopError(problems.ODD_KEY.at(self._place(event)))
        if event.tag is not None:
            self._found(problems.tag(event.tag, self._place(event)))
        if event.anchor is not None:
            self._anchors[event.anchor] = (event.value, 1)

    def _merge(
        self, found: dict[str, Any], places: list[Spot], merges: list[tuple[Any, Any]]
    ) -> None:
        """Lay the mappings of `<<` under the keys that are written."""
        (event, value), *others = merges
        for other, _ in others:
            place, first = self._place(other), self._place(event)
            self._found(problems.DUPLICATE.at(place, key="<<", first=first))
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                self._found(problems.BAD_MERGE.at(self._place(event)))
                return
            self._counted(len(source), event)
            start = self.starts[id(source)]
            for index, (key, item) in enumerate(source.items()):
                if key not in found:
                    found[key] = item
                    at = start + 2 * index
                    places.extend(self.spots[at : at + 2])

    def _alias(self, event: Any) -> object:
        name = event.anchor
        if name in self._open:
            raise _StopError(problems.ENDLESS.at(self._place(event), name=name))
        if name not in self._anchors:
            self._found(problems.UNKNOWN_ALIAS.at(self._place(event), name=name))
            return None
        value, size = self._anchors[name]
        self._counted(size, event)
        return value

    def _counted(self, size: int, event: Any) -> None:
        self._count += size
        if self._count > limits.MAX_VALUES:
            raise _StopError(problems.TOO_LARGE.at(self._place(event)))

    def _allowed(self) -> int:
        """How many entries the container that was just opened may have."""
        return limits.MAX_ENTRIES if self._depth == 2 else limits.MAX_KEYS

    def _excess(self, event: Any, left: int) -> Finding:
        place = self._place(event)
        if left < 0:
            return problems.TOO_MANY.at(place, limit=self._allowed())
        return problems.TOO_LONG.at(replace(place, width=1))

    def _found(self, finding: Finding) -> None:
        """Keep a finding; with enough of them, reading on is of no use."""
        self.findings.append(finding)
        if len(self.findings) >= limits.MAX_ERRORS:
            raise _StopError(finding)

    def _remember(self, container: object, places: list[Spot]) -> None:
        self.starts[id(container)] = len(self.spots)
        self.spots.extend(places)

    def _place(self, event: Any) -> Place:
        return unpack(_spot(event), self._file)


def _spot(event: Any) -> Spot:
    start, end = event.start_mark, event.end_mark
    line, column = start.line, start.column
    return pack(line, column, end.column - column if end.line == line else TO_END)
