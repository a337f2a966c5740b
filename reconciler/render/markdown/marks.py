"""Pieces of GitHub markdown that nothing from a file or from Daily can break out of.

Whatever is not the tool's own word stands in a code span or in a code block, on one
line. In those, GitHub knows no mention, reference, link, heading or HTML:

* A span's fence is a run of backticks that its text does not contain.
* In a block every line starts with one of `BLOCK_STARTS`, so that no line of it can
  end the block, whatever follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

from reconciler.core.text import LONGEST, short

BLOCK_STARTS: Final = ("@@ ", "- ", "+ ", "! ", "# ")
"""How a line of a block starts. GitHub colours each of them in its own way."""


def code(text: str, most: int = LONGEST) -> str:
    """A code span with this text, shortened to so many characters."""
    shown = short(text, most)
    if not shown:
        return "(empty)"
    runs = {len(run) for run in re.findall("`+", shown)}
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if {shown[0], shown[-1]} & {"`", " "} else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(lines: Iterable[str]) -> str:
    """A code block; each line comes with its start, or is empty."""
    return "\n".join(("```diff", *lines, "```"))


def details(title: str, body: str) -> str:
    """A collapsed part. `title` is the tool's own words."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def marker_line(what: str, domain: str, marker: str = "") -> str:
    """The hidden first line by which a comment is found again."""
    parts = ["daily-reconciler", what, *(_plain(p) for p in (domain, marker) if p)]
    return f"<!-- {':'.join(parts)} -->"


def _plain(text: str) -> str:
    return quote(short(text), safe="").replace("--", "-%2D")[:LONGEST]


def size(text: str) -> int:
    """Characters as GitHub may count them: those beyond 16 bits count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitting(lines: Sequence[str], room: int, more: str = "- and {} more") -> list[str]:
    """As many lines as there is room for, then how many are left out."""
    kept, used = [], len(more) + 10
    for line in lines:
        used += size(line) + 1
        if used > room:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    return [*kept, more.format(f"{left:,}")] if left else kept
