"""A secret is found in a text of another program, however that text spells it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.daily.http.redaction import MASK, SHORTEST_PART, redact

_SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "lower case": str.lower,
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON of JSON": lambda s: json.dumps(json.dumps(s)[1:-1])[1:-1],
    "JSON with Unicode": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "escaped slashes": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "percent": lambda s: quote(s, safe=""),
    "percent twice": lambda s: quote(quote(s, safe=""), safe=""),
    "form": quote_plus,
    "upper percent": lambda s: quote(s, safe="").upper() if s.isascii() else s,
}
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="İ"), max_size=40)
_SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60
) | st.from_regex(
    r"https://[A-Z][a-z]{3}@[A-Z]\.example\.com/\w+\?k=\w+", fullmatch=True
)


@given(secret=_SECRETS, spelling=st.sampled_from(sorted(_SPELLINGS)), data=st.data())
def test_no_spelling_of_a_part_is_left(
    secret: str, spelling: str, data: st.DataObject
) -> None:
    """Eight or more characters of a secret in any spelling: none of them is shown."""
    start = data.draw(st.integers(0, len(secret) - SHORTEST_PART - 1))
    end = data.draw(st.integers(start + SHORTEST_PART + 1, len(secret)))
    quoted = _SPELLINGS[spelling](secret[start:end])

    assert redact(f"«{quoted}»", [secret]) == f"«{MASK}»"


@given(text=_TEXTS, secrets=st.lists(_TEXTS, max_size=3))
def test_only_secrets_are_taken_out(text: str, secrets: list[str]) -> None:
    """Any text is read; without a secret in it, it stays; a whole secret never does."""
    assert redact(text, []) == text
    for secret in secrets:
        assert redact(f"{text} {secret}", [secret]) != f"{text} {secret}" or not secret


@pytest.mark.parametrize("spell", _SPELLINGS.values(), ids=_SPELLINGS)
def test_a_secret_beyond_ascii_is_found(spell: Callable[[str], str]) -> None:
    """Characters of several bytes, and such as JSON writes as a pair."""
    secret = 'Grüße/😀"pass\\word'

    assert redact(f"bad: {spell(secret)}.", [secret]) == f"bad: {MASK}."


def test_ordinary_words_stay() -> None:
    """Less than a part, and the scheme of an address, say nothing."""
    secret = "https://hooks.example.com/x?k=abcdefgh"

    assert redact(f"at {secret}", [secret]) == f"at {MASK}"
    text = "abcdefg is short, see https://docs.daily.co or https:\\/\\/daily.co"
    assert redact(text, [secret]) == text
    assert redact("pin Ab1 is bad", ["aB1"]) == f"pin {MASK} is bad"


def test_a_long_text_with_many_secrets_takes_little_time() -> None:
    """The effort grows with the text, not with the text times the secrets."""
    secrets = [f"{n:044d}" for n in range(2_000)]
    began = time.process_time()

    redact("word \\/ %2F " * 20_000, secrets)

    assert time.process_time() - began < 5
