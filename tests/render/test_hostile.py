"""Hostile names and messages in text and in JSON; markdown and HTML have their own."""

from __future__ import annotations

import json
import re

import pytest
from corpus import HOSTILE, TEXTS
from plans import every_slot, report_of

from reconciler.core.plan.cost import Estimate
from reconciler.render.json.documents import dump, plan_document
from reconciler.render.text.plan import plan_text
from reconciler.render.text.report import report_text
from reconciler.render.words import Paint

COST = Estimate(7, 1)
PLAIN = "harmless"


def shown(text: str) -> list[str]:
    """The lines of a plan and of a report with this text everywhere."""
    plan, gates = every_slot(text)
    made = plan_text(plan, gates, COST, 3, Paint())
    return [*made.split("\n"), *report_text(report_of(text), Paint()).split("\n")]


def commands(line: str) -> bool:
    """True for what a CI system would take as a command."""
    return line.lstrip().startswith("::") or bool(re.search(r"##\w*\[", line))


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_on_its_line(text: str) -> None:
    """No text adds a line, moves the cursor, turns the line or commands a CI system."""
    lines = shown(text)

    assert len(lines) == len(shown(PLAIN))
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines if commands(line)]


@pytest.mark.parametrize("text", HOSTILE)
def test_json_carries_it_unchanged(text: str) -> None:
    """JSON is ASCII, parses, holds the whole text, and commands no CI system."""
    plan, gates = every_slot(text)
    made = dump(plan_document(plan, gates, COST, 3, digest="", tool="0"))

    assert made.isascii()
    assert not [line for line in made.split("\n") if commands(line)]
    read = json.loads(made)
    assert {change["key"] for change in read["changes"]} == {text}
    assert {found["message"] for found in read["findings"]} == {text}


def test_the_corpus_is_there() -> None:
    """The corpus has every kind of hostile text, and none of them twice."""
    kinds = {name.split("-")[0] for name, _ in TEXTS}

    wanted = {"ci", "html", "long", "markdown", "mentions", "terminal", "unicode"}
    assert kinds >= wanted
    assert len(TEXTS) == len({text for _, text in TEXTS}) > 100
