"""The dial-in list in each format: exact, aligned, and safe whatever Daily shows."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from corpus import EVERYTHING
from markdown_it import MarkdownIt

from reconciler.core.dialin.sheet import (
    GLOBAL_NUMBERS,
    DialIn,
    Number,
    Source,
    masked,
    tel_link,
)
from reconciler.render.csv import HEADER, cell, dialin_csv
from reconciler.render.html.dialin import dialin_html, grouped
from reconciler.render.json.dialin import dialin_document
from reconciler.render.markdown.dialin import dialin_markdown
from reconciler.render.phones import for_people
from reconciler.render.text.dialin import dialin_text

NUMBER, PIN = "+12095550100", "01234567890"
NOW, UNTIL = 1_800_000_000, 1_815_552_000
ROOM = DialIn("weekly-standup", PIN, (Number(NUMBER),), UNTIL)
ASSUMED = DialIn("all-hands", PIN, (Number(NUMBER, Source.ASSUMED),), UNTIL)
GLOBAL = DialIn(
    "free", PIN, tuple(Number(n, Source.GLOBAL, c) for c, n in GLOBAL_NUMBERS), UNTIL
)
NEW = DialIn("new", problem="not in Daily yet: apply creates it")
OLD = DialIn("old", problem="has expired", expires=1_700_000_000)
ALL = (ROOM, ASSUMED, GLOBAL, NEW, OLD)
HOSTILE = DialIn(
    EVERYTHING,
    EVERYTHING,
    (Number(EVERYTHING, title=EVERYTHING),),
    UNTIL,
    title=EVERYTHING,
    url="https://x/\"><script>alert(1)</script>'onclick='x",
    sip=(EVERYTHING,),
)


def html(entries: Sequence[DialIn]) -> str:
    """The sheet of these rooms."""
    return dialin_html([e for e in entries if not e.problem], now=NOW)


FORMATS: dict[str, Callable[[Sequence[DialIn]], str]] = {
    "text": dialin_text,
    "json": lambda e: json.dumps(dialin_document(e, "acme", tool="1")),
    "csv": dialin_csv,
    "markdown": lambda e: dialin_markdown(e, "acme"),
    "html": html,
}


@pytest.mark.parametrize("show", FORMATS.values(), ids=FORMATS)
def test_a_mask_leaves_no_pin_in_any_format(show: Any) -> None:
    """Neither the PIN nor a link that dials it is anywhere."""
    shown = show(masked(ALL))

    assert PIN not in shown.replace(" ", "")
    assert NUMBER in shown
    assert f"tel:{NUMBER},," not in shown


@pytest.mark.parametrize("show", FORMATS.values(), ids=FORMATS)
def test_every_format_says_everything(show: Any) -> None:
    """Room, PIN and dial string are there; nobody in it is no error."""
    shown = show(ALL)

    assert f"{NUMBER},,{PIN}" in shown
    assert all(entry.room in shown for entry in ALL if not entry.problem)
    assert show([])


@pytest.mark.parametrize("show", [FORMATS[name] for name in FORMATS if name != "html"])
def test_every_format_but_the_sheet_says_what_is_wrong(show: Any) -> None:
    """A room that is not ready is in it, with the reason."""
    shown = show(ALL)

    assert all(entry.room in shown for entry in ALL)
    assert "not in Daily yet" in shown


def test_text_is_aligned_and_fits_80_columns() -> None:
    """Columns stand below each other, and no line wraps in a usual terminal."""
    lines = dialin_text(ALL).splitlines()

    at = {line.index(NUMBER) for line in lines if NUMBER in line}
    assert at == {lines[0].index("DIAL STRING")}
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == [ROOM.room, PIN, f"{NUMBER},,{PIN}", "2027-07-14"]


def test_text_explains_its_notes() -> None:
    """A note that stands at a number is explained once below the table."""
    assert "bought first" in dialin_text([ASSUMED])
    assert "Daily's, US" in dialin_text([GLOBAL])
    assert len(dialin_text([ROOM]).splitlines()) == 2


def test_csv_reads_back() -> None:
    """RFC 4180: a header, lines ended by CRLF, as many cells in each row."""
    shown = dialin_csv([*ALL, HOSTILE])

    assert shown.endswith("\r\n")
    assert "\n" not in shown.replace("\r\n", "")
    header, *rows = csv.reader(io.StringIO(shown, newline=""), strict=True)
    assert tuple(header) == HEADER
    assert {len(row) for row in rows} == {len(HEADER)}
    assert rows[0][1:5] == [NUMBER, PIN, f"{NUMBER},,{PIN}", f"tel:{NUMBER},,{PIN}"]


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("https://example.com","x")',
        "+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(1)",
        "  =1+1",
        "\uff1d1+1",
        "+12095550100,,=1",
        "-1",
    ],
)
def test_no_cell_is_a_formula(text: str) -> None:
    """What a spreadsheet would run gets an apostrophe in front."""
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", [NUMBER, PIN, f"{NUMBER},,{PIN}", "room", "tel:+1"])
def test_numbers_stay_exact(text: str) -> None:
    """Nothing but digits cannot do harm, and programs read it."""
    assert cell(text) == text


def test_a_control_character_does_not_start_a_cell() -> None:
    """A tab or a line end in front of a formula is spelled."""
    assert cell("\t=1") == "\\t=1"
    assert cell("\r\n=1") == "\\r\\n=1"


@pytest.mark.parametrize("entries", [ALL, [HOSTILE]], ids=["usual", "hostile"])
def test_markdown_is_one_table(entries: Any) -> None:
    """Each row has five cells, and nothing of Daily's is markup."""
    rows = sum(len(entry.numbers) or 1 for entry in entries)

    tokens = MarkdownIt("gfm-like").parse(dialin_markdown(entries, "acme"))

    kinds = [token.type for token in tokens]
    assert kinds.count("table_open") == 1
    assert kinds.count("td_open") == rows * 5
    inside = [child for token in tokens for child in token.children or ()]
    links = [child.attrs["href"] for child in inside if child.type == "link_open"]
    assert all(re.fullmatch(r"tel:\+\d+,,\d+", str(link)) for link in links)
    assert "html_inline" not in {child.type for child in inside}
    assert "html_block" not in kinds


class Page(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str, attribute: str) -> list[str | None]:
        """One attribute of every element of a name."""
        return [a.get(attribute) for name, a in self.tags if name == tag]


def test_html_has_a_link_for_each_number_and_a_code_for_each_room() -> None:
    """Every number can be tapped; every room with a PIN can be scanned."""
    page = Page(html(ALL))

    links = [tel_link(n.number, e.pin) for e in ALL for n in e.numbers]
    assert page.all("a", "href") == links
    assert len(page.all("svg", "class")) == 3


def test_html_asks_nothing_of_anybody() -> None:
    """The policy forbids every request and knows the one style by its digest."""
    text = html(ALL)
    page = Page(text)

    policy = page.all("meta", "content")[1]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert policy is not None
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "script-src" not in policy
    assert not {"script", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert page.all("link", "href") == ["data:,"]


def test_hostile_text_makes_no_element() -> None:
    """Whatever stands in a name or a number, the page has the same elements."""
    number = Number("x", title="x")
    plain = DialIn("x", "x", (number,), UNTIL, title="x", url="https://x")

    shown = [tag for tag, _ in Page(html([HOSTILE])).tags]

    assert shown == [tag for tag, _ in Page(html([plain])).tags]


def test_html_of_many_rooms_begins_with_their_list() -> None:
    """Each entry of the list leads to a room that is there."""
    many = [DialIn(f"r-{n}", PIN, (Number(NUMBER),), UNTIL) for n in range(40)]
    page = Page(html(many))

    targets = [h for h in page.all("a", "href") if h and h.startswith("#")]

    assert len(targets) == 40
    assert {h[1:] for h in targets} <= set(page.all("h2", "id"))


@pytest.mark.parametrize(
    ("pin", "shown"),
    [(PIN, "012 3456 7890"), ("1234", "1234"), ("12345", "1 2345"), ("<b>", "<b>")],
)
def test_a_pin_is_grouped(pin: str, shown: str) -> None:
    """Groups of four are read out more easily; no digit is lost."""
    assert grouped(pin) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (NUMBER, "+1 209-555-0100"),
        ("+442080501289", "+44 20 8050 1289"),
        ("+999123456", "+999123456"),
        ("+1 209 call me", "+1 209 call me"),
        ("", ""),
    ],
)
def test_numbers_for_people(number: str, shown: str) -> None:
    """A number is written as its country does; anything else stays as it is."""
    assert for_people(number) == shown


def test_without_the_extra_everything_is_there_but_the_codes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without segno and phonenumbers there are links, and numbers in E.164."""
    monkeypatch.setitem(sys.modules, "segno", None)
    monkeypatch.setitem(sys.modules, "phonenumbers", None)

    text = html([ROOM])

    page = Page(text)
    assert page.all("a", "href") == [f"tel:{NUMBER},,{PIN}"]
    assert page.all("svg", "class") == []
    assert "scan" not in text.partition("<body>")[2].lower()
    assert f">{NUMBER}<" in text
