"""Findings as text: each one with its place, its line and a hint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.core.findings import Finding, Severity
from reconciler.core.text import clean
from reconciler.render.words import Paint, count, place_text

_SEVERITY_COLOUR = {
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "cyan",
}


def findings_text(findings: Iterable[Finding], paint: Paint) -> str:
    """Each finding with its place, the marked line and a hint."""
    return "\n".join(line for f in findings for line in _finding(f, paint))


def _finding(finding: Finding, paint: Paint) -> Iterator[str]:
    place = finding.place
    where = ""
    if place is not None:
        where = f"{clean(place_text(place, column=True))}: "
    severity = paint(f"{finding.severity}:", _SEVERITY_COLOUR[finding.severity], "bold")
    ident = paint(f"[{finding.id}]", "dim")
    yield f"{where}{severity} {clean(finding.message)} {ident}"
    if place is None or not place.line or not finding.source:
        if finding.hint:
            yield f"    {clean(finding.hint)}"
        return
    number = str(place.line).rjust(5)
    margin = " " * len(number)
    yield f"{number} | {clean(finding.source)}"
    # The source may have been masked or escaped: never mark beyond its end.
    start = min(place.column - 1, len(clean(finding.source)))
    marks = "^" * max(1, min(place.width, len(clean(finding.source)) - start))
    marks = paint(marks, _SEVERITY_COLOUR[finding.severity])
    yield f"{margin} | {' ' * start}{marks} {clean(finding.hint)}".rstrip()


def verdict_text(findings: Sequence[Finding], files: Sequence[str]) -> str:
    """The outcome of a validation: `1 error and 2 warnings in config.yaml`."""
    named = files or sorted({f.place.file for f in findings if f.place})
    where = clean(named[0]) if len(named) == 1 else count(len(named), "file")
    errors = sum(f.severity is Severity.ERROR for f in findings)
    warnings = sum(f.severity is Severity.WARNING for f in findings)
    if not errors:
        said = f", {count(warnings, 'warning')}" if warnings else ""
        return f"{where} {'is' if len(named) == 1 else 'are'} valid{said}"
    said = f" and {count(warnings, 'warning')}" if warnings else ""
    return f"{count(errors, 'error')}{said} in {where}"
