"""A ledger with other lines, as text: whatever else stands in the file stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.core.ledger.model import Ledger, Line
from reconciler.core.ledger.text import HEAD, ID, NOT_SHOWN, VERSION, cut, without_mark

_ABOUT: Final = (
    "# What callers have been told. Written by: daily-reconciler dialin --update-ledger"
)


def written(old: Ledger, new: Ledger) -> str:
    """The text of `new`, which was made of `old` by changing its lines or its head.

    Comments stay above the line that they are above; those of a line that goes stay
    above the next one. Without a change the text is the one that was read.
    """
    if _head(old) == _head(new) and dict(old.lines) == dict(new.lines):
        return "".join(old.rows)
    end = "\r\n" if old.rows and old.rows[0].endswith("\r\n") else "\n"
    rows = [row if row.endswith("\n") else row + end for row in old.rows]
    heads = [i for i, row in enumerate(rows) if HEAD.fullmatch(_text(row, i))]
    first = heads[-1] + 1 if heads else len(rows)
    blocks, tail = _blocks(old, new, rows[first:], end)
    for room in new.lines.keys() - blocks.keys():
        blocks[room] = [line_text(new.lines[room]) + end]
    body = [row for _, block in sorted(blocks.items()) for row in block]
    return "".join([*_top(new, rows[:first], end), *body, *tail])


def line_text(line: Line) -> str:
    """A room's line, without its ending."""
    shown = line.id if ID.fullmatch(line.id) else NOT_SHOWN
    words = [line.room, shown, ",".join(line.numbers), line.day]
    if line.digest:
        later = f"@{line.digest_day}" if line.digest_day else ""
        words.append(f"hmac:{line.digest}{later}")
    return " ".join(words)


def _top(new: Ledger, rows: Sequence[str], end: str) -> Iterator[str]:
    """The head. What is new in it comes last."""
    head = _head(new)
    if not rows:
        yield _ABOUT + end
    for index, row in enumerate(rows):
        found = HEAD.fullmatch(_text(row, index))
        if not found:
            yield row
        elif value := head.pop(found[1], ""):
            same = " ".join(found[2].split()) == value
            yield row if same else f"{found[1]}: {value}{_comment(row)}{end}"
    for key, value in head.items():
        yield f"{key}: {value}{end}"


def _head(ledger: Ledger) -> dict[str, str]:
    domain = " ".join(filter(None, (ledger.domain, ledger.domain_id)))
    found = {"ledger": VERSION, "domain": domain, "key": ledger.fingerprint}
    return {key: value for key, value in found.items() if value}


def _blocks(
    old: Ledger, new: Ledger, rows: Sequence[str], end: str
) -> tuple[dict[str, list[str]], list[str]]:
    """Each room's line below the comments above it, and what follows the last line."""
    blocks: dict[str, list[str]] = {}
    above: list[str] = []
    for row in rows:
        words = _text(row).split()
        room = words[0] if words else ""
        if room not in old.lines:
            above.append(row)
        elif room in new.lines:
            line = new.lines[room]
            if line != old.lines[room]:
                row = f"{line_text(line)}{_comment(row)}{end}"
            blocks[room] = [*above, row]
            above = []
    return blocks, above


def _text(row: str, index: int = 1) -> str:
    """A row without its comment."""
    return cut(without_mark(row, index + 1).rstrip("\r\n"))[0].strip()


def _comment(row: str) -> str:
    return cut(row.rstrip("\r\n"))[1]
