"""What plain scalars mean."""

from __future__ import annotations

import pytest
import yaml

from reconciler.config.reading.parse import parse
from reconciler.config.reading.scalars import NotJsonNumberError, resolve

TEXTS = [
    "+12095038039", "+5", "no", "No", "off", "on", "yes", "y", "22:30", "12:30:45",
    "010", "-010", "00", "1_000", "0b1", "0x", "0o8", "2026-11-23",
    "2026-11-23T10:00:00Z", "=", "<<", "nULL", "tRUE", "1e", "e3", ".", "-", "--1",
    "1.2.3", "1,5", "50%", "٣", "½",
]  # fmt: skip
VALUES = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
    "0": 0, "-0": 0, "1": 1, "-12": -12, "12095038039": 12095038039,
    "0x1F": 31, "0o17": 15,
    "1e3": 1000.0, "1E-2": 0.01, "1.": 1.0, "0.5": 0.5, "-.5": -0.5, "3.10": 3.1,
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_stays_text(text: str) -> None:
    """What YAML 1.1 or a naive reader would turn into something else stays text."""
    assert resolve(text) == text


@pytest.mark.parametrize(("text", "value"), VALUES.items())
def test_becomes_a_value(text: str, value: object) -> None:
    """Null, booleans and numbers of the YAML 1.2 core schema are read."""
    found = resolve(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", [".inf", "-.Inf", "+.INF", ".nan", ".NaN", "1e999", "-1e999", "9" * 65]
)
def test_refuses_what_json_cannot_carry(text: str) -> None:
    """Infinities, nan and endless numbers are refused, not rounded."""
    with pytest.raises(NotJsonNumberError):
        resolve(text)


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
@pytest.mark.parametrize("style", ["'{}'", '"{}"', "|-\n  {}"])
@pytest.mark.parametrize("text", ["true", "12", "null", ".inf"])
def test_quoted_scalars_are_text(loader: object, style: str, text: str) -> None:
    """Quotes and block styles make text of anything, with either parser."""
    parsed = parse(f"a: {style.format(text)}\n", "x", loader=loader)

    assert parsed.document
    assert parsed.document.data == {"a": text}
