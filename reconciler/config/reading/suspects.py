"""Where a file may hold a secret, whatever is wrong with the file.

Decided by the text of a line and of those around it, not by what the YAML means: a
key may be misspelt, a colon or a blank may be missing, a value may have slipped onto
the next line. One wrong character must never bring a secret into a message.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.config.schema import validator as schema
from reconciler.core.secrecy import SECRET_NAMES, SECRET_WORDS
from reconciler.core.text import nearest

BACK: Final = 200
"""Lines above that are searched for the key that a line belongs to."""
AHEAD: Final = 12
"""Lines after a place whose text a message may quote: it quotes 60 characters."""
BLOCK: Final = 256
LONGEST: Final = 4_000
"""Characters of a line that are looked at."""
_KEY: Final = re.compile(r"(?P<key>\w[\w-]*)[\"']?\s*:")
_FIRST: Final = re.compile(r"(?m)(?:^[\s#-]*|[{,]\s*)[\"']?(?P<key>\w+)")
_KEY_LINE: Final = re.compile(r"\s*(?:- +)*[\"']?[\w+-]+[\"']?\s*:(?:\s|$)")
_REFERENCE: Final = re.compile(r"[:\s\"']*\$\{\w+\}[\s,}\]\"'#]*")
_LEAD: Final = re.compile(r"[:\s]*[\[\]{},|>\s]*")
_SOUNDS: Final = re.compile(r"(?:^|_)(?:api)?key(?:_|$)|secret")
_CARRIES: Final = re.compile(
    r"[^\s@]@|/\S{0,300}\?\S|(?<!\$schema)(?<=\w)=[^\s=]"
    r"|//[^/\s]{0,300}:[^/\s]{0,300}[^\d/\s\"',}\]]|rtmp",
    re.IGNORECASE,
)
"""An address with user info, a query or a stream key, as it is or damaged."""
_ADDRESS: Final = re.compile(
    r"[^\s\"'({\[]{0,30}(?:://?|//)|\S{1,300}@|\S{0,300}[?=]|\S{0,300}rtmp"
)
_TORN: Final = re.compile(r"(?m)^[^:\n]*[^\s:\n][ \t]*\n[ \t]*\w{1,12}[\"']?[ \t]*:")
"""A line without a colon before a short key: the key may be the rest of another."""
_ANCHOR: Final = re.compile(r"(?:^|[\s,:\[{-])&\S+\s+(?=[^\s#])")
_WORD: Final = re.compile(r"[^\s\"',{}\[\]]+")
_PART: Final = re.compile(r"\w+")
_SHORTEST: Final = 3


def secret_from(lines: Sequence[str], index: int) -> int | None:
    """The column, counted from 0, from which a line may be secret; None if it is not.

    `lines` are those of the whole file.
    """
    line = lines[index]
    starts = [_own(line), _joined(lines, index)]
    if _belongs(lines, index):
        starts.append(_indent(line))
    found = min((start for start in starts if start is not None), default=None)
    if found is None:
        return None
    # A key alone, or a bracket, tells nothing.
    lead = _LEAD.match(line, found)
    found = lead.end() if lead else found
    return found if found < len(line) else None


def near(lines: Sequence[str], line: int, column: int) -> tuple[list[str], int]:
    """The lines around one, long ones cut, and the index of that line among them."""
    first = max(0, line - BACK)
    around = [text[:LONGEST] for text in lines[first : line + AHEAD]]
    if column > LONGEST // 2:
        start = column - LONGEST // 2
        around[line - first] = lines[line][start : start + LONGEST]
    return around, line - first


def any_in(lines: Sequence[str], block: int) -> bool:
    """Tell whether something secret may begin on a line of a block of lines."""
    first = block * BLOCK
    part = lines[max(0, first - 1) : first + BLOCK]
    text = "\n".join(line[:LONGEST] for line in part)
    return (
        any(len(line) > LONGEST for line in part)
        or next(_keys(text), None) is not None
        or any(p.search(text) for p in (_ANCHOR, _CARRIES, _TORN))
    )


def words(lines: Sequence[str], index: int) -> Iterator[str]:
    """The words that may be secret on the lines around one."""
    for at in range(max(0, index - 2), len(lines)):
        start = secret_from(lines, at)
        if start is None:
            continue
        for word in _WORD.findall(lines[at][start:]):
            yield word
            yield from _PART.findall(word)


def is_word(word: str) -> bool:
    """Tell whether hiding a word hides a secret, and not the words of a message."""
    return len(word) >= _SHORTEST and word not in _vocabulary()


@functools.lru_cache(maxsize=4096)
def _own(line: str) -> int | None:
    """Where the part of a line begins that may be secret by its own text."""
    starts = [found.end("key") for found in _keys(line)]
    starts += [found.end() for found in _ANCHOR.finditer(line)]
    if _CARRIES.search(line) and (address := _ADDRESS.search(line)):
        starts.append(address.start())
    found = min(starts, default=None)
    if found is not None and (reference := _REFERENCE.match(line, found)):
        found = reference.end()
    return found


def _keys(line: str) -> Iterator[re.Match[str]]:
    yield from (found for found in _KEY.finditer(line) if _is_secret(found["key"]))
    yield from (found for found in _FIRST.finditer(line) if _is_secret(found["key"]))


def _joined(lines: Sequence[str], index: int) -> int | None:
    """The same where a line end stands inside the key."""
    before = lines[index - 1].strip() if index else ""
    head = before[max(0, len(before) - 40) :]
    line = lines[index].lstrip()
    if not head or head.endswith(":") or _KEY_LINE.match(line) is None:
        return None
    starts = [f.end("key") - len(head) for f in _keys(head + line)]
    indent = len(lines[index]) - len(line)
    return min((start + indent for start in starts if start > 0), default=None)


def _belongs(lines: Sequence[str], index: int) -> bool:
    """Tell whether a line goes on with a secret of a line above it."""
    line = lines[index]
    deep, is_key = _indent(line), _KEY_LINE.match(line) is not None
    for at in range(index - 1, max(-1, index - 1 - BACK), -1):
        above = lines[at]
        # Passed over first, because in a long file it is most of the lines.
        if (is_key and _indent(above) >= deep) or not above.strip():
            continue
        if _own(above) is not None or _joined(lines, at) is not None:
            return True
        if _KEY_LINE.match(above):
            # Below a key, only what is deeper than the line can still belong to it.
            is_key, deep = True, min(deep, _indent(above))
            if not deep:
                return False
    return False


@functools.lru_cache(maxsize=4096)
def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@functools.lru_cache(maxsize=4096)
def _is_secret(key: str) -> bool:
    """Tell whether a key is one with a secret, or may be a misspelt one."""
    name = key.lower()
    if name in SECRET_NAMES or name in SECRET_WORDS:
        return True
    if name in _vocabulary():
        return False
    return bool(_SOUNDS.search(name) or nearest(name, _NAMES, 0.6))


_NAMES: Final = (*sorted(SECRET_NAMES), *SECRET_WORDS)


@functools.cache
def _vocabulary() -> frozenset[str]:
    """The keys of the config."""
    return frozenset(_names(schema.schema()))


def _names(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        known = node.get("properties")
        yield from known if isinstance(known, dict) else ()
        for below in node.values():
            yield from _names(below)
