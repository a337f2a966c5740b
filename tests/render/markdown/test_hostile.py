"""Nothing in a comment but the tool's own words is markdown.

A comment with a hostile text everywhere and one with a harmless text everywhere are
parsed by a CommonMark and GFM parser: they must be the same but for what stands in
code spans and code blocks, where GitHub knows no mention and no reference either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest
from corpus import EVERYTHING, HOSTILE
from markdown_it import MarkdownIt
from markdown_it.token import Token
from plans import every_slot, report_of

from reconciler.core.plan.cost import Estimate
from reconciler.render.markdown.marks import BLOCK_STARTS, code
from reconciler.render.markdown.plan import plan_markdown, report_markdown

PARSER = MarkdownIt("gfm-like")
OURS = re.compile(
    r"<!-- daily-reconciler:(plan|report):[\w.~%:-]+ -->|</details>"
    r"|<details><summary>[\w ,]+</summary>"
)
PLAIN = "harmless"


def flat(tokens: list[Token]) -> Iterator[Token]:
    """The tokens with those inside them."""
    for token in tokens:
        yield token
        yield from flat(token.children or [])


def structure(markdown: str) -> list[tuple[str, str, str]]:
    """What a reader's browser would be told, without what stands in code."""
    made = []
    for token in flat(PARSER.parse(markdown)):
        own = token.type == "text"
        content = token.content if own else ""
        if token.type == "html_block":
            content = re.sub(r"(plan|report):\S+", r"\1", token.content)
        made.append((token.type, token.tag, content))
    return made


@cache
def comments(text: str) -> list[str]:
    """Each comment with this text everywhere: whole, cut, and a report."""
    plan, gates = every_slot(text)
    whole = plan_markdown(plan, gates, Estimate(), 3, marker=text, limit=10**9)
    cut = plan_markdown(plan, gates, Estimate(), 3, marker=text, limit=9_000)
    return [whole, cut, report_markdown(report_of(text), text)]


PLAIN_WHOLE, _, PLAIN_REPORT = comments(PLAIN)


@pytest.mark.parametrize("text", HOSTILE)
def test_is_text_and_nothing_else(text: str) -> None:
    """A comment has the same structure, whatever names and messages say."""
    whole, _, report = comments(text)

    assert structure(whole) == structure(PLAIN_WHOLE)
    assert structure(report) == structure(PLAIN_REPORT)


@pytest.mark.parametrize("text", HOSTILE)
def test_holds_only_our_own_markup(text: str) -> None:
    """No link, image, table, HTML or heading but the tool's own, in any form of it."""
    for made in comments(text):
        tokens = list(flat(PARSER.parse(made)))

        types = {token.type for token in tokens}
        assert not types & {"link_open", "image", "html_inline", "table_open", "hr"}
        html = "".join(t.content for t in tokens if t.type == "html_block")
        assert not OURS.sub("", html).strip()
        words = "".join(t.content for t in tokens if t.type == "text")
        assert not re.search(r"@|#\d|GH-|://|www\.|\||harmless", words)
        assert made.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", [*HOSTILE, EVERYTHING])
def test_no_line_of_a_block_can_end_it(text: str) -> None:
    """Each line of a code block begins with a start of ours, or is empty."""
    for made in comments(text):
        blocks = [t for t in flat(PARSER.parse(made)) if t.type == "fence"]
        for token in blocks:
            assert token.info == "diff"
            lines = token.content.split("\n")
            assert all(line.startswith(BLOCK_STARTS) for line in lines if line)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_span_holds_its_text(text: str) -> None:
    """A code span is parsed as one span, wherever it stands in a line."""
    made = code(text)

    paragraph, inline, _ = PARSER.parse(f"before {made} after")
    assert paragraph.type == "paragraph_open"
    kinds = [token.type for token in inline.children or []]
    assert kinds == ["text", "code_inline", "text"]
