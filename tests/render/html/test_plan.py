"""A plan as a page: what is on it, and that it asks nothing of anybody."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from corpus import EVERYTHING, HOSTILE
from plans import every_slot, of_rooms, plan, story

from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import Gate
from reconciler.core.plan.model import Plan
from reconciler.render.html.plan import plan_html


def shown(made: Plan, gates: tuple[Gate, ...] = ()) -> str:
    """The plan as a page."""
    return plan_html(made, gates, Estimate(40, 0), 5, tool="1.2.3")


class Outline(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        raise AssertionError("the page has no comments")

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] not in ("style", "script"):
            self.text += f"{data}\n"


PLAIN = Outline(shown(*every_slot("harmless"))).elements


@pytest.mark.parametrize("text", [*HOSTILE, EVERYTHING])
def test_is_text_and_nothing_else(text: str) -> None:
    """A page has the same elements and attributes, whatever names and messages say."""
    page = shown(*every_slot(text))

    assert Outline(page).elements == PLAIN
    assert re.sub(r"\s", "", page).isprintable()


def test_asks_nothing_of_anybody() -> None:
    """The page refers to nothing outside, and its policy forbids every request."""
    page = shown(story("git:main"))

    assert not re.search(r"(?i)https?:|url\(|@import|fetch|XMLHttp", page)
    outside = re.findall(r'(?:src|href|action)="([^"]*)"', page)
    assert set(outside) == {"data:,", "#changes"}
    assert "default-src 'none'" in page


def test_the_policy_names_the_style_and_the_script() -> None:
    """Nothing runs but the style and the script whose digests the policy has."""
    page = shown(story())

    policy = re.search(r'Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    for tag in ("style", "script"):
        held = re.search(f"<{tag}>(.*?)</{tag}>", page, re.S)
        assert held is not None
        digest = base64.b64encode(hashlib.sha256(held[1].encode()).digest())
        assert f"{tag}-src 'sha256-{digest.decode()}'" in policy[1]
    assert not re.search(r"\s(style|on\w+)=", page)


def test_has_what_the_comment_has() -> None:
    """The page shows risks, sections, changes with both sides, and what is dropped."""
    text = Outline(shown(story("git:main"))).text

    assert text.index("1 new PIN") < text.index("1 to create, 2 to update")
    for said in (
        *("Changes of this revision", "Drift", "No longer managed", "git:main"),
        *("1 room to create", "max_participants (drift)"),
        *("is public: anyone with the link can join", "2027-07-14T08:00:00Z"),
        *("${SUPPORT_HMAC}", "attic: {state: absent}", "daily-reconciler 1.2.3"),
    ):
        assert said in text
    assert "hush" not in text


def test_gates_show_their_numbers() -> None:
    """A closed gate says how to open it, an open one how far it is."""
    text = Outline(shown(*every_slot("harmless"))).text

    assert "Refused by 1 gate" in text
    assert "--allow delete=12" in text
    assert "3 of 10" in text


def test_nothing_to_do_is_said() -> None:
    """The page of a domain in sync says so, and has no filter."""
    page = shown(plan())

    assert "Nothing to do." in page
    assert 'id="filter"' not in page


def test_a_large_plan_starts_collapsed() -> None:
    """Groups of a small plan are open, those of a large one are not."""
    assert '<details class="group" open>' in shown(of_rooms(200))
    assert '<details class="group" open>' not in shown(of_rooms(201))


def test_ids_are_there_once() -> None:
    """No id stands twice on the page."""
    ids = re.findall(r'\sid="([^"]*)"', shown(*every_slot("harmless")))

    assert len(ids) == len(set(ids))
