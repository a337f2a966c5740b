"""How a file is laid out: where its sections stand, and where each of them ends.

Asked of YAML's own events rather than of the lines, so that comments, block texts
and braces are what YAML takes them for. Spots count from 0.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reconciler.config.reading.positions import split_lines
from reconciler.errors import ReconcilerError

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BREAK: Final = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_NOTE: Final = re.compile(r"[ \t]*(?:#.*)?")
BOM: Final = "\ufeff"
_STARTS: Final = (MappingStartEvent, SequenceStartEvent)
_ENDS: Final = (MappingEndEvent, SequenceEndEvent)


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is laid out: spaces per level, and what ends a line."""

    step: int = 2
    newline: str = "\n"


@dataclass(frozen=True, slots=True)
class Spot:
    """A line and a column of it."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Section:
    """A key of the file's top level.

    `start` and `end` belong to its value, `keys` are the keys inside. `inner`: how
    many columns further in the keys of an entry stand than the entry.
    """

    key: Spot
    start: Spot
    end: Spot
    is_mapping: bool
    flow: bool
    empty: bool
    keys: tuple[Spot, ...] = ()
    inner: int | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """The top level of a file.

    `first`: the line of its last key. `end`: the first line that is not part of it.
    """

    sections: Mapping[str, Section]
    flow: bool
    column: int
    first: int
    end: int

    def below(self, section: Section) -> int:
        """The line of what comes after a section."""
        later = (s.key.line for s in self.sections.values())
        return min((at for at in later if at > section.key.line), default=self.end)


def style_of(text: str) -> Style:
    """The layout of a file, by its rooms and numbers; two spaces where it has none."""
    newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    root = scan(text.removeprefix(BOM))
    for section in root.sections.values():
        if section.inner:
            return Style(section.inner, newline)
    for section in root.sections.values():
        if section.keys and not section.flow and section.keys[0].column:
            return Style(section.keys[0].column - section.key.column, newline)
    return Style(2, newline)


def scan(text: str) -> Root:
    """Where each key of the top level begins and ends."""
    source = _LOADER(text)
    try:
        events: Iterator[Any] = iter(source.get_event, None)
        root: Any = next(itertools.islice(events, 2, None), None)
        if type(root) is not MappingStartEvent:
            raise ReconcilerError("the file has no keys to add to")
        sections: dict[str, Section] = {}
        key: Any
        while type(key := next(events)) is not MappingEndEvent:
            section = _section(key, next(events), events)
            sections[str(getattr(key, "value", ""))] = section
        end = _start(key)
    finally:
        source.dispose()
    first = max((s.key.line for s in sections.values()), default=0)
    column = _start(root).column
    # Without a newline at its end, the file ends in its last line.
    below = end.line + (end.column > 0)
    return Root(sections, bool(root.flow_style), column, first, below)


def _section(key: Any, value: Any, events: Iterator[Any]) -> Section:
    is_mapping = type(value) is MappingStartEvent
    end = value
    keys: list[Spot] = []
    inner: int | None = None
    depth = int(type(value) in _STARTS)
    at_key = True
    while depth:
        end = next(events)
        if depth == 1 and is_mapping and type(end) is not MappingEndEvent:
            if at_key:
                keys.append(_start(end))
            at_key = not at_key
        depth += (type(end) in _STARTS) - (type(end) in _ENDS)
        if inner is None and depth == 2 and type(end) is ScalarEvent:
            inner = _inner(keys, end)
    empty = type(value) is ScalarEvent and value.value == "" and value.implicit[0]
    flow = bool(getattr(value, "flow_style", False))
    return Section(
        _start(key),
        _start(value),
        _end(end),
        is_mapping,
        flow,
        empty,
        tuple(keys),
        inner,
    )


def _inner(keys: Sequence[Spot], event: Any) -> int | None:
    """How much further in the keys of an entry stand than the entry."""
    mark = event.start_mark
    if not keys or mark.line == keys[-1].line or mark.column <= keys[-1].column:
        return None
    return int(mark.column - keys[-1].column)


def _start(event: Any) -> Spot:
    return Spot(event.start_mark.line, event.start_mark.column)


def _end(event: Any) -> Spot:
    return Spot(event.end_mark.line, event.end_mark.column)


class Lines:
    """A text by its lines, as YAML counts them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = split_lines(text)
        self.starts = [0, *(match.end() for match in _BREAK.finditer(text))]

    def offset(self, spot: Spot) -> int:
        """Where in the text a spot is."""
        return self.starts[spot.line] + spot.column

    def ends(self, below: int, column: int, first: int) -> Iterator[int]:
        """Lines before which something can be added to what ends above `below`.

        The best one comes after the last comment that is indented as the entries
        are; then one after the last content, then one right before what follows.
        """
        last = below
        while last > first + 1 and self._is_note(last - 1, column):
            last -= 1
        content = last
        while content > first + 1 and self._is_note(content - 1, 0, comments=True):
            content -= 1
        yield from dict.fromkeys((last, content, below))

    def _is_note(self, line: int, column: int, *, comments: bool = False) -> bool:
        """Tell whether a line is blank, or a comment of what follows."""
        if line >= len(self.lines) or not _NOTE.fullmatch(self.lines[line]):
            return line >= len(self.lines)
        text = self.lines[line]
        indent = len(text) - len(text.lstrip())
        return comments or not text.strip() or indent < column

    def insert(
        self, line: int, block: Sequence[str], style: Style, *, apart: bool = False
    ) -> str:
        """The text with a block before a line; `apart`: after an empty line."""
        at = self.starts[line] if line < len(self.starts) else len(self.text)
        before, after = self.text[:at], self.text[at:]
        if before and not _BREAK.search(before[-1]):
            before += style.newline
        gap = apart and before.strip() and not before.endswith(style.newline * 2)
        new = [*([""] if gap else []), *block]
        return before + "".join(one + style.newline for one in new) + after
