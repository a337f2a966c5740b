"""Rescue files of earlier runs: what they hold, and Daily still misses.

A run that loses an assignment of others names it once and ends with 3. The file that it
leaves is what later runs remember it by.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.core.findings import Finding
from reconciler.core.model import Config, Live
from reconciler.core.text import short
from reconciler.core.times import iso
from reconciler.daily.rescue.file import DISMISSED, Rescue, load
from reconciler.daily.rescue.restore import missing
from reconciler.errors import ReconcilerError
from reconciler.operations.rescue.place import PREFIX, folder_of
from reconciler.operations.session import Session
from reconciler.paths import is_regular
from reconciler.render.words import count

MOST: Final = 200
"""Files that are read, the latest by name; more are named, and not read."""

_NAMED: Final = 5
"""Lost entries that a finding names; `restore --check` lists all."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Rescue files of one domain, by path, and what is to be said about others."""

    rescues: tuple[tuple[Path, Rescue], ...] = ()
    findings: tuple[Finding, ...] = ()


def earlier_rescues(
    session: Session, files: Sequence[str], domain: str, also: Path | None = None
) -> Earlier:
    """The rescue files that runs of these files left, but for dismissed ones.

    Args:
        session: of the run. A sandbox loses nothing: with one, no file counts.
        files: the config's.
        domain: files of other domains do not count.
        also: where `--rescue-file` puts the copy of this run.
    """
    if session.target.sandbox:
        return Earlier()
    found = sorted({*_beside(folder_of(files)), *(_named(also) if also else ())})
    read = heapq.nlargest(MOST, found, key=lambda path: path.name)
    rescues, findings = [], []
    for path in sorted(read):
        try:
            rescue = load(path)
        except ReconcilerError as error:
            findings.append(_unreadable(path, error.message))
        else:
            rescues += [(path, rescue)] * (rescue.domain == domain)
    if left := len(found) - len(read):
        findings.append(_too_many(found[0].parent, left))
    return Earlier(tuple(rescues), tuple(findings))


def _beside(folder: Path) -> Iterator[Path]:
    try:
        entries = list(folder.iterdir())
    except OSError:
        return
    yield from _files(e for e in entries if e.name.startswith(PREFIX))


def _named(path: Path) -> Iterator[Path]:
    """A file of that name, and those that got a number appended."""
    try:
        entries = list(path.parent.iterdir())
    except OSError:
        return
    yield from _files(
        entry
        for entry in entries
        if entry.name == path.name
        or entry.name.removeprefix(f"{path.name}.").isdecimal()
    )


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    return (p for p in paths if DISMISSED not in p.name and is_regular(p))


def entries_lost(
    earlier: Earlier, config: Config, live: Live, *, own: str = ""
) -> tuple[Finding, ...]:
    """What earlier runs lost, and a reading of both stores still misses.

    Numbers that the config declares are not among it, also absent ones; nor is a number
    that is assigned in another way by now.

    Args:
        earlier: what `earlier_rescues` found.
        config: as loaded.
        live: a reading; where both stores were not read, nothing is said.
        own: the rescue file of this run, which names its losses itself.
    """
    if live.purchased is None:
        return ()
    declared = frozenset(number.key for number in config.of_kind("number"))
    found = []
    for path, rescue in earlier.rescues:
        if own and path.absolute() == Path(own).absolute():
            continue
        lost = [
            entry.description
            for entry in missing(rescue, live.assignments, declared)
            # A list that is not shown at all says nothing about its entries.
            if entry.store == "current" or entry.type in live.domain.shown_lists
        ]
        if lost:
            found.append(_lost(path, rescue, lost))
    return (*found, *earlier.findings)


def _lost(path: Path, rescue: Rescue, lost: Sequence[str]) -> Finding:
    names = ", ".join(short(name, 100) for name in lost[:_NAMED])
    if more := len(lost) - _NAMED:
        names += f" and {more:,} more" if more > 0 else ""
    when = f" of {iso(rescue.saved)}" if rescue.saved else ""
    entries = count(len(lost), "assignment")
    return Finding(
        "entries-lost",
        f"{entries} in the rescue file{when} {'is' if len(lost) == 1 else 'are'} "
        f"missing: {names}",
        hint="--dismiss instead says that the loss is wanted; to bring back what is "
        "missing",
        path=("rescue", str(path)),
        command=("restore", str(path)),
    )


def _unreadable(path: Path, why: str) -> Finding:
    return Finding(
        "rescue-unreadable",
        f"{why}, so what an earlier run may have lost is not known",
        hint=f"look at {short(str(path), 200)}, and move it elsewhere once nothing in "
        "it is needed",
        path=("rescue", str(path)),
    )


def _too_many(folder: Path, left: int) -> Finding:
    return Finding(
        "rescue-unreadable",
        f"{count(left, 'older rescue file')} in {short(str(folder), 200)} not read",
        hint=f"keep {MOST} or fewer there: restore FILE --check tells what is missing",
        path=("rescue", str(folder)),
    )
