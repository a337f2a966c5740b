"""The marked line of a finding as it may be shown: secrets masked, controls gone.

Masked are the values that stand at secret places of the file, wherever a shown line
repeats them; whatever follows a key that sounds secret, since a line may be broken,
doubled or misplaced; and user info and query of addresses. Where the YAML itself is
broken, long random-looking words go too, because nobody can tell what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from reconciler.config.reading.positions import Document, split_lines
from reconciler.core.findings import Finding
from reconciler.core.model import Path, Place
from reconciler.core.secrecy import (
    SECRET_WORDS,
    is_secret_key,
    mask_address,
    sounds_secret,
)

_MASK: Final = "***"
_FARTHEST: Final = 300
_SHORTEST: Final = 4
_KEYED: Final = re.compile(
    rf"(?i)((?<!\w)(?:{'|'.join(SECRET_WORDS)}|api_?key)[\"']?\s*:\s+)"
    r"(?![\"']?\$\{\w+\}[\s,}\"']*(?:\s\#.*)?$)(?=[^\s#]).+"
)
_STREAM: Final = re.compile(r"(?i)(rtmps?://)[^\s\"']+")
_DEFAULT: Final = re.compile(r"(\$\{\w*)[^\w}][^}]*")
_RANDOM: Final = re.compile(r"(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])[\w+/=-]{20,}")
_VALUE: Final = re.compile(r"(:\s+).+")


def marked(
    findings: Iterable[Finding],
    documents: Iterable[Document],
    texts: Mapping[str, str],
) -> tuple[Finding, ...]:
    """Give each finding its source line; `texts` are the files by name, as read."""
    readable = {document.file: document for document in documents}
    lines: dict[str, list[str]] = {}
    secrets: dict[str, tuple[str, ...]] = {}
    shown = []
    for finding in findings:
        place = finding.place
        if place is None or place.line == 0 or place.file not in texts:
            shown.append(finding)
            continue
        if place.file not in lines:
            text = texts[place.file].removeprefix("\ufeff")
            lines[place.file] = split_lines(text)
            document = readable.get(place.file)
            secrets[place.file] = _secrets(document)
        line = _line(lines[place.file], place)
        line = _masked(line, finding, secrets[place.file])
        if place.file not in readable:
            line = _RANDOM.sub(_MASK, line)
        shown.append(_with_line(finding, place, _printable(line)))
    return tuple(shown)


def _with_line(finding: Finding, place: Place, line: str) -> Finding:
    # The caret must not tell how long a secret is.
    if line.startswith(_MASK, place.column - 1):
        place = replace(place, width=len(_MASK))
    return replace(finding, place=place, source=line)


def _line(lines: list[str], place: Place) -> str:
    """The line; nothing where the caret would be off the page."""
    if place.line > len(lines) or place.column > _FARTHEST:
        return ""
    return lines[place.line - 1][: 2 * _FARTHEST]


def _masked(line: str, finding: Finding, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        line = line.replace(secret, _MASK)
    line = _KEYED.sub(rf"\1{_MASK}", line)
    line = _STREAM.sub(rf"\1{_MASK}", line)
    if "://" in line:
        line = mask_address(line)
    if finding.id == "bad-variable":
        line = _DEFAULT.sub(rf"\1{_MASK}", line)
    if finding.id == "unknown-property" and sounds_secret(finding.path):
        line = _VALUE.sub(rf"\1{_MASK}", line)
    return line


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
