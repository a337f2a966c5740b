"""How much one config may hold before it is refused: what no real file comes near.

A config may come from somebody else's pull request, so that reading it must end soon
whatever is in it: these bounds keep a refusal under 2 seconds and 300 MB. They are
far above what a domain needs (10,000 rooms of 34 lines are 9 MB and 350,000 values).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.core.findings import Finding, Severity

MAX_BYTES: Final = 16 * 1024 * 1024
"""Of one file."""
MAX_VALUES: Final = 1_000_000
"""In one file, each alias counted as what it stands for."""
MAX_DEPTH: Final = 50
MAX_ENTRIES: Final = 100_000
"""Rooms, or numbers, in one file."""
MAX_KEYS: Final = 1_000
"""Keys of any other mapping, items of any list."""
MAX_TEXT: Final = 65_536
"""Characters of one key or value."""
MAX_ERRORS: Final = 200
"""More than anybody reads; looking for further ones would take minutes."""


def until_enough(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, up to the last error that anybody will read.

    Warnings and notes do not count: what follows them may be the first error.
    """
    left = MAX_ERRORS
    for finding in findings:
        yield finding
        if finding.severity is Severity.ERROR:
            left -= 1
            if not left:
                return
