"""Lists in the documentation say what the program has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.core.findings import IDS

PAGE = Path(__file__).parents[1] / "docs" / "findings.md"
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (\w+) \| (.+) \| (.+) \|$", re.MULTILINE)


def rows() -> dict[str, tuple[str, str, str]]:
    """Severity, meaning and remedy of each documented id."""
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len({row[0] for row in found}) == len(found), "an id stands there twice"
    return {ident: (severity, *texts) for ident, severity, *texts in found}


def test_every_finding_is_documented_in_its_order() -> None:
    """The page lists every id and no other, in the order of the program."""
    assert list(rows()) == list(IDS)


@pytest.mark.parametrize("ident", IDS)
def test_a_finding_is_documented_as_it_is(ident: str) -> None:
    """The page states the severity and the meaning that the program has."""
    severity, meaning = IDS[ident]

    said, text, remedy = rows()[ident]

    assert (said, text) == (severity, meaning)
    assert len(remedy) > 10
    assert remedy.endswith((".", "`")) or remedy[-1].isalnum()
