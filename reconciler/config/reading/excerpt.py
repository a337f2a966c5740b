"""The marked line of a finding as it may be shown: secrets masked, controls gone.

Masked are the values that stand at secret places of the file, wherever a line or a
message repeats them, and what may be secret by the text around it (`suspects`). Where
the YAML itself is broken, long random-looking words go too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from reconciler.config.reading import suspects
from reconciler.config.reading.positions import Document, split_lines
from reconciler.core.findings import Finding
from reconciler.core.model import Path, Place
from reconciler.core.secrecy import is_secret_key, sounds_secret

_MASK: Final = "***"
_FARTHEST: Final = 300
_SHORTEST: Final = 4
_DEFAULT: Final = re.compile(r"(\$\{\w*)[^\w}][^}]*")
_RANDOM: Final = re.compile(r"(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])[\w+/=-]{20,}")
_VALUE: Final = re.compile(r"(:\s+).+")
_QUOTED: Final = re.compile(
    r"(?<=')[^']*(?=')|(?<=\")[^\"]*(?=\")|(?<=[\[{])[^\]}]*(?=[\]}])"
)


@dataclass(frozen=True, slots=True)
class _Source:
    """The lines of one file, and the words of its secret values if it can be read."""

    lines: list[str]
    secrets: tuple[str, ...]
    readable: bool
    blocks: dict[int, bool] = field(default_factory=dict)
    """Whether a block of lines may hold a secret, as far as that was asked."""

    def around(self, place: Place) -> tuple[list[str], int] | None:
        """The lines around a place, and the index among them; None if all are clean."""
        line = place.line - 1
        first = max(0, line - suspects.BACK) // suspects.BLOCK
        last = (line + suspects.AHEAD) // suspects.BLOCK
        for block in range(first, last + 1):
            if block not in self.blocks:
                self.blocks[block] = suspects.any_in(self.lines, block)
            if self.blocks[block]:
                return suspects.near(self.lines, line, place.column)
        return None


def marked(
    findings: Iterable[Finding],
    documents: Iterable[Document],
    texts: Mapping[str, str],
) -> tuple[Finding, ...]:
    """Give each finding its source line; `texts` are the files by name, as read."""
    readable = {document.file: document for document in documents}
    sources: dict[str, _Source] = {}
    shown = []
    for finding in findings:
        place = finding.place
        if place is None or place.line == 0 or place.file not in texts:
            shown.append(finding)
            continue
        if place.file not in sources:
            sources[place.file] = _source(texts[place.file], readable.get(place.file))
        source = sources[place.file]
        line = _printable(_line(source, finding, place))
        shown.append(_with_line(_hushed(finding, source, place), place, line))
    return tuple(shown)


def _source(text: str, document: Document | None) -> _Source:
    lines = split_lines(text.removeprefix("\ufeff"))
    return _Source(lines, _secrets(document), document is not None)


def _hushed(finding: Finding, source: _Source, place: Place) -> Finding:
    """The finding without words that are, or may be, secret."""
    words = set(source.secrets)
    if (around := source.around(place)) is not None:
        words |= set(filter(suspects.is_word, suspects.words(*around)))
    if not words:
        return finding

    def hush(text: str) -> str:
        for secret in source.secrets:
            text = text.replace(secret, _MASK)
        return _QUOTED.sub(lambda quoted: _covered(quoted[0], words), text)

    return replace(
        finding,
        message=hush(finding.message),
        hint=hush(finding.hint),
        hidden=tuple(
            index
            for index, step in enumerate(finding.path)
            if _covered(step, words) != step
        ),
    )


def _covered(text: str, words: Iterable[str]) -> str:
    """A quoted text, or a mask where it has one of the words, be it cut short."""
    cut = re.split(r"[^\w]", text.removesuffix("…"))[-1] if text.endswith("…") else ""
    for word in words:
        if word[:20] in text or (len(cut) >= _SHORTEST and word.startswith(cut)):
            return _MASK
    return text


def _with_line(finding: Finding, place: Place, line: str) -> Finding:
    # The caret must not tell how long a secret is.
    if line.startswith(_MASK, place.column - 1):
        place = replace(place, width=len(_MASK))
    return replace(finding, place=place, source=line)


def _line(source: _Source, finding: Finding, place: Place) -> str:
    """The line without its secrets; nothing where the caret would be off the page."""
    if place.line > len(source.lines) or place.column > _FARTHEST:
        return ""
    line = source.lines[place.line - 1][: 2 * _FARTHEST]
    around = source.around(place)
    start = suspects.secret_from(*around) if around else None
    if start is not None and start < len(line):
        line = line[:start] + _MASK
    for secret in source.secrets:
        line = line.replace(secret, _MASK)
    if finding.id == "bad-variable":
        line = _DEFAULT.sub(rf"\1{_MASK}", line)
    if finding.id == "unknown-property" and sounds_secret(finding.path):
        line = _VALUE.sub(rf"\1{_MASK}", line)
    return line if source.readable else _RANDOM.sub(_MASK, line)


def _secrets(document: Document | None) -> tuple[str, ...]:
    """The words of all secret values, longest first."""
    if document is None:
        return ()
    found = {
        word
        for value in _values(document.data, ())
        for word in value.split()
        if len(word) >= _SHORTEST
    }
    return tuple(sorted(found, key=len, reverse=True))


def _values(container: Any, path: Path) -> Iterator[str]:
    items = container.items() if isinstance(container, dict) else enumerate(container)
    for step, value in items:
        at = (*path, str(step))
        if isinstance(value, dict | list):
            yield from _values(value, at)
        elif type(value) is str and is_secret_key(at):  # not one that was filled in
            yield value


def _printable(line: str) -> str:
    """One character for one, so that the caret stays where it belongs."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "?" for c in line)
