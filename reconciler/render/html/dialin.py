"""The sheet for callers: whom they reach, by which number and PIN, or by browser.

Its readers know nothing of Daily or of configs, so only their words are on it. Rooms
that are not ready have been left out before (`core.dialin.callers`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.core.dialin.callers import joinable
from reconciler.core.dialin.sheet import DialIn, Number, tel_link
from reconciler.core.text import short
from reconciler.core.times import iso
from reconciler.render.html.markup import Html, Node, el, joined
from reconciler.render.html.page import page
from reconciler.render.html.qr import available, qr_svg
from reconciler.render.phones import for_people
from reconciler.render.text.dialin import people_day

INDEX_FROM: Final = 12
"""A sheet of so many rooms begins with a list of them."""
HEADING: Final = "Join by phone"
NOTHING: Final = "There is nothing to join at the moment."
COUNTRIES: Final = {
    "US": "United States",
    "CA": "Canada",
    "GB": "United Kingdom",
    "NZ": "New Zealand",
    "AU": "Australia",
    "BR": "Brazil",
    "CL": "Chile",
    "CZ": "Czechia",
    "FI": "Finland",
    "FR": "France",
}


def dialin_html(entries: Sequence[DialIn], *, now: float, title: str = "") -> str:
    """A whole page. `now`: Unix seconds, when Daily was read. It holds PINs.

    `title`: its heading. One room alone fills the page.
    """
    rooms = [_room(entry, at) for at, entry in enumerate(entries, 1)]
    look = "one" if len(rooms) == 1 else "many"
    body = joined(
        [
            _header(entries, title),
            *_index(entries),
            el("main", *(rooms or [el("p", NOTHING)]), class_=look),
            _footer(entries, now),
        ]
    )
    return page(short(title) or HEADING, body, style="dialin.css")


def _header(entries: Sequence[DialIn], title: str) -> Html:
    heading = el("h1", el("bdi", short(title) or HEADING))
    how = [el("p", *_how(entries))] if entries else []
    return el("header", heading, *how)


def _how(entries: Sequence[DialIn]) -> Iterator[Node]:
    masked = any(entry.masked for entry in entries)
    which = "the PIN that was given to you" if masked else "the PIN"
    yield f"Call the number and enter {which}."
    ending = "." if masked else ": it enters the PIN for you."
    yield el("span", f" On your phone, tap the number{ending}", class_="touch")
    if available():
        yield el("span", " Or scan the code with your phone.", class_="scan")


def _index(entries: Sequence[DialIn]) -> Iterator[Html]:
    if len(entries) < INDEX_FROM:
        return
    items = [
        el("li", el("a", el("bdi", _name(entry)), href=f"#room-{at}"))
        for at, entry in enumerate(entries, 1)
    ]
    inside = el(
        "details", el("summary", f"All {len(entries):,} on this page"), el("ul", *items)
    )
    yield el("nav", inside, aria_label="All on this page")


def _footer(entries: Sequence[DialIn], now: float) -> Html:
    day = el("time", people_day(now), datetime=iso(now))
    parts: list[Node] = ["As of ", day, "."]
    if any(entry.pin for entry in entries):
        parts.append(" Whoever has a PIN can join: keep it to yourself.")
    return el("footer", el("p", *parts))


def _name(entry: DialIn) -> str:
    return short(entry.title or entry.room)


def _room(entry: DialIn, at: int) -> Html:
    name = el("h2", el("bdi", _name(entry)), id=f"room-{at}")
    about = el(
        "div",
        name,
        _numbers(entry),
        _pin(entry),
        *_browser(entry),
        *_until(entry),
        class_="about",
    )
    return el(
        "article", about, *_code(entry), class_="room", aria_labelledby=f"room-{at}"
    )


def _pin(entry: DialIn) -> Html:
    if entry.masked:
        return el("p", "PIN ", el("span", "given to you separately"), class_="pin")
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
    if named := short(number.title) or COUNTRIES.get(number.country, ""):
        parts += [" ", el("bdi", named, class_="quiet")]
    return el("li", *parts)


def _browser(entry: DialIn) -> Iterator[Html]:
    if not joinable(entry.url):
        return
    shown = el("bdi", short(entry.url.removeprefix("https://")))
    link = el("a", shown, href=entry.url, rel="noreferrer", class_="join")
    label = el("span", "Join by browser", class_="quiet")
    yield el("p", label, " ", link, class_="browser")


def _until(entry: DialIn) -> Iterator[Html]:
    if entry.expires is not None and not entry.renewed:
        day = el("time", people_day(entry.expires), datetime=iso(entry.expires))
        yield el("p", "Works until ", day, class_="quiet")


def _code(entry: DialIn) -> Iterator[Html]:
    links = [tel_link(number.number, entry.pin) for number in entry.numbers]
    drawing = qr_svg(links[0]) if links and links[0] else Html("")
    if drawing.text:
        label = f"QR code that calls {_name(entry)}"
        image = el("div", drawing, role="img", aria_label=label, class_="code")
        yield el("figure", image, el("figcaption", "Scan to call"))
