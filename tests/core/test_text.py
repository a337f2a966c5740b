"""Text that is safe to show, and spellings that are near."""

from __future__ import annotations

import pytest

from reconciler.core.text import LONGEST_NAME, brief, clean, nearest, quote, short


@pytest.mark.parametrize(
    "hostile",
    [
        *("\x1b[31m", "a\r\nb", "\u202etxt", "\x00", "\u2028", "\U000e0001"),
        *("::error::x", "  ::add-mask::x", "##[error]x", "##vso[task]x", "###[x]"),
    ],
)
@pytest.mark.parametrize("safe", [clean, short, brief, quote])
def test_no_text_commands_a_terminal_or_a_ci_system(hostile: str, safe) -> None:  # type: ignore[no-untyped-def]
    """Control and bidi characters are spelled, CI commands broken."""
    shown = safe(hostile)

    assert shown.isprintable()
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown
    assert "##vso[" not in shown


@pytest.mark.parametrize("text", ["x" * 500, "\x1b" * 500, "é" * 61])
def test_a_quoted_text_is_cut(text: str) -> None:
    """Also where escaping makes it longer."""
    assert len(brief(text)) <= LONGEST_NAME
    assert brief(text).endswith("…")


def test_plain_text_stays() -> None:
    """Nothing is done to what is safe."""
    assert brief("café room-1") == "café room-1"
    assert quote("a") == "'a'"


@pytest.mark.parametrize("word", ["privcy", "rpivacy", "privacy"])
def test_the_nearest_spelling_is_found(word: str) -> None:
    """A letter missing, two letters swapped, or none at all."""
    assert nearest(word, ["privacy", "properties"]) == "privacy"


def test_short_words_may_have_swapped_letters() -> None:
    """`xep` is near `exp`; an unrelated word is near nothing."""
    assert nearest("xep", ["exp", "nbf"]) == "exp"
    assert nearest("zzz", ["exp", "nbf"]) == ""
