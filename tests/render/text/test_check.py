"""The answer of a check in text and JSON, whatever stands in it."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import get_args

import pytest
from corpus import HOSTILE

from reconciler.config.schema.validator import check_document
from reconciler.core.check.model import Health, Row, RowKind, Verdict, Way
from reconciler.core.commands import Invocation
from reconciler.core.findings import Finding
from reconciler.core.model import Live, LiveDomain, Place
from reconciler.render.check_metrics import check_metrics
from reconciler.render.json.check import check_document as as_document
from reconciler.render.json.documents import dump
from reconciler.render.text.check import check_text, quiet_text
from reconciler.render.words import Paint

RUN = Invocation("check", ("config.yaml",))
COMMAND = re.compile(r"^\s*::|##\[|##\w+\[")


def health_of(text: str) -> Health:
    """A row of each kind and verdict, with one text wherever one can stand."""
    told = Finding(
        "no-pin", text, Place(text, 3, 1), text, (text,), command=("apply", text)
    )
    rows = tuple(
        Row(kind, text, verdict, text, (told, replace(told, command=())), 1_800_000_000)
        for kind, verdict in itertools.product(get_args(RowKind), Verdict)
    )
    live = Live(LiveDomain(text, text, {}), requests=4, skew=-7.2)
    way = Way(text, text)
    return Health(live, way, 1_800_000_000, 60, rows, (told,), 3)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """It starts no line of its own, moves no cursor and commands no CI system."""
    health = health_of(text)

    for shown in (
        check_text(health, Paint(), RUN, tool="1"),
        quiet_text(health, Paint(), RUN),
    ):
        lines = shown.split("\n")
        assert all(line.isprintable() for line in lines)
        assert not [line for line in lines if COMMAND.search(line)]
        rows = [li for li in lines if re.match("(ok|FAIL|unknown) ", li)]
        assert len(rows) == len(health.rows) - (6 if shown.startswith("FAIL") else 0)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_document_carries_it_unchanged(text: str) -> None:
    """As its schema says, and in ASCII."""
    written = dump(as_document(health_of(text), RUN, tool="1"))
    document = json.loads(written)

    assert written.isascii()
    assert document["rows"][0]["subject"] == text
    assert check_document("check", document) == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_metrics_stay_metrics(text: str) -> None:
    """Each line is a comment, or a name with labels and a number."""
    line = re.compile(
        r'(#.*|daily_reconciler_check_\w+\{([a-z]+="([^"\\\n]|\\.)*",?)+\} \d+)'
    )
    lines = check_metrics(health_of(text), 2).split("\n")

    assert lines.pop() == ""
    assert all(line.fullmatch(one) for one in lines)


def test_text_fits_a_terminal() -> None:
    """Long messages are broken at 80 columns; a command is not, and can be pasted."""
    words = "callers of this room cannot join because " * 5
    finding = Finding(
        "no-pin", words, None, words, command=("plan", "--only", "room:x" * 20)
    )
    row = Row("room", "a-room-with-a-name-of-some-length", Verdict.FAIL, "PIN, " * 12)
    health = replace(health_of("x"), rows=(replace(row, reasons=(finding,)),), notes=())

    lines = check_text(health, Paint(), RUN, tool="1").split("\n")

    (pasted,) = (line for line in lines if "daily-reconciler plan" in line)
    assert len(pasted) > 80
    assert all(len(line) <= 80 for line in lines if line != pasted)
