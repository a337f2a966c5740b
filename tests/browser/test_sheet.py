"""The dial-in sheet in a real Chromium, its QR codes read by a real decoder.

200 rooms: the page asks nothing of anybody, every code decodes to the link of its room
in light and in dark, numbers can be tapped on a phone, and no room is torn by a page.
"""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from browser.chromium import Browser, find, launch

from reconciler.core.dialin.sheet import (
    GLOBAL_NUMBERS,
    DialIn,
    Number,
    Source,
    masked,
    tel_link,
)
from reconciler.render.html.dialin import dialin_html

pytestmark = pytest.mark.full

NOW, UNTIL = 1_800_000_000, 1_815_552_000
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
ROOMS = tuple(
    DialIn(
        f"room-{index:03d}{'-with-a-long-name' * (index % 5)}",
        f"{index * 104_729_001:011d}",
        (Number(f"+1209555{100 + index % 100:04d}"),),
        UNTIL,
        title="" if index % 3 else f"Dr. Miller-{index}, Children's Heart Clinic",
        url=f"https://acme.daily.co/{index:03d}{'-with-a-long-name' * (index % 5)}",
        renewed=index % 2 == 0,
    )
    for index in range(200)
)
KINDS = (
    *ROOMS[:3],
    DialIn(
        "free",
        "01234567890",
        tuple(Number(n, Source.GLOBAL, c) for c, n in GLOBAL_NUMBERS),
        UNTIL,
    ),
    DialIn(
        "x" * 128,
        "1" * 11,
        (Number("+12095550100", Source.ASSUMED, title="T" * 100),),
        UNTIL,
        url=f"https://acme.daily.co/{'x' * 128}",
    ),
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all of them."""
    program = find()
    assert program, "Chromium is not installed; `make test-full` installs it on Debian"
    made = launch(program, tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Opens a sheet; afterwards nothing was asked of anybody, nothing went wrong."""
    page = tmp_path / "sheet.html"

    def opened(entries: Sequence[DialIn], title: str = "", **look: Any) -> Browser:
        text = dialin_html(entries, now=NOW, title=title)
        page.write_text(text, encoding="utf-8")
        browser.look(**look)
        browser.goto(page)
        return browser

    yield opened
    browser.js("new Promise(done => setTimeout(done, 50))")
    asked = [e["request"]["url"] for e in browser.told("Network.requestWillBeSent")]
    assert [url for url in asked if url not in (page.as_uri(), "data:,")] == []
    assert browser.told("Log.entryAdded") == []
    assert browser.told("Runtime.exceptionThrown") == []


def links(page: Browser) -> list[str]:
    """Where the numbers lead, in order."""
    return page.js("[...document.querySelectorAll('a.call')].map(a => a.href)")  # type: ignore[no-any-return]


def decoded(page: Browser) -> list[str]:
    """What a scanner reads from each code, photographed from the screen."""
    import zxingcpp
    from PIL import Image

    read = []
    boxes = (
        "[...document.querySelectorAll('.code')].map(c => c.getBoundingClientRect())"
    )
    inside = ".filter(b => b.top >= 0 && b.bottom <= innerHeight)"
    first = 0
    while first < page.js("document.querySelectorAll('.code').length"):
        page.js(f"document.querySelectorAll('.code')[{first}].scrollIntoView()")
        # Below the edge, or half a pixel would count it as outside.
        page.js("scrollBy(0, -20)")
        seen = page.js(f"{boxes}.slice({first}){inside}.map(b => [b.x, b.y, b.width])")
        shot = page.call("Page.captureScreenshot")
        screen = Image.open(io.BytesIO(b64decode(shot["data"]))).convert("RGB")
        for x, y, size in seen:
            code = screen.crop((int(x), int(y), int(x + size), int(y + size)))
            read += [found.text for found in zxingcpp.read_barcodes(code)] or [""]
        first += len(seen)
    return read


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_code_of_200_rooms_calls_its_room(show: Any, dark: bool) -> None:
    """Each code decodes to the very link that can be tapped beside it."""
    page = show(ROOMS, height=3_000, dark=dark)

    read = decoded(page)

    assert len(read) == 200
    assert read == [tel_link(r.numbers[0].number, r.pin) for r in ROOMS] == links(page)


def test_a_masked_sheet_has_codes_without_pins(show: Any) -> None:
    """Links and codes dial the number, and no PIN is on the page."""
    page = show(masked(ROOMS[:8]))

    numbers = [f"tel:{room.numbers[0].number}" for room in ROOMS[:8]]
    assert decoded(page) == links(page) == numbers
    whole = page.js("document.documentElement.outerHTML").replace(" ", "")
    assert not any(room.pin in whole for room in ROOMS[:8])


@pytest.mark.parametrize("width", [320, 375, 1_200])
def test_needs_no_sideways_scrolling(show: Any, width: int) -> None:
    """No window is too narrow, whatever a room is called."""
    page = show(KINDS, width=width)

    inner, needed = page.js("[innerWidth, document.scrollingElement.scrollWidth]")
    assert inner == width
    assert needed <= width


def test_one_room_fits_a_screen_and_one_sheet_of_paper(show: Any) -> None:
    """A patient's page: everything at a glance on a phone, and one page on paper."""
    page = show(ROOMS[:1], "Your visit", width=360, height=700)

    height = page.js("document.scrollingElement.scrollHeight")
    pdf = page.call("Page.printToPDF", preferCSSPageSize=True, paperWidth=8.27)
    assert height <= 700
    assert len(re.findall(rb"/Type\s*/Page\b", b64decode(pdf["data"]))) == 1


@pytest.mark.parametrize("at", ["a.call", "a.join", "summary"])
def test_whatever_is_tapped_has_room_for_a_finger(show: Any, at: str) -> None:
    """Links are at least 44 pixels high on a phone, also that to the browser."""
    page = show(ROOMS[:20], width=360, height=800)

    heights = page.js(
        f"[...document.querySelectorAll('{at}')].map(a => a.offsetHeight)"
    )
    assert min(heights) >= 44


def test_a_number_is_easy_to_tap_on_a_phone(show: Any) -> None:
    """Each link is at least 44 pixels high, and the code gives way to it."""
    page = show(KINDS, width=375, height=800)

    boxes = "[...document.querySelectorAll('a.call')].map(a => a.offsetHeight)"
    assert min(page.js(boxes)) >= 44
    assert not page.js("document.querySelector('figure').checkVisibility()")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("hide", [False, True], ids=["pins", "masked"])
def test_axe_finds_nothing(show: Any, dark: bool, hide: bool) -> None:
    """axe-core finds no accessibility problem, contrast among it."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make test-full, with npm")
    page = show(masked([*KINDS, *ROOMS[:9]]) if hide else KINDS, dark=dark)

    page.js(f"(() => {{ {AXE.read_text(encoding='utf-8')} }})()")
    found = page.js(
        "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
    )

    assert found == []


def test_print_tears_no_room_and_shows_every_code(show: Any) -> None:
    """On paper every code is there, the list of rooms is not, no card is split."""
    page = show(ROOMS)
    page.call("Emulation.setEmulatedMedia", media="print", features=[])

    assert not page.js("document.querySelector('nav').checkVisibility()")
    assert page.js(
        "[...document.querySelectorAll('figure')].every(f => f.checkVisibility())"
    )
    inside = "getComputedStyle(document.querySelector('.room')).breakInside"
    assert page.js(inside) == "avoid"
    pdf = page.call("Page.printToPDF", preferCSSPageSize=True, paperWidth=8.27)
    printed = b64decode(pdf["data"])
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= len(ROOMS) / 4 + 1
    page.call("Emulation.setEmulatedMedia", media="", features=[])


def test_the_list_of_rooms_leads_to_them(show: Any) -> None:
    """Opening the list and following a link brings its room into view."""
    page = show(ROOMS, height=700)

    page.js("document.querySelector('summary').click()")
    page.js("document.querySelectorAll('nav a')[150].click()")

    name = json.dumps(ROOMS[150].title or ROOMS[150].room)
    top = page.js(
        f"[...document.querySelectorAll('h2')].find(h => h.textContent === {name})"
        ".getBoundingClientRect().top"
    )
    assert 0 <= top < 700
