"""Text that is safe to show, and the nearest known spelling.

Names and messages come from files and from Daily: nothing of them may move the
cursor, colour the screen, reverse the line, or command the CI system that reads it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 240
"""Characters of one value that text shows; JSON has all of it."""
LONGEST_NAME: Final = 60
"""Characters of a name or value that a message quotes."""

# CI systems read commands from a log: `::name::` where a line starts, and
# `##[name]` or `##name[` anywhere in it.
_COMMANDS: Final = re.compile(r"(^\s*):(?=:)|(#)#(?=\w*\[)")


def clean(text: str) -> str:
    """Text that can be put on a terminal or in a log.

    Control and bidi characters are spelled, and so is what starts a CI command.
    """
    if not text.isprintable():
        text = text.translate(_SPELLINGS)
    return _COMMANDS.sub(
        lambda found: "#\\u0023" if found[2] else f"{found[1]}\\u003a", text
    )


def short(text: str, most: int = LONGEST) -> str:
    """Clean text of at most so many characters."""
    # Cleaning never shortens, so no more than this much of the text can matter.
    shown = clean(text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


class _Spellings(dict[int, str]):
    """For `str.translate`: each character as it is shown, kept once it was met."""

    def __missing__(self, code: int) -> str:
        return self.setdefault(code, _spelled(chr(code)))


_SPELLINGS: Final = _Spellings()


def _spelled(char: str) -> str:
    if char.isprintable():
        return char
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def brief(text: str) -> str:
    """Clean text as a message quotes it."""
    return short(text, LONGEST_NAME)


def quote(text: str) -> str:
    """A name in single quotes."""
    return f"'{brief(text)}'"


def nearest(word: str, known: Iterable[str], cutoff: float = 0.76) -> str:
    """The known spelling that is nearest, or nothing."""
    known = list(known)
    found = difflib.get_close_matches(word, known, n=1, cutoff=cutoff)
    # Two letters swapped in a short word weigh too much for the ratio.
    swapped = [name for name in known if sorted(name) == sorted(word)]
    return (found or swapped or [""])[0]
