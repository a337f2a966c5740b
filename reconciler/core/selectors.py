"""Patterns that choose resources: `room:support-*`, `number:+1209*`.

A pattern that chooses nothing is a mistake: a run that does nothing and ends well
would look as if it had done what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from reconciler.core.text import nearest, quote
from reconciler.errors import UsageError

Key = tuple[str, str]
"""A kind and a key: `("room", "lobby")`."""
Choose = Callable[[str, str], bool]

_NUMBER: Final = re.compile(r"\+?[0-9*?(][0-9*?()./ -]*")
_WILDCARDS: Final = re.compile(r"[*?]|\[[^]]*\]")
_PART_END: Final = re.compile(r"[-_.]").finditer
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Selector:
    """One `KIND:GLOB` of an option, or its GLOB alone where the kind is fixed."""

    option: str
    kind: str
    glob: str
    fixed: bool = False

    def __call__(self, kind: str, key: str) -> bool:
        """Tell whether it chooses a resource."""
        return kind == self.kind and fnmatchcase(key, self.glob)

    def written(self, kind: str, glob: str) -> str:
        """A pattern as the option takes it, in quotes."""
        return quote(glob if self.fixed else f"{kind}:{glob}")


def parse_selectors(option: str, patterns: Iterable[str]) -> tuple[Selector, ...]:
    """Read `room:GLOB` patterns. UsageError names what is wrong."""
    return tuple(_parse(option, pattern) for pattern in patterns)


def choosing(selectors: Sequence[Selector], known: Collection[Key]) -> Choose:
    """A test for resources, once every pattern has been seen to choose one.

    Raises:
        UsageError: a pattern chooses nothing of what is known.
    """
    for selector in selectors:
        if not any(selector(kind, key) for kind, key in known):
            raise UsageError(_nothing(selector, known))
    return lambda kind, key: any(chosen(kind, key) for chosen in selectors)


def _parse(option: str, pattern: str) -> Selector:
    kind, colon, glob = pattern.partition(":")
    if colon and kind in ("room", "number") and glob:
        return Selector(option, kind, glob)
    name = (glob if colon else kind).strip()
    likely = "number" if _NUMBER.fullmatch(name) else "room"
    hint = f", such as {quote(f'{likely}:{name}')}" if name else ""
    raise UsageError(
        f"{option} {quote(pattern)}: write it as room:GLOB or number:GLOB{hint}"
    )


def _nothing(selector: Selector, known: Collection[Key]) -> str:
    given = selector.written(selector.kind, selector.glob)
    text = f"{selector.option} {given} matches nothing"
    if near := _suggestion(selector, known):
        return f"{text}; did you mean {selector.written(*near)}?"
    keys = [key for kind, key in known if kind == selector.kind]
    if not keys:
        return f"{text}: there is no {selector.kind} to choose from"
    more = f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
    names = ", ".join(map(quote, keys[:_MOST_NAMED]))
    return f"{text}; there are {names}{more}"


def _suggestion(selector: Selector, known: Collection[Key]) -> Key | None:
    """The kind and the glob of a pattern that chooses something."""
    other = "number" if selector.kind == "room" else "room"
    named = re.search(r"\w", selector.glob)
    for kind in (selector.kind, other) if named else ():
        for glob in _spellings(kind, selector.glob):
            if any(k == kind and fnmatchcase(key, glob) for k, key in known):
                return kind, glob
    keys = [key for kind, key in known if kind == selector.kind]
    find = _near_number if selector.kind == "number" else _near_room
    near = find(selector.glob, keys)
    return (selector.kind, near) if near else None


def _spellings(kind: str, glob: str) -> Iterable[str]:
    """The same pattern as people write it elsewhere: blanks, no plus, capitals."""
    plain = glob.strip()
    yield from (glob, plain)
    if kind == "number":
        digits = re.sub(r"[^0-9*?\[\]]", "", plain)
        if not re.search("[0-9]", digits):
            return
        yield from (f"+{digits}", f"+{digits.removeprefix('00')}")
    else:
        yield from (plain.lower(), plain.replace("_", "-"), plain.replace(" ", "-"))


def _near_number(glob: str, keys: Iterable[str]) -> str:
    """A number that was written without its country, or nearly right."""
    digits = re.sub(r"[^0-9]", "", glob).removeprefix("0")
    ends = [key for key in keys if len(digits) >= 7 and key.endswith(digits)]
    return ends[0] if len(ends) == 1 else nearest(f"+{digits}", keys)


def _near_room(glob: str, keys: Iterable[str]) -> str:
    names = {key.lower(): key for key in keys}
    literal = _WILDCARDS.sub("", glob).lower()
    if literal == glob.lower():
        near = nearest(literal, names, cutoff=0.6)
        return names[near] if near else ""
    # `support-*`: the beginnings of names, up to each separator.
    starts = {key[: found.end()] for key in names.values() for found in _PART_END(key)}
    near = nearest(literal, {start.lower(): start for start in starts})
    return next((f"{s}*" for s in sorted(starts) if s.lower() == near), "")
