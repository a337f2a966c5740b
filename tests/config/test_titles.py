"""`title`: one line of text for people, of one room or one number."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.config.load import Loaded

Load = Callable[..., Loaded]


@pytest.mark.parametrize(
    ("title", "id_"),
    [
        ('"a\\tb"', "wrong-format"),
        ('"a\\nb"', "wrong-format"),
        ('"a\\u202eb"', "wrong-format"),
        ('"a\\u0085b"', "wrong-format"),
        ('" a"', "wrong-format"),
        ('"a "', "wrong-format"),
        ('""', "wrong-format"),
        ("42", "wrong-type"),
        ("[a]", "wrong-type"),
        ("a" * 101, "out-of-range"),
    ],
)
@pytest.mark.parametrize(
    "entry",
    [
        "rooms: {a: {privacy: private, title: %s}}\n",
        "phone_numbers: {'+12095550100': {pin_dialin: {}, title: %s}}\n",
    ],
)
def test_a_title_is_one_line_of_text(
    load_text: Load, entry: str, title: str, id_: str
) -> None:
    """No control characters, no text that runs the other way, not too long."""
    (finding,) = load_text(entry % title).findings

    assert finding.id == id_
    assert "title" in finding.message


@pytest.mark.parametrize("title", ["Dr. Müller", "a" * 100, '"24/7: help"', "ד״ר כהן"])
def test_titles_are_in_any_language(load_text: Load, title: str) -> None:
    """Letters of every script, and what stands between words."""
    config = load_text(f"rooms: {{a: {{privacy: private, title: {title}}}}}\n").config

    assert config
    assert config.resources[0].title == title.strip('"')


def test_a_variable_is_no_title(load_text: Load) -> None:
    """A variable is a secret, and a title is there to be shown."""
    (finding,) = load_text(
        "rooms: {a: {privacy: private, title: '${WHO}'}}\n", environ={"WHO": "Miller"}
    ).findings

    assert finding.path[-1] == "title"
    assert finding.severity == "error"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "defaults: {rooms: {title: Doctor}}\n",
            "a title belongs to one room: write it there",
        ),
        (
            "rooms: {a: {privacy: private, properties: {title: Doctor}}}\n",
            "put it beside 'properties', not inside",
        ),
        (
            "phone_numbers: {'+12095550100': {pin_dialin: {title: Main line}}}\n",
            "put it beside 'pin_dialin', not inside",
        ),
    ],
)
def test_a_title_in_the_wrong_place(load_text: Load, text: str, hint: str) -> None:
    """The hint says where a title belongs."""
    (finding,) = load_text(text).findings

    assert finding.id == "unknown-property"
    assert finding.hint == hint
