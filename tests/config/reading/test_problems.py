"""The table of what can be wrong with the text of a file."""

from __future__ import annotations

import pytest

from reconciler.config.reading import problems
from reconciler.config.reading.parse import parse
from reconciler.core.findings import IDS
from reconciler.core.model import Place

_TABLE = {k: v for k, v in vars(problems).items() if isinstance(v, problems.Problem)}
_PLACE = Place("a.yaml", 2, 3)


@pytest.mark.parametrize("name", _TABLE)
def test_every_row_becomes_a_finding(name: str) -> None:
    """A row has a known id, and every name in its texts is filled in."""
    parts = {"tag": "!x", "limit": 1_000, "name": "a", "key": "k", "first": _PLACE}

    found = _TABLE[name].at(_PLACE, **parts)

    assert found.id in IDS
    assert found.place == _PLACE
    assert found.message
    assert "{" not in found.message


@pytest.mark.parametrize("key", ["{key}", "{0}", "{", "{first.file}", "%s"])
def test_text_of_the_file_is_never_filled_in(key: str) -> None:
    """A key with braces is quoted as it stands."""
    (found,) = parse(f"'{key}': 1\n'{key}': 2\n", "a.yaml").findings

    assert found.message == f"'{key}' stands twice in one mapping, first at a.yaml:1:1"


def test_the_hint_for_a_tag_depends_on_whose_it_is() -> None:
    """A tag of YAML's own asks for quotes, any other for a variable."""
    (yamls,) = parse("a: !!str 1\n", "a.yaml").findings
    (other,) = parse("a: !secret x\n", "a.yaml").findings

    assert (yamls.message, yamls.hint) == (
        "the tag '!!str' is not read",
        "remove it; a value in quotes is text",
    )
    assert (other.message, other.hint) == (
        "the tag '!secret' is not read",
        "remove it; ${NAME} takes a value from the environment",
    )


HIDING = [
    *("\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\ufeff", "\r"),
    *map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    *("\x00", "\x1b", "\x7f", "\x9b", "\ufffe"),
]
HIDDEN = {
    "comment": "version: 1\nrooms:\n  a: {privacy: private}  # x%s    state: absent\n",
    "plain": "version: 1\nrooms:\n  a: {privacy: pri%svate}\n",
    "quoted": 'version: 1\nrooms:\n  a: {privacy: "pri%svate"}\n',
    "key": "version: 1\nrooms:\n  a%sb: {privacy: private}\n",
    "block": "version: 1\nrooms:\n  a: |  # %sx\n",
}


@pytest.mark.parametrize("char", HIDING, ids=lambda char: f"{ord(char):04x}")
@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_what_can_hide_a_line_is_refused_on_the_line_of_the_editor(
    text: str, char: str
) -> None:
    """What one reader takes for a line end, or does not show, stands nowhere."""
    parsed = parse(text % char, "a.yaml")

    (finding,) = parsed.findings
    assert parsed.document is None
    assert finding.id == "yaml-syntax"
    assert finding.hint
    assert finding.place
    assert finding.place.line == 3
    assert finding.place.column == text.split("\n")[2].index("%s") + 1


@pytest.mark.parametrize("char", HIDING, ids=lambda char: f"{ord(char):04x}")
def test_each_may_stand_escaped(char: str) -> None:
    """An escape in double quotes is visible, and so it is read."""
    parsed = parse(f'a: "x\\u{ord(char):04x}"\n', "a.yaml")

    assert parsed.findings == ()
    assert parsed.document
    assert parsed.document.data == {"a": f"x{char}"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_lines_end_as_the_file_ends_them(end: str) -> None:
    """LF, CRLF and CR end lines, and places count them as an editor does."""
    parsed = parse(end.join(["a: 1", "b: 2", "c: 3", ""]), "a.yaml")

    assert parsed.document
    assert parsed.document.data == {"a": 1, "b": 2, "c": 3}
    assert parsed.document.place(["c"]).line == 3


@pytest.mark.parametrize(
    "text", ["é", "日本", "😀", "\u00a0", "\u200d", "שלום", "مرحبا"]
)
def test_text_of_any_language_is_read(text: str) -> None:
    """Letters that run from right to left are no controls."""
    parsed = parse(f"a: {text}x  # {text}\n", "a.yaml")

    assert parsed.document
    assert parsed.document.data == {"a": f"{text}x"}
