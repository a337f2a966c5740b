"""The page of a plan in a real Chromium: `make test-full`.

Nothing is asked of anybody, the filter works from the keyboard, and the page can be
read in light and dark, on a phone, by a screen reader, and with 5,000 rooms.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.chromium import Browser, find, launch
from corpus import EVERYTHING, TEXTS
from plans import every_slot, of_rooms, plan, story

from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import Gate
from reconciler.core.plan.model import Plan
from reconciler.render.html.plan import plan_html

pytestmark = pytest.mark.full

GATES = (
    Gate("delete", 12, 5, "12 to delete of 20; at most 5"),
    Gate("update", 3, 9, ""),
)
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
ESCAPE, TAB = ("Escape", 27), ("Tab", 9)
SEEN = "[...document.querySelectorAll('.item')].filter(i => i.checkVisibility())"
MATCHES = "document.getElementById('matches').textContent"


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
    """Opens a plan; afterwards, nothing was asked of anybody and nothing went wrong."""
    page = tmp_path / "plan.html"

    def opened(made: Plan, gates: tuple[Gate, ...] = (), **look: Any) -> Browser:
        text = plan_html(made, gates, Estimate(40, 0), 5, tool="1.2.3")
        page.write_text(text, encoding="utf-8")
        browser.look(**look)
        browser.goto(page)
        return browser

    yield opened
    browser.js("new Promise(done => setTimeout(done, 50))")
    asked = [e["request"]["url"] for e in browser.told("Network.requestWillBeSent")]
    assert [url for url in asked if url not in (page.as_uri(), "data:,")] == []
    assert browser.told("Log.entryAdded") == []
    assert browser.told("Runtime.consoleAPICalled") == []
    assert browser.told("Runtime.exceptionThrown") == []
    assert browser.js("window.pwned") is None


def seen(browser: Browser) -> list[str]:
    """The names of the entries that can be seen."""
    return browser.js(f"{SEEN}.map(i => i.querySelector('code').textContent)")  # type: ignore[no-any-return]


def filter_for(browser: Browser, text: str, said: str) -> None:
    """Type into the filter, and wait for what it says."""
    browser.js("document.getElementById('filter').focus()")
    browser.type(text)
    browser.wait(f"{MATCHES} === {json.dumps(said)}")


def test_the_filter_works_from_the_keyboard(show: Any) -> None:
    """Tab leads to the filter; typing hides what does not match, Escape shows all."""
    page = show(story("git:main"))
    assert len(seen(page)) == 8

    for _ in range(2):
        page.press(*TAB)
    assert page.js("document.activeElement.id") == "filter"
    page.type("lobby")
    page.wait(f"{MATCHES} === '2 of 8 entries match'")

    assert seen(page) == ["lobby", "lobby"]
    headings = "[...document.querySelectorAll('h2')].filter(h => h.checkVisibility())"
    assert "Drift" not in page.js(f"{headings}.map(h => h.textContent)")
    page.press(*ESCAPE)
    assert page.js(MATCHES) == "8 entries"
    assert len(seen(page)) == 8


def test_the_filter_looks_into_fields_values_and_risks(show: Any) -> None:
    """Every word must occur: in a name, a field, a value, a reason or a risk."""
    page = show(story("git:main"))

    filter_for(page, "public anyone", "1 of 8 entries match")
    assert seen(page) == ["lobby"]
    page.press(*ESCAPE)
    filter_for(page, "CANSEND video", "1 of 8 entries match")
    assert seen(page) == ["studio"]
    page.press(*ESCAPE)
    filter_for(page, "before", "0 of 8 entries match")


def test_5000_rooms_filter_at_once(show: Any) -> None:
    """A page of 5,003 rooms opens, filters and opens its groups without a wait."""
    start = time.monotonic()
    page = show(of_rooms(5_003))
    assert time.monotonic() - start < 10

    start = time.monotonic()
    filter_for(page, "room-04907", "1 of 5,003 entries match")
    assert time.monotonic() - start < 3
    assert seen(page) == ["room-04907"]

    took = "(() => { const t = performance.now(); %s; document.body.offsetHeight;"
    took += "return performance.now() - t })()"
    press = "document.getElementById('filter').value = '%s';"
    press += "document.getElementById('search').requestSubmit()"
    for text in ("public", "room-0", ""):
        assert page.js(took % (press % text)) < 1_500


def test_a_filter_opens_groups_and_closes_them_again(show: Any) -> None:
    """What was collapsed is opened while a filter is on, and collapsed afterwards."""
    page = show(of_rooms(300))
    is_open = "document.querySelector('.group').open"
    assert not page.js(is_open)

    filter_for(page, "room-00007", "1 of 300 entries match")
    assert page.js(is_open)
    page.press(*ESCAPE)

    assert not page.js(is_open)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1_200])
def test_needs_no_sideways_scrolling(show: Any, width: int, dark: bool) -> None:
    """No window is too narrow, whatever stands in the plan."""
    for made, gates in ((story("git:main"), GATES), every_slot("x" * 999)):
        page = show(made, gates, width=width, dark=dark)

        inner, needed = page.js("[innerWidth, document.scrollingElement.scrollWidth]")
        assert inner == width
        assert needed <= width


def test_light_and_dark_differ(show: Any) -> None:
    """The page follows the colour scheme of the reader."""
    paper = "getComputedStyle(document.body).backgroundColor"

    assert show(story()).js(paper) == "rgb(255, 255, 255)"
    assert show(story(), dark=True).js(paper) == "rgb(13, 17, 23)"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("base", ["", "git:main"])
def test_axe_finds_nothing(show: Any, dark: bool, base: str) -> None:
    """axe-core finds no accessibility problem, contrast among it."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make test-full, with npm")
    page = show(story(base), GATES, dark=dark)

    page.js(f"(() => {{ {AXE.read_text(encoding='utf-8')} }})()")
    found = page.js(
        "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
    )

    assert found == []


def test_landmarks_names_and_live_region_are_there(show: Any) -> None:
    """Assistive technology finds main, search, a labelled filter and its count."""
    page = show(story("git:main"))

    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    told = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored")
    }
    assert {("main", ""), ("search", ""), ("searchbox", "Filter")} <= told
    assert ("heading", "Plan for acme") in told
    assert "status" in {role for role, _ in told}
    assert page.js("document.getElementById('matches').ariaLive") == "polite"


def test_printing_shows_everything(show: Any) -> None:
    """On paper the groups are open and the filter is gone."""
    page = show(of_rooms(300))

    page.js("dispatchEvent(new Event('beforeprint'))")
    page.call("Emulation.setEmulatedMedia", media="print", features=[])

    assert len(seen(page)) == 300
    assert not page.js("document.getElementById('search').checkVisibility()")
    page.call("Emulation.setEmulatedMedia", media="", features=[])


def test_nothing_to_do_is_a_page_too(show: Any) -> None:
    """A domain in sync gives a page that says so."""
    page = show(plan())

    assert "Nothing to do." in page.js("document.body.innerText")


def test_hostile_text_does_nothing(show: Any) -> None:
    """No name or message runs, asks or builds anything."""
    html = "\n".join(text for name, text in TEXTS if name.startswith("html"))
    for text in (EVERYTHING, html, *(t for n, t in TEXTS if n.startswith("html"))):
        page = show(*every_slot(text))
        assert page.js("document.scripts.length") == 1
        assert (
            page.js("document.querySelectorAll('img, svg, iframe, base').length") == 0
        )
