"""Findings as annotations of GitHub Actions (its "workflow commands").

GitHub shows ten annotations of each level per step, so the last one that it shows
counts what is left. Everything in a command is escaped: a message can neither end
its line nor start another command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from reconciler.core.findings import Finding, Severity
from reconciler.core.text import clean
from reconciler.render.words import count, place_text

SHOWN: Final = 10
"""Annotations of one level that GitHub shows per step."""

_LEVELS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}


def annotation_lines(
    findings: Sequence[Finding], where: Callable[[str], str] = str
) -> Iterator[str]:
    """One workflow command per finding, at most ten of each level.

    `where`: a file as GitHub knows it, by its path in the repository.
    """
    for severity, level in _LEVELS.items():
        found = [f for f in findings if f.severity is severity]
        fits = len(found) <= SHOWN
        for finding in found if fits else found[: SHOWN - 1]:
            yield _command(finding, level, where)
        if not fits:
            rest = count(len(found) - SHOWN + 1, f"more {level}")
            yield f"::{level} title=daily-reconciler::{rest}; the log has all of them"
            yield from (_plain(finding) for finding in found[SHOWN - 1 :])


def _command(finding: Finding, level: str, where: Callable[[str], str]) -> str:
    place = finding.place
    properties = []
    if place is not None:
        properties.append(f"file={_property(where(place.file))}")
        if place.line:
            properties.append(f"line={place.line}")
            properties.append(f"col={place.column}")
    properties.append(f"title={_property(finding.id)}")
    message = finding.message + (f" ({finding.hint})" if finding.hint else "")
    return f"::{level} {','.join(properties)}::{_message(message)}"


def _plain(finding: Finding) -> str:
    place = finding.place
    where = place_text(place, column=True) if place else "config"
    # A line of its own that starts with "::" would be a command.
    return f"  {clean(where)}: {clean(finding.message)} [{finding.id}]"


def _message(text: str) -> str:
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
