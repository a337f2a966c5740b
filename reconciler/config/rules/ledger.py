"""`ledger`: a file of its own, as far as the files on this machine tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from reconciler.config.build import ledger
from reconciler.config.entries import Gathered
from reconciler.core.findings import Finding
from reconciler.paths import is_folder, real


def check(gathered: Gathered, config: Iterable[Path]) -> Iterator[Finding]:
    """Refuse a folder and a file of the config."""
    file = ledger(gathered)
    if not file:
        return
    place = gathered.single["ledger"][0].place(("ledger",))
    files = {real(name) for name in config}
    problem = "a folder" if is_folder(Path(file)) else ""
    if real(file) in files:
        problem = "a file of the config"
    if problem:
        message = f"the ledger is {problem}"
        hint = "name a file of its own: dialin.ledger"
        yield Finding("ledger-file", message, place, hint, ("ledger",))
