"""The sheet for callers: their words only, and everything that they need."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reconciler.core.dialin.sheet import (
    GLOBAL_NUMBERS,
    DialIn,
    Number,
    Source,
    masked,
)
from reconciler.render.html.dialin import COUNTRIES, HEADING, dialin_html

NUMBER, PIN, NOW, UNTIL = "+12095550100", "01234567890", 1_800_000_000, 1_815_552_000
ROOM = DialIn(
    "dr-miller",
    PIN,
    (Number(NUMBER, title="Main line"),),
    UNTIL,
    title="Dr. Miller",
    url="https://acme.daily.co/dr-miller",
)
KINDS = (
    ROOM,
    replace(ROOM, title="", url="", renewed=True),
    replace(ROOM, numbers=(Number(NUMBER, Source.DECLARED),), invited=True),
    replace(ROOM, numbers=(Number(NUMBER, Source.ASSUMED), Number(NUMBER))),
    replace(
        ROOM, numbers=tuple(Number(n, Source.GLOBAL, c) for c, n in GLOBAL_NUMBERS)
    ),
    *masked([ROOM]),
)
ENGINEERS = (
    *("e.164", "config", "declared", "apply", "confirm", "assumed", "daily-reconciler"),
    *("yaml", "dial-in", "dialin", "pin_", "purchased", "bought", "expires", "exp "),
    *("utc", "domain", "renew", "file", "api", "room_", "token", "sip", "masked"),
)


def words(page: str) -> str:
    """What a reader sees or hears: texts and labels, without addresses and style."""
    body = page.partition("<body>")[2]
    labels = re.findall(r'aria-label="([^"]*)"', body)
    shown = re.sub(r"<svg.*?</svg>", "", body, flags=re.DOTALL)
    return " ".join([re.sub(r"<[^>]+>", " ", shown), *labels])


@pytest.mark.parametrize("entries", [KINDS, KINDS * 34, (ROOM,), KINDS[-1:], ()])
def test_no_word_on_it_is_an_engineers(entries: tuple[DialIn, ...]) -> None:
    """Callers know nothing of how the sheet was made, or of what is uncertain."""
    said = words(dialin_html(entries, now=NOW)).lower()

    assert [word for word in ENGINEERS if word in said] == []


def test_the_title_stands_for_the_name() -> None:
    """Callers know the doctor; the name of the room is in its address only."""
    said = words(dialin_html([replace(ROOM, url="")], now=NOW))

    assert "Dr. Miller" in said
    assert "Main line" in said
    assert "dr-miller" not in said


def test_the_link_stands_beside_the_phone() -> None:
    """Who has a computer joins by browser."""
    page = dialin_html([ROOM], now=NOW)

    assert 'href="https://acme.daily.co/dr-miller"' in page
    assert "Join by browser" in words(page)
    assert "acme.daily.co/dr-miller" in words(page)


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "http://example.com/a", "https://a b", "https://a\n"],
)
def test_only_a_safe_address_is_a_link(url: str) -> None:
    """Whatever Daily shows, a page for callers runs nothing."""
    page = dialin_html([replace(ROOM, url=url)], now=NOW)

    assert "Join by browser" not in page
    assert "javascript" not in page


def test_an_end_is_told_where_there_is_one() -> None:
    """A room that renews itself has no end for its callers."""
    ends, lasts = (
        words(dialin_html([replace(ROOM, renewed=renewed)], now=NOW))
        for renewed in (False, True)
    )

    assert "Works until 14 July 2027" in re.sub(r"\s+", " ", ends)
    assert "until" not in lasts


def test_the_heading_is_the_given_one() -> None:
    """On the page and on its tab, escaped; without one it says what the page is for."""
    page = dialin_html([ROOM], now=NOW, title="Visits <b>&")

    assert page.count("Visits &lt;b&gt;&amp;") == 2
    assert f"<title>{HEADING}</title>" in dialin_html([ROOM], now=NOW)


def test_daily_own_numbers_have_a_country() -> None:
    """A caller takes the number of his country, by its name."""
    assert {country for country, _ in GLOBAL_NUMBERS} <= COUNTRIES.keys()
    assert "United Kingdom" in words(dialin_html(KINDS, now=NOW))


def test_each_room_is_named_once_for_screen_readers() -> None:
    """An article is labelled by its heading, and there is one heading of the page."""
    page = dialin_html(KINDS * 40, now=NOW)

    labels = re.findall(r'aria-labelledby="([^"]+)"', page)
    assert len(labels) == len(set(labels)) == len(KINDS) * 40
    assert all(f'id="{label}"' in page for label in labels)
    assert page.count("<h1>") == page.count("<main ") == 1


def test_the_page_is_private() -> None:
    """No search engine lists it, and a link that is followed does not name it."""
    page = dialin_html([ROOM], now=NOW)

    assert '<meta name="robots" content="noindex">' in page
    assert '<meta name="referrer" content="no-referrer">' in page
    assert '<html lang="en">' in page
