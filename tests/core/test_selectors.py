"""What chooses resources, and what is said of a pattern that chooses none."""

from __future__ import annotations

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.selectors import Selector, choosing, parse_selectors
from reconciler.errors import UsageError

ROOMS = ("support", "support-night", "Lobby", "team-red", "team-blue")
NUMBERS = ("+12095550100", "+12095550101", "+442079460000")
KNOWN = [("room", r) for r in ROOMS] + [("number", n) for n in NUMBERS]


def _refusal(option: str, *patterns: str) -> str:
    with pytest.raises(UsageError) as refused:
        choosing(parse_selectors(option, patterns), KNOWN)
    return refused.value.message


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("room:suport", "room:support"),
        ("room:lobby", "room:Lobby"),
        ("room:LOBBY", "room:Lobby"),
        ("room: support", "room:support"),
        ("room:team_red", "room:team-red"),
        ("room:suport-*", "room:support-*"),
        ("room:taem-*", "room:team-*"),
        ("number:12095550101", "number:+12095550101"),
        ("number:+1 209 555 0101", "number:+12095550101"),
        ("number:1 (209) 555-0101", "number:+12095550101"),
        ("number:001.209.555.0101", "number:+12095550101"),
        ("number:(209) 555-0101", "number:+12095550101"),
        ("number:2095550101", "number:+12095550101"),
        ("number:020 7946 0000", "number:+442079460000"),
        ("number:1209*", "number:+1209*"),
        ("number:+1-209*", "number:+1209*"),
        ("number:+44207946000", "number:+442079460000"),
        ("number:team-*", "room:team-*"),
        ("room:+12095550100", "number:+12095550100"),
        ("room:12095550100", "number:+12095550100"),
    ],
)
def test_a_pattern_that_matches_nothing_is_refused_with_a_suggestion(
    pattern: str, meant: str
) -> None:
    """What was likely meant is offered as it is to be written, and it matches."""
    text = _refusal("--only", pattern)

    assert text == f"--only '{pattern}' matches nothing; did you mean '{meant}'?"
    (selector,) = parse_selectors("--only", [meant])
    assert any(selector(*key) for key in KNOWN)


def test_without_a_likely_name_those_that_exist_are_listed() -> None:
    """A few names of the kind are better than none."""
    text = _refusal("--resend", "room:quite-another-thing")

    assert text == (
        "--resend 'room:quite-another-thing' matches nothing; there are 'support', "
        "'support-night', 'Lobby', 'team-red', 'team-blue'"
    )


def test_without_any_of_the_kind_that_is_the_reason() -> None:
    """A file without numbers has no number to choose."""
    selectors = parse_selectors("--only", ["number:*"])

    with pytest.raises(UsageError, match="there is no number to choose from"):
        choosing(selectors, [("room", "lobby")])


def test_every_pattern_must_match() -> None:
    """One that matches does not excuse another that does not."""
    assert "'room:suport'" in _refusal("--only", "room:Lobby", "room:suport")


def test_where_the_kind_is_fixed_only_the_glob_is_written() -> None:
    """--rooms takes a glob alone, and so does its suggestion."""
    selector = Selector("--rooms", "room", "suport", fixed=True)

    with pytest.raises(UsageError) as refused:
        choosing([selector], KNOWN)

    assert refused.value.message == (
        "--rooms 'suport' matches nothing; did you mean 'support'?"
    )


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        ("lobby", "'room:lobby'"),
        ("rooms:lobby", "'room:lobby'"),
        ("+12095550100", "'number:+12095550100'"),
        ("1209*", "'number:1209*'"),
    ],
)
def test_a_pattern_without_a_kind_is_shown_with_one(pattern: str, example: str) -> None:
    """The form is named, with what was given in it."""
    text = _refusal("--only", pattern)

    assert "room:GLOB or number:GLOB" in text
    assert example in text


@given(st.sampled_from(["room", "number"]), st.text(string.printable, min_size=1))
def test_a_pattern_chooses_or_is_refused(kind: str, glob: str) -> None:
    """Whatever is written, nothing else happens, and the refusal is one clean line."""
    selectors = parse_selectors("--only", [f"{kind}:{glob}"])
    matches = any(selectors[0](*key) for key in KNOWN)

    with contextlib.nullcontext() if matches else pytest.raises(UsageError) as refused:
        chosen = choosing(selectors, KNOWN)

    if refused is not None:
        assert refused.value.message.isprintable()
    else:
        assert any(chosen(*key) for key in KNOWN)
