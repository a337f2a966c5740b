"""Findings as list items of a comment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.core.findings import Finding
from reconciler.render.markdown.marks import code
from reconciler.render.words import place_text

_MESSAGE: Final = 500
"""Characters of one message that a comment shows."""


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Each finding on one line, with its place, id and hint."""
    return [_finding(finding) for finding in findings]


def _finding(finding: Finding) -> str:
    where = ""
    if finding.place is not None:
        where = f"{code(place_text(finding.place))}: "
    hint = f"; {code(finding.hint, _MESSAGE)}" if finding.hint else ""
    return f"- {where}{code(finding.message, _MESSAGE)} ({code(finding.id)}){hint}"
