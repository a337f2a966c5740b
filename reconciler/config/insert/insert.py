"""Adding rooms and numbers to a file that people wrote: insertions, nothing else.

The file is not written anew. Where a section ends is asked of YAML's own events, new
text goes in there, and the result is read back: it must hold everything that was
there and everything that was added. Where no place passes that test, nothing is
merged. So anchors, block texts and odd layouts cost a message, never a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.config.insert.layout import BOM, Lines, Section, Style, scan, style_of
from reconciler.config.reading.parse import parse
from reconciler.core.compare.diff import same
from reconciler.errors import ReconcilerError


@dataclass(frozen=True, slots=True)
class Addition:
    """One entry to add: as a block from the first column, and on one line."""

    key: str
    block: Sequence[str]
    flow: str


def merge(text: str, additions: Mapping[str, Sequence[Addition]]) -> str:
    """The text with entries added at the end of their sections.

    Args:
        text: a file that is valid, and has none of the entries.
        additions: by section; a section that is missing is added at the end.

    Raises:
        ReconcilerError: the file is laid out in a way in which that cannot be done.
    """
    mark = BOM if text.startswith(BOM) else ""
    text = text.removeprefix(BOM)
    for section, entries in additions.items():
        if entries:
            text = _with_section(text, section, entries)
    return mark + text


def _with_section(text: str, section: str, entries: Sequence[Addition]) -> str:
    wanted = _expected(text, section, entries)
    for candidate in _candidates(text, section, entries):
        read = parse(candidate, "merged").document
        if read and same(read.data, wanted) and list(read.data) == list(wanted):
            return candidate
    raise ReconcilerError(
        f"nothing can be added to '{section}' as it is laid out in this file",
        tip=f"write '{section}:' as an indented block without anchors, or run import "
        "without --merge and copy what is missing",
    )


def _expected(text: str, section: str, entries: Sequence[Addition]) -> dict[str, Any]:
    document = parse(text, "file").document
    data = dict(document.data) if document else {}
    added: dict[str, Any] = {}
    for entry in entries:
        read = parse("\n".join(entry.block), "addition").document
        added |= read.data if read else {}
    here = data.get(section)
    data[section] = {**(here if isinstance(here, dict) else {}), **added}
    return data


def _candidates(text: str, section: str, entries: Sequence[Addition]) -> Iterator[str]:
    """Ways to add the entries, the most beautiful first."""
    root, style = scan(text), style_of(text)
    lines = Lines(text)
    here = root.sections.get(section)
    if root.flow:
        return
    if here is None:
        block = _section_block(section, entries, style, root.column)
        for line in lines.ends(root.end, root.column, root.first):
            yield lines.insert(line, block, style, apart=True)
    elif here.is_mapping and here.flow:
        yield from _in_braces(text, lines.offset(here.end) - 1, here, entries, style)
    elif here.is_mapping or here.empty:
        column = here.keys[0].column if here.keys else here.key.column + style.step
        block = [" " * column + line for entry in entries for line in entry.block]
        first = here.keys[-1].line if here.keys else here.key.line
        below = root.below(here)
        for line in lines.ends(below, column, first):
            yield lines.insert(line, block, style)


def _section_block(
    section: str, entries: Sequence[Addition], style: Style, column: int
) -> list[str]:
    pad = " " * style.step
    inside = [pad + line for entry in entries for line in entry.block]
    return [" " * column + line for line in (f"{section}:", *inside)]


def _in_braces(
    text: str, brace: int, here: Section, entries: Sequence[Addition], style: Style
) -> Iterator[str]:
    pad = style.newline + " " * (here.key.column + style.step)
    inside = ",".join(pad + entry.flow for entry in entries)
    close = style.newline + " " * here.key.column
    for comma in ("," if here.keys else "", ""):
        yield text[:brace] + comma + inside + close + text[brace:]
