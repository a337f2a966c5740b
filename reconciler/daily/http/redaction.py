"""Secrets taken out of a text that another program wrote.

Such a text may quote a secret in another spelling: another case, escaped as in JSON,
percent-encoded, or cut short. All of these are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MASK: Final = "(secret)"
SHORTEST_PART: Final = 8
"""Characters of a secret that are hidden though they are only a part of it."""

_DEPTH: Final = 4
"""How often an escaped text may have been escaped again."""
_ESCAPE: Final = re.compile(
    r"(?:%[0-9a-f]{2})+"
    r"|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}"
    r"|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\[^ux]",
    re.IGNORECASE | re.DOTALL,
)
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_COMMON: Final = frozenset({"https://"})
"""Parts of secret addresses that say nothing."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text without (some of) its escapes, and where each character came from."""

    text: str
    starts: list[int]
    ends: list[int]


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret, and every longer part of one, masked."""
    parts, whole = _needles(secrets)
    spans = [span for r in _readings(text) for span in _found(r, parts, whole)]
    pieces, at = [], 0
    for start, end in _merged(spans):
        if text[start:end].lower().replace("\\", "") in _COMMON:
            continue
        pieces += [text[at:start], MASK]
        at = end
    return "".join([*pieces, text[at:]])


def _needles(secrets: Iterable[str]) -> tuple[set[str], set[str]]:
    """Every part of the shortest length, and the secrets that are shorter."""
    parts: set[str] = set()
    whole: set[str] = set()
    for secret in set(secrets):
        for reading in _readings(secret):
            folded = _folded(reading.text)
            if len(folded) < SHORTEST_PART:
                whole.add(folded)
            parts.update(_windows(folded))
    return parts, whole - {""}


def _windows(text: str) -> Iterator[str]:
    for start in range(len(text) - SHORTEST_PART + 1):
        yield text[start : start + SHORTEST_PART]


def _found(
    reading: _Reading, parts: set[str], whole: set[str]
) -> Iterator[tuple[int, int]]:
    """Where the original text shows something of a secret."""
    text = _folded(reading.text)
    for start, window in enumerate(_windows(text)):
        if window in parts:
            yield reading.starts[start], reading.ends[start + SHORTEST_PART - 1]
    for word in whole:
        for match in re.finditer(re.escape(word), text):
            yield reading.starts[match.start()], reading.ends[match.end() - 1]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same spans in order, those that touch made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _readings(text: str) -> Iterator[_Reading]:
    """The text as it is, then with one layer of escapes after the other removed."""
    size = len(text)
    reading = _Reading(text, list(range(size)), list(range(1, size + 1)))
    yield reading
    for _ in range(_DEPTH):
        if not _ESCAPE.search(reading.text):
            return
        reading = _unescaped(reading)
        yield reading


def _unescaped(reading: _Reading) -> _Reading:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(reading.text):
        begin, end = match.span()
        pieces.append(reading.text[at:begin])
        starts += reading.starts[at:begin]
        ends += reading.ends[at:begin]
        for char, size in _meant(match[0]):
            pieces.append(char)
            starts.append(reading.starts[begin])
            ends.append(reading.ends[begin + size - 1])
            begin += size
        at = end
    pieces.append(reading.text[at:])
    return _Reading(
        "".join(pieces), starts + reading.starts[at:], ends + reading.ends[at:]
    )


def _meant(escape: str) -> Iterator[tuple[str, int]]:
    """The characters that an escape stands for, and how long each is written."""
    if escape[0] == "%":
        text = bytes.fromhex(escape.replace("%", "")).decode(errors="surrogateescape")
        for char in text:
            yield char, 3 * len(char.encode(errors="surrogateescape"))
    elif len(escape) == 12:  # a pair of \u
        pair = int(escape[2:6], 16), int(escape[8:], 16)
        yield chr(0x10000 + ((pair[0] & 0x3FF) << 10) + (pair[1] & 0x3FF)), 12
    elif len(escape) > 2:
        yield chr(int(escape[2:], 16)), len(escape)
    else:
        yield _CONTROLS.get(escape[1], escape[1]), 2


def _folded(text: str) -> str:
    """One case, one spelling of a space, and as many characters as before."""
    if text.isascii():
        return text.lower().replace("+", " ")
    folded = (char.lower() for char in text.replace("+", " "))
    return "".join(f if len(f) == 1 else c for f, c in zip(folded, text, strict=True))
