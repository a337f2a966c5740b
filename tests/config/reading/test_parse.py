"""YAML text to data and places."""

from __future__ import annotations

import itertools
import time
import tracemalloc
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config.reading.parse import parse
from reconciler.core.model import Place

LOADERS = [
    pytest.param(yaml.SafeLoader, id="python"),
    pytest.param(yaml.CSafeLoader, id="libyaml"),
]
TEXT = """\
version: 1
base: &base
  lang: no
  list: [1, two, {three: 3}]
room:
  <<: *base
  "lang": en   # own
  long: |
    first
    second
  copy: *base
é😀: "x"
"""


def data_of(text: str, loader: Any = yaml.CSafeLoader) -> dict[str, Any]:
    """The data of a text that has nothing wrong with it."""
    parsed = parse(text, "f", loader=loader)
    assert parsed.findings == ()
    assert parsed.document
    return parsed.document.data


@pytest.mark.parametrize("loader", LOADERS)
def test_reads_the_data(loader: Any) -> None:
    """Anchors, aliases, merge keys and block texts come out as plain data."""
    base = {"lang": "no", "list": [1, "two", {"three": 3}]}

    assert data_of(TEXT, loader) == {
        "version": 1,
        "base": base,
        "room": {
            "lang": "en",
            "long": "first\nsecond\n",
            "copy": base,
            "list": base["list"],
        },
        "é😀": "x",
    }


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        pytest.param(("version",), (1, 1, 7), (1, 10, 1), id="plain"),
        pytest.param(("base", "lang"), (3, 3, 4), (3, 9, 2), id="nested"),
        pytest.param(("base", "list", 1), (4, 13, 3), (4, 13, 3), id="item"),
        pytest.param(("base", "list", "2", "three"), (4, 19, 5), (4, 26, 1), id="flow"),
        pytest.param(("room", "lang"), (7, 3, 6), (7, 11, 2), id="quoted"),
        pytest.param(("room", "list"), (4, 3, 4), (4, 9, 1), id="merged"),
        pytest.param(("room", "copy", "lang"), (3, 3, 4), (3, 9, 2), id="alias"),
        pytest.param(("room", "long"), (8, 3, 4), (8, 9, 1), id="block"),
        pytest.param(("é😀",), (12, 1, 2), (12, 5, 3), id="beyond-ascii"),
    ],
)
def test_knows_where_everything_stands(
    loader: Any, path: tuple[str, ...], key: Any, value: Any
) -> None:
    """Keys and values have line, column and width, in characters, from 1."""
    document = parse(TEXT, "f", loader=loader).document

    assert document
    assert document.key_place(path) == Place("f", *key)
    assert document.place(path) == Place("f", *value)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        pytest.param(("room", "nope"), (5, 1, 4), id="missing-key"),
        pytest.param(("base", "list", "9"), (4, 3, 4), id="missing-item"),
        pytest.param(("base", "list", "x"), (4, 3, 4), id="not-an-index"),
        pytest.param(("version", "below"), (1, 1, 7), id="below-a-scalar"),
        pytest.param(("nope",), (1, 1, 1), id="no-parent"),
        pytest.param((), (1, 1, 1), id="the-file"),
    ],
)
def test_falls_back_to_the_nearest_parent(path: Any, place: Any) -> None:
    """What is not written is placed at the key of what should have held it."""
    document = parse(TEXT, "f").document

    assert document
    assert document.place(path) == Place("f", *place)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        pytest.param("", {}, id="empty"),
        pytest.param("# only a comment\n", {}, id="comment"),
        pytest.param("---\n", {}, id="empty-document"),
        pytest.param("\ufeffa: 1\n", {"a": 1}, id="byte-order-mark"),
        pytest.param("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}, id="windows-lines"),
        pytest.param("1: a\nno: b\n~: c\n", {"1": "a", "no": "b", "~": "c"}, id="keys"),
        pytest.param("{<<: [{a: 1}, {a: 2, b: 3}]}", {"a": 1, "b": 3}, id="merges"),
        pytest.param("'<<': {a: 1}", {"<<": {"a": 1}}, id="quoted-merge"),
        pytest.param("a: &x 5\nb: *x\n", {"a": 5, "b": 5}, id="scalar-alias"),
    ],
)
def test_small_files(text: str, data: object) -> None:
    """Unusual but valid files are read without a word."""
    assert data_of(text) == data


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "id_", "line", "words"),
    [
        pytest.param("a: 1\n\tb: 2\n", "yaml-syntax", 2, "tab", id="tab"),
        pytest.param("a: x\x07y\n", "yaml-syntax", 1, "U+0007", id="bell"),
        pytest.param("a: 1\nb: \ufeff\n", "yaml-syntax", 2, "U+FEFF", id="inner-bom"),
        pytest.param("a: \ud800\n", "yaml-syntax", 1, "U+D800", id="surrogate"),
        pytest.param("a: [\n", "yaml-syntax", 1, "bracket", id="open"),
        pytest.param("a: 'x\n", "yaml-syntax", 1, "never closed", id="quote"),
        pytest.param("a: 1\n---\nb: 2\n", "yaml-syntax", 2, "second", id="documents"),
        pytest.param("a: &x [*x]\n", "yaml-too-large", 1, "never ends", id="cycle"),
        pytest.param("[" * 99, "yaml-too-large", 1, "levels", id="deep"),
    ],
)
def test_says_what_is_wrong(
    loader: Any, text: str, id_: str, line: int, words: str
) -> None:
    """Broken text is one finding, in words, with its place; both parsers agree."""
    parsed = parse(text, "f", loader=loader)

    (finding,) = parsed.findings
    assert parsed.document is None
    assert finding.id == id_
    assert finding.place
    assert finding.place.line == line
    assert words in finding.message


def test_an_alias_bomb_is_an_error_and_not_an_outage() -> None:
    """Nested aliases are counted, not expanded: no time, no memory."""
    names = [f"n{number}" for number in range(40)]
    lines = [f"{names[0]}: &{names[0]} [{', '.join('x' * 9)}]"]
    for before, name in itertools.pairwise(names):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    tracemalloc.start()
    begin = time.perf_counter()

    parsed = parse("\n".join(lines), "f")

    elapsed = time.perf_counter() - begin
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [f.id for f in parsed.findings] == ["yaml-too-large"]
    assert elapsed < 2
    assert peak < 5_000_000


def test_merge_keys_count_as_aliases_do() -> None:
    """A big mapping merged many times is stopped before it is copied that often."""
    big = ", ".join(f"k{number}: 1" for number in range(2000))
    rooms = "\n".join(f"r{number}: {{<<: *big}}" for number in range(1000))

    parsed = parse(f"big: &big {{{big}}}\n{rooms}\n", "f")

    assert [f.id for f in parsed.findings] == ["yaml-too-large"]


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        st.text(max_size=80),
        st.text(alphabet="ab:- \n\t[]{},&*!|>'\"#%@`?<~0.\\$", max_size=60),
    )
)
def test_no_text_ever_raises(text: str) -> None:
    """Whatever stands in a file, reading it gives data or findings; parsers agree."""
    fast = parse(text, "f")
    slow = parse(text, "f", loader=yaml.SafeLoader)

    assert fast.document or fast.findings
    assert slow.document or slow.findings


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_reads_back_what_yaml_writes(data: dict[str, Any]) -> None:
    """Any JSON value that PyYAML writes in quotes is read back as it was."""
    text = yaml.dump(data, default_style='"', allow_unicode=False)

    # In that style PyYAML tags what is not text; the tags are findings, not losses.
    parsed = parse(text, "f")

    assert {f.id for f in parsed.findings} <= {"yaml-tag"}
    assert parsed.document
    assert set(parsed.document.data) == set(data)
