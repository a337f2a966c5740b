"""Broken YAML in plain words: what it is, on which line, and what to do."""

from __future__ import annotations

import re

import pytest

from reconciler.config.reading.parse import parse

# The text, the line of the finding, and a word of the message.
BROKEN: dict[str, tuple[str, int, str]] = {
    "tab-after-dash": ("rooms:\n  a:\n    write_only:\n    -\tname: x\n", 4, "tab "),
    "tab-after-dash2": ("a:\n  -\tb: 1\n    c: 2\n", 2, "tab "),
    "missing-comma-q": (
        'a: [\n  "a",\n  "b"\n  "c"\n]\n',
        4,
        "',' is missing",
    ),
    "missing-comma-map": (
        "rooms: {a: {privacy: private\n  lang: nl}, b: {}}\n",
        2,
        "',' is missing",
    ),
    "missing-comma-map2": (
        "rooms: {\n  a: {privacy: private}\n  b: {privacy: public}\n}\n",
        3,
        "',' is missing",
    ),
    "missing-comma-quoted-vals": (
        'rooms: {a: {privacy: "private" lang: nl}}\n',
        1,
        "',' is missing",
    ),
    "open-bracket": (
        "rooms:\n  a:\n    write_only: [x, y\n    privacy: public\n  b: {}\n",
        3,
        "'[' is never",
    ),
    "open-brace": (
        "rooms:\n  a: {privacy: public\n  b: {privacy: public}\n",
        2,
        "'{' is never",
    ),
    "extra-close": ("rooms:\n  a: {privacy: public}}\n", 2, "closes nothing"),
    "extra-close2": ("rooms:\n  a: [x]]\n", 2, "closes nothing"),
    "dangling": ("rooms:\n  a: 'x' y\n", 2, "closing quote"),
    "quote-inside": ('rooms:\n  a: "x"y"\n', 2, "closing quote"),
    "open-quote": ("rooms:\n  a: 'x\n  b: y\n", 2, "quote is never"),
    "percent": ("rooms:\n  %a: x\n", 2, "cannot start"),
    "percent0": ("%a: x\n", 1, "directive"),
    "at": ("a: @x\n", 1, "cannot start"),
    "backtick": ("a: `x\n", 1, "cannot start"),
    "bad-esc": ('a: "\\d"\n', 1, "escape"),
    "bad-hex": ('a: "\\xZZ"\n', 1, "escape"),
    "bad-u": ('a: "\\u12"\n', 1, "escape"),
    "anchor": ("a: &\nb: 1\n", 1, "'&' or '*'"),
    "alias-bad": ("a: *\n", 1, "'&' or '*'"),
    "alias-sp": ("a: * b\n", 1, "'&' or '*'"),
    "tag": ("a: !<x\nb: 1\n", 1, "tag"),
    "tag-brackets": ("a: !x{} b\n", 1, "tag"),
    "tag-comma": ("- !!str, x\n", 1, "tag"),
    "tag2": ("a: !foo!bar x\n", 1, "tag"),
    "dup-anchor": ("a: &a &b x\n", 1, "fits no"),
    "block-ind": ("a: |0\n  x\n", 1, "'|' or '>'"),
    "block-junk": ("a: | x\n  y\n", 1, "'|' or '>'"),
    "block-bad": ("a: >5x\n  y\n", 1, "'|' or '>'"),
    "block-less": ("a: |\n    x\n  y: 1\n z: 2\n", 3, "fits no"),
    "two-docs-dir": ("a: 1\n%YAML 1.2\n---\nb: 2\n", 2, "second document"),
    "dir": ("%YAML 3.0\n---\na: 1\n", 1, "directive"),
    "dir-dup": ("%YAML 1.2\n%YAML 1.2\n---\na: 1\n", 2, "directive"),
    "tagdir": ("%TAG ! x\n%TAG ! y\n---\na: 1\n", 2, "directive"),
    "dir-bad": ("%YAML x\n---\na: 1\n", 1, "directive"),
    "dir-noend": ("%YAML 1.2\na: 1\n", 2, "end of the document"),
    "indent-more": ("a: 1\n  b: 2\n", 2, "second ': '"),
    "indent-less": ("a:\n    b: 1\n  c: 2\n", 3, "fits no"),
    "list-less": ("a:\n  - x\n - y\n", 3, "fits no"),
    "key-in-list": ("a:\n  - x\n  b: 1\n", 3, "fits no"),
    "list-in-map": ("a: 1\n- x\n", 2, "fits no"),
    "no-colon": ("rooms\n  a: 1\n", 2, "second ': '"),
    "no-colon2": ("a: 1\nb\nc: 2\n", 2, "without a ':'"),
    "no-space": ("a:1\nb: 2\n", 2, "second ': '"),
    "no-space2": ("b: 2\na:1\n", 2, "without a ':'"),
    "colon-colon": ("a: b: c\n", 1, "second ': '"),
    "url": ("a: x: http://b\n", 1, "second ': '"),
    "dash-value": ("a: - x\n", 1, "list item"),
    "colon-start": (": a\n", 1, "fits no"),
    "comma": ("a: [x,,y]\n", 1, "value is missing"),
    "comma2": ("a: {,}\n", 1, "value is missing"),
    "comma-start": ("a: ,x\n", 1, "value is missing"),
    "pipe": ("a: |x\n", 1, "'|' or '>'"),
    "gt": ("a: > x\n", 1, "'|' or '>'"),
    "excl": ("a: !x\n", 1, "tag"),
    "star": ("a: *x\n", 1, "alias"),
    "bracket-key": ("[a]: 1\n", 1, "plain text"),
    "brace-key": ("{a: 1}: 1\n", 1, "plain text"),
    "brace-in-val": ("a: {x}/{y}\n", 1, "closing bracket"),
    "brace-in-val2": ("a: {room_name}/x\n", 1, "closing bracket"),
    "tabs": ("a:\n\tb: 1\n", 2, "tab "),
    "tab-mid": ("a:\n  b: 1\n\tc: 2\n", 3, "tab "),
    "tab-ind2": ("a:\n  b:\n  \tc: 1\n", 3, "tab "),
    "docend": ("a: 1\n...\nb: 2\n", 3, "end of the document"),
    "docend-junk": ("a: 1\n... x\n", 2, "end of the document"),
    "docstart-junk": ("--- a: 1\n", 1, "second ': '"),
    "doc-mid": ("a: 1\n---\nb: 1\n", 2, "second document"),
    "close-only": ("]\n", 1, "value is missing"),
    "brace-only": ("}\n", 1, "value is missing"),
    "open-only": ("[\n", 1, "value is missing"),
    "open-only2": ("{\n", 1, "value is missing"),
    "multi-key": ("a b\nc: 1\n", 2, "second ': '"),
    "multi-q-key": ("'a\n b': 1\n", 2, "second ': '"),
    "merge-str": ("<<: x\n", 1, "alias"),
    "nul-alias-map": ("a: *x\n", 1, "alias"),
    "crlf": ("a: [\r\nb\r\n", 1, "'[' is never"),
    "flow-dash2": ("a: [- x]\n", 1, "value is missing"),
    "flow-multi": ("a: [x\n\n]: 1\n", 3, "second ': '"),
    "implicit": ("a: [b\n c: d]\n", 2, "',' is missing"),
    "anchor-seq": ("&a - x\n", 1, "list item"),
    "tag-seq": ("a: !!seq - x\n", 1, "list item"),
    "anchor-alias": ("a: &x *y\n", 1, "fits no"),
    "dq-eof": ('a: "x', 1, "quote is never"),
    "sq-eof": ("a: 'x", 1, "quote is never"),
    "blk-lead": ("a: |\n  \n    \n x\n", 4, "fits no"),
    "comment-in": ("a: x # c\n  y\n", 2, "fits no"),
    "comment-in-dq": ('a: "x" # c\n  y\n', 2, "fits no"),
}
PARSER_WORDS = re.compile(
    r"not YAML|expected|token|scanning|parsing|indicator equal|hexdecimal|block end"
)


@pytest.mark.parametrize(("text", "line", "word"), BROKEN.values(), ids=BROKEN)
def test_it_is_said_in_plain_words(text: str, line: int, word: str) -> None:
    """Each has a message without the parser's words, a hint, and its line."""
    parsed = parse(text, "a.yaml")

    finding = parsed.findings[-1]
    assert finding.place
    assert finding.place.line == line
    assert word in finding.message
    assert finding.hint
    assert not PARSER_WORDS.search(finding.message + finding.hint)
