"""Additions to a file that people wrote leave every byte of it in its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config.insert.insert import Addition, merge
from reconciler.config.insert.layout import Style, style_of
from reconciler.config.reading.parse import parse
from reconciler.errors import ReconcilerError

ROOM = Addition(
    "hall",
    ("hall:", "  # from Daily", "  privacy: public", "  properties:", "    lang: de"),
    "hall: {privacy: public, properties: {lang: de}}",
)
PLAIN = Addition("attic", ("attic: {}",), "attic: {}")
NUMBER = Addition(
    "+12095550100",
    ('"+12095550100":', "  pin_dialin: {}"),
    '"+12095550100": {pin_dialin: {}}',
)
HALL = {"privacy": "public", "properties": {"lang": "de"}}

COMMENTED = """\
# Ours.
version: 1   # the format
domain: acme

rooms:  # sorted by age
    # the first one
    lobby:
        privacy: public   # on purpose
        properties: {lang: no}


    # old-room:
    #     privacy: private

# Numbers come last.
phone_numbers:
    "+12095550101": {pin_dialin: {}}
# The end."""


def is_subsequence(short: str, long: str) -> bool:
    """Every character of the one stands in the other, in order."""
    rest = iter(long)
    return all(char in rest for char in short)


def data(text: str) -> object:
    """The text as the loader reads it."""
    parsed = parse(text, "a.yaml")
    assert parsed.document, parsed.findings
    return parsed.document.data


def test_entries_come_after_the_last_of_their_section() -> None:
    """Comments stay where they are, also a room that is commented out."""
    found = merge(COMMENTED, {"rooms": [ROOM, PLAIN], "phone_numbers": [NUMBER]})

    cut = COMMENTED.index("\n# Numbers")
    added = """\
    hall:
      # from Daily
      privacy: public
      properties:
        lang: de
    attic: {}
"""
    last = '\n    "+12095550100":\n      pin_dialin: {}\n'
    assert found == COMMENTED[:cut] + added + COMMENTED[cut:].replace(
        "{}}\n# The", f"{{}}}}{last}# The"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 1", {"a": 1, "rooms": {"hall": HALL}}, id="missing"),
        pytest.param(
            "a: 1\n\n# bye\n", {"a": 1, "rooms": {"hall": HALL}}, id="comment"
        ),
        pytest.param("rooms:\na: 1\n", {"rooms": {"hall": HALL}, "a": 1}, id="empty"),
        pytest.param("rooms:", {"rooms": {"hall": HALL}}, id="empty-at-the-end"),
        pytest.param("rooms: {}\na: 1", {"rooms": {"hall": HALL}, "a": 1}, id="braces"),
        pytest.param(
            "rooms: {b: {}, } # x\n", {"rooms": {"b": {}, "hall": HALL}}, id="comma"
        ),
        pytest.param(
            "rooms: {\n b: {} # x\n}\n", {"rooms": {"b": {}, "hall": HALL}}, id="lines"
        ),
        pytest.param(
            "rooms:\n b: {}\n...\n", {"rooms": {"b": {}, "hall": HALL}}, id="end-mark"
        ),
        pytest.param(
            "---\nrooms:\n      b: {}", {"rooms": {"b": {}, "hall": HALL}}, id="wide"
        ),
        pytest.param(
            "rooms:\n  b: |+\n    # no comment\n\n\na: 1\n",
            {"rooms": {"b": "# no comment\n\n\n", "hall": HALL}, "a": 1},
            id="block-text",
        ),
        pytest.param(
            "rooms:\n  b: 'x\n    # y'\n",
            {"rooms": {"b": "x # y", "hall": HALL}},
            id="long-text",
        ),
        pytest.param(
            "  rooms:\n    b: {}\n  a: 1\n",
            {"rooms": {"b": {}, "hall": HALL}, "a": 1},
            id="all-indented",
        ),
        pytest.param(
            '"rooms":\n  b: &x {}\n  c: *x\n',
            {"rooms": {"b": {}, "c": {}, "hall": HALL}},
            id="quoted-and-anchors",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_any_layout_takes_additions(
    text: str, expected: dict[str, object], newline: str
) -> None:
    """Whatever its style, the file says the same as before, and the addition."""
    text = text.replace("\n", newline)

    found = merge(text, {"rooms": [ROOM]})

    assert data(found) == expected
    assert is_subsequence(text, found)
    if "\r\n" in text:
        assert found.count("\n") == found.count("\r\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{version: 1}\n", id="json-like"),
        pytest.param("a: &x {b: 1}\nrooms: *x\n", id="alias"),
        pytest.param("rooms: &x\n  b: {}\nother: *x\n", id="anchor"),
        pytest.param("rooms: null\n", id="null"),
        pytest.param("rooms: []\n", id="list"),
        pytest.param("# nothing\n", id="nothing"),
    ],
)
def test_what_cannot_be_done_is_refused(text: str) -> None:
    """A file is never guessed at: the message says what would help."""
    with pytest.raises(ReconcilerError):
        merge(text, {"rooms": [ROOM]})


def test_nothing_to_add_changes_nothing() -> None:
    """Without additions the text stays as it is, byte for byte."""
    assert merge("\ufeff{version: 1}", {"rooms": []}) == "\ufeff{version: 1}"


def test_a_byte_order_mark_stays_first() -> None:
    """Editors on Windows put one before everything."""
    found = merge("\ufeffa: 1\r\n", {"rooms": [PLAIN]})

    assert found == "\ufeffa: 1\r\n\r\nrooms:\r\n  attic: {}\r\n"


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a: 1\n", Style(2, "\n")),
        ("rooms:\r\n    b: {}\r\n", Style(4, "\r\n")),
        ("rooms:\n b:\n    privacy: public\n", Style(3, "\n")),
        ("rooms: {b: {c: 1}}\n", Style(2, "\n")),
    ],
)
def test_the_layout_is_recognised(text: str, style: Style) -> None:
    """New entries are indented as the old ones are."""
    assert style_of(text) == style


LINES = st.lists(
    st.sampled_from(
        [
            *("rooms:", "phone_numbers:", "  # note", "# note", "", "   ", "a: 1"),
            *("  b: {}", "  c:", "    privacy: x", "    # deep", "  d: |", "      t"),
            *("rooms: {}", "rooms: {e: {}}", "      # in", "limits: {delete: 1}"),
        ]
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=300, deadline=None)
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_merge_is_whole_or_refused(
    lines: list[str], newline: str, ended: bool
) -> None:
    """Any valid file keeps each character and gains the addition, or stays as it is."""
    text = newline.join(lines) + (newline if ended else "")
    parsed = parse(text, "a.yaml")
    if parsed.findings or not parsed.document or not parsed.document.data:
        return
    before = parsed.document.data
    rooms = before.get("rooms") or {}
    if not isinstance(rooms, dict):
        return
    try:
        found = merge(text, {"rooms": [ROOM]})
    except ReconcilerError:
        return

    assert is_subsequence(text, found)
    assert data(found) == {**before, "rooms": {**rooms, "hall": HALL}}
