"""What is written as YAML reads back as exactly what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.config.reading.parse import parse
from reconciler.config.variables import Filling, Variables, fill
from reconciler.core.export.model import Entry, Export
from reconciler.core.export.values import Reference
from reconciler.core.secrecy import Secret
from reconciler.render.yaml import block, document, flow, scalar, variables_text

NASTY = [
    *(
        "",
        " ",
        "a: b",
        "a #b",
        "#",
        "- a",
        "-",
        "? a",
        ": a",
        "a:",
        "|",
        ">",
        "&a",
        "*a",
    ),
    *("!a", "%a", "@a", "`a", "a\nb", "a\n", "\n", "a\r\nb", "\ta", "a\t", "a ", " a"),
    *("${X}", "$$", "$", "${", "a$b", "null", "Null", "~", "true", "No", "no", "on"),
    *("y", "010", "0o7", "0x1F", "1e3", "+1", "+12095550100", "1_000", "22:30", ".5"),
    *("1.", "-1", "2026-11-23", "2026-11-23T10:00:00Z", ".inf", ".nan", "=", "<<"),
    *("{a}", "{room_name}/x", "[a]", "a, b", "a]b", "'a'", '"a"', "it's", "\\", "\\n"),
    *("\x00", "\x07", "\x1b[0m", "\x85", "\u2028", "\u2029", "\ufeff", "\u202e", "é"),
    *("日本", "😀", "---", "...", "--- a", "x" * 2000, "https://a:b@c/d?e=f", "180d"),
]
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    st.text("ab01 :#-?{}[],&*!|>'\"%@`$~\n\t+.e_\\", max_size=12),
)
KEY = TEXT.filter(lambda text: len(text) <= 100)
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
VALUE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(KEY, inner, max_size=4)
    ),
    max_leaves=12,
)


def read(text: str) -> Any:
    """As the loader reads it, references filled in."""
    parsed = parse(text, "a.yaml")
    assert parsed.findings == ()
    assert parsed.document is not None
    filling = Filling({}, Variables.REQUIRED, 0)
    fill(parsed.document, filling)
    # A key cannot be escaped, so that one that looks like a variable is refused.
    assert all("${" in finding.path[-1] for finding in filling.findings)
    return parsed.document.data


def typed(value: Any) -> Any:
    """With types, so that 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return (type(value).__name__, repr(value))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TEXT, VALUE, max_size=5), st.sampled_from([2, 3, 4]))
@example({text: [text, {text: text}] for text in NASTY}, 2)
def test_a_block_reads_back_the_same(value: dict[str, Any], step: int) -> None:
    """Keys and values of any form survive, with any indentation."""
    found = read("\n".join(block(value, step)))

    assert typed(found) == typed(value)
    assert list(found) == list(value)


@settings(max_examples=200, deadline=None)
@given(VALUE)
@example({text: [text] for text in NASTY if len(text) <= 100})
def test_a_flow_reads_back_the_same(value: Any) -> None:
    """The same on one line, in brackets and braces."""
    text = flow({"a": value})

    assert "\n" not in text
    assert typed(read(f"k: {text}")["k"]) == typed({"a": value})


@pytest.mark.parametrize("text", [t for t in NASTY if "$" not in t])
def test_older_readers_see_the_same_text(text: str) -> None:
    """What a YAML 1.1 reader would take for something else is in quotes."""
    assert yaml.safe_load(f"k: {scalar(text)}") == {"k": text}


@pytest.mark.parametrize(
    "text", ["private", "Phone Caller", "https://example.com/a", "180d", "pin-dialin"]
)
def test_ordinary_text_is_plain(text: str) -> None:
    """A reader is not troubled with quotes that nothing needs."""
    assert scalar(text) == text


def test_a_reference_is_written_as_one_and_never_its_value() -> None:
    """A secret appears as the variable that it comes from."""
    secret = Reference("DAILY_HMAC_1", Secret("c2VjcmV0"))
    entry = Entry("number", "+12095550101", {"pinless_dialin": {"hmac": secret}})
    made = Export("acme", "current", (entry,))

    text = document(made)

    assert "hmac: ${DAILY_HMAC_1}" in text
    assert "c2VjcmV0" not in text + repr(made)


def test_a_shell_reads_variables_back(tmp_path: Path) -> None:
    """Quotes, dollars and line breaks in a value mean nothing to the shell."""
    import subprocess

    value = "a'b\"$HOME `id` \\ \n #"
    file = tmp_path / "secrets"
    file.write_text(variables_text({"B": "1", "A": value}), encoding="utf-8")

    done = subprocess.run(
        ["sh", "-c", f'. {file}; printf %s "$A"'], capture_output=True, check=True
    )

    assert done.stdout.decode() == value
    assert file.read_text(encoding="utf-8").index("A=") < 10
