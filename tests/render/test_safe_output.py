"""What every format keeps: no secret, no control character, JSON that parses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.core.findings import Finding
from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
    Place,
)
from reconciler.core.plan import make_plan
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.model import Plan, Selection
from reconciler.core.secrecy import Secret
from reconciler.core.text import clean
from reconciler.render.json.documents import dump, plan_document
from reconciler.render.text.findings import findings_text
from reconciler.render.text.plan import plan_text
from reconciler.render.words import Paint

HUSH = "aHVzaC1odXNo"
EVIL = "\x1b[2J\u202eevil\n\r\x00"


def plan() -> Plan:
    """A plan in which names and values try to take over the terminal."""
    room = Desired("room", "lobby", {"privacy": "public", "lang": EVIL})
    number = Desired(
        "number",
        "+12095550101",
        {"type": "pinless_dialin", "hmac": Secret(HUSH), "name_prefix": EVIL},
    )
    foreign = LiveAssignment("current", "pin_dialin", None, {"name_prefix": EVIL})
    live = Live(
        LiveDomain(f"acme{EVIL}", "d", {}),
        {
            "lobby": LiveRoom("lobby", "i", "private", {}),
            EVIL: LiveRoom(EVIL, "j", None),
        },
        2,
        assignments=(foreign,),
    )
    config = Config("acme", resources=(room, number))
    return make_plan(config, live, now=0, selection=Selection(list_unmanaged=True))


def test_text_cannot_move_the_cursor() -> None:
    """Nothing from a file or from Daily reaches the terminal as it is."""
    shown = plan_text(plan(), (), Estimate(), 0, Paint())

    assert all(line.isprintable() for line in shown.split("\n"))
    assert "evil" in shown
    assert HUSH not in shown


def test_json_is_ascii_and_parses() -> None:
    """The JSON document parses, is plain ASCII, and holds labels for secrets."""
    document = plan_document(plan(), (), Estimate(), 0, digest="", tool="0")

    text = dump(document)

    assert text.isascii()
    assert json.loads(text)["kind"] == "plan"
    assert HUSH not in text


def test_a_finding_is_printable_whatever_it_quotes() -> None:
    """A finding's message, source and hint are cleaned, and its marks stay inside."""
    finding = Finding(
        "wrong-type", EVIL, Place(EVIL, 7, 400, 900), hint=EVIL, source=f"key: {EVIL}"
    )

    shown = findings_text([finding], Paint())

    assert all(line.isprintable() for line in shown.split("\n"))
    assert len(shown.split("\n")) == 3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 漢", "plain ü 漢"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31m", "\\u001b[31m"),
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_characters_are_spelled(text: Any, shown: str) -> None:
    """What cannot be printed is spelled out; the rest stays."""
    assert clean(text) == shown


def test_paint_can_be_left_out() -> None:
    """Without colours the text is the text."""
    assert Paint(False)("x", "red") == "x"
    assert Paint(True)("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"
