"""Who dials what, as a sheet to print or to share: numbers to tap, codes to scan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.core.dialin.sheet import DialIn, Number, Source, tel_link
from reconciler.core.text import short
from reconciler.core.times import iso
from reconciler.render.html.markup import Html, Node, el, joined
from reconciler.render.html.page import page
from reconciler.render.html.qr import available, qr_svg
from reconciler.render.phones import for_people
from reconciler.render.text.dialin import NOTHING, people_day, problem_text
from reconciler.render.words import count

INDEX_FROM: Final = 12
"""A sheet of so many rooms begins with a list of them."""


def dialin_html(
    entries: Sequence[DialIn], domain: str, *, now: float, tool: str
) -> str:
    """A whole page. `now`: Unix seconds, when Daily was read. It holds PINs."""
    rooms = [_room(entry, at) for at, entry in enumerate(entries, 1)]
    nothing = el("p", f"{NOTHING.capitalize()}.")
    body = joined(
        [
            _header(entries, domain, now),
            *_index(entries),
            el("main", *(rooms or [nothing])),
            _footer(entries, tool),
        ]
    )
    return page(f"Dial-in of {short(domain)}", body, style="dialin.css")


def _header(entries: Sequence[DialIn], domain: str, now: float) -> Html:
    read = el("time", people_day(now), datetime=iso(now))
    said = f"{count(len(entries), 'room')} of {short(domain)}, as of "
    return el(
        "header",
        el("h1", "Join by phone"),
        el("p", *_how(any(entry.masked for entry in entries))),
        el("p", said, read, " (UTC)", class_="quiet"),
    )


def _how(masked: bool) -> Iterator[Node]:
    which = "that you were given for the room" if masked else "of the room"
    yield f"Call the number and enter the PIN {which}. On a phone, tap the number"
    if available():
        yield el("span", " or scan the code", class_="scan")
    yield "." if masked else ": the PIN is entered by itself after two short pauses."


def _index(entries: Sequence[DialIn]) -> Iterator[Html]:
    if len(entries) < INDEX_FROM:
        return
    items = [
        el("li", el("a", el("bdi", short(entry.room)), href=f"#room-{at}"))
        for at, entry in enumerate(entries, 1)
    ]
    title = f"All {count(len(entries), 'room')}"
    inside = el("details", el("summary", title), el("ul", *items))
    yield el("nav", inside, aria_label="Rooms")


def _footer(entries: Sequence[DialIn], tool: str) -> Html:
    said = f"Made by daily-reconciler {tool}."
    if any(entry.pin for entry in entries):
        said = f"Whoever has a PIN can join by phone: share this with care. {said}"
    return el("footer", el("p", said))


def _room(entry: DialIn, at: int) -> Html:
    name = el("h2", el("bdi", short(entry.room)), id=f"room-{at}")
    parts: list[Node] = [name]
    if entry.problem:
        said = problem_text(entry)
        parts.append(el("p", f"{said[:1].upper()}{said[1:]}.", class_="problem"))
    else:
        parts += [_pin(entry), _numbers(entry), *_until(entry)]
    about = el("div", *parts, class_="about")
    return el(
        "article", about, *_code(entry), class_="room", aria_labelledby=f"room-{at}"
    )


def _pin(entry: DialIn) -> Html:
    if entry.masked:
        return el("p", "PIN ", el("span", "not shown here"), class_="pin masked")
    return el("p", "PIN ", el("b", grouped(entry.pin)), class_="pin")


def grouped(pin: str) -> str:
    """`123 4567 8987`: easier to read, to hear and to type than eleven digits."""
    if not pin.isdigit():
        return pin
    head = len(pin) % 4 or 4
    rest = (pin[at : at + 4] for at in range(head, len(pin), 4))
    return " ".join((pin[:head], *rest))


def _numbers(entry: DialIn) -> Html:
    items = [_number(number, entry.pin) for number in entry.numbers]
    return el("ul", *items, class_="numbers")


def _number(number: Number, pin: str) -> Html:
    shown = el("bdi", for_people(number.number))
    link = tel_link(number.number, pin)
    parts: list[Node] = [el("a", shown, href=link, class_="call") if link else shown]
    if note := _note(number):
        parts += [" ", el("span", note, class_="quiet")]
    return el("li", *parts)


def _note(number: Number) -> str:
    if number.source is Source.ASSUMED:
        return "assumed: the first number that was bought"
    return number.note


def _until(entry: DialIn) -> Iterator[Html]:
    if entry.expires is not None:
        day = el("time", people_day(entry.expires), datetime=iso(entry.expires))
        yield el("p", "Valid until ", day, class_="quiet")


def _code(entry: DialIn) -> Iterator[Html]:
    links = [tel_link(number.number, entry.pin) for number in entry.numbers]
    drawing = qr_svg(links[0]) if links and links[0] else Html("")
    if drawing.text:
        label = f"QR code that calls {short(entry.room)}"
        image = el("div", drawing, role="img", aria_label=label, class_="code")
        yield el("figure", image, el("figcaption", "Scan to call"))
