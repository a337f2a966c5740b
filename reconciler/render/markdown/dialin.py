"""Who dials what, as a markdown table: for a wiki, a README, a message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.core.dialin.sheet import DialIn, Number, tel_link
from reconciler.render.markdown.marks import code
from reconciler.render.phones import for_people
from reconciler.render.text.dialin import NOTHING, day_text, problem_text


def dialin_markdown(entries: Sequence[DialIn], domain: str) -> str:
    """A title, how to call, and the table; numbers are links where they can be."""
    parts = [f"# Dial-in of {_cell(domain)}"]
    if not entries:
        return "\n\n".join([*parts, f"{NOTHING.capitalize()}."])
    rows = [row for entry in entries for row in _rows(entry)]
    table = ["| room | call | PIN | until | note |", "|---|---|---|---|---|", *rows]
    said = (
        "Call the number and enter the PIN of the room. A number that is a link enters "
        "the PIN by itself."
    )
    if any(entry.masked for entry in entries):
        said = "Call the number and enter the PIN that you were given for the room."
    return "\n\n".join([*parts, said, "\n".join(table)])


def _rows(entry: DialIn) -> Iterator[str]:
    room = _cell(entry.room)
    if entry.title:
        room = f"{_cell(entry.title)} ({room})"
    if entry.problem:
        yield f"| {room} | | | | {problem_text(entry)} |"
    pin = _cell(entry.pin) if entry.pin else "not shown"
    for number in entry.numbers:
        until = day_text(entry.expires)
        call = _call(number, entry.pin)
        yield f"| {room} | {call} | {pin} | {until} | {number.note} |"


def _call(number: Number, pin: str) -> str:
    link = tel_link(number.number, pin)
    return f"[{for_people(number.number)}]({link})" if link else _cell(number.number)


def _cell(text: str) -> str:
    # In a table a bar ends the cell even inside a code span.
    return code(text).replace("|", "\\|")
