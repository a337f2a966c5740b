"""The files of a base: by path, and by content.

A config that was renamed, moved, split, joined, linked or removed is no longer where
the command line looks for it. So the files that are gone from the work tree are
searched for those that were of this domain.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from reconciler.config.reading import git, limits
from reconciler.config.reading.belonging import Belongs, belongs, entry_names
from reconciler.config.reading.files import is_config_name, listed
from reconciler.config.reading.revision import (
    NoFileError,
    Revision,
    content,
    located,
    named,
    resolved,
)
from reconciler.paths import real

_MANY: Final = 200
"""From so many files on, git looks for the words of a config before each is read."""
_WORDS: Final = ("domain", "rooms", "phone_numbers")


@dataclass(frozen=True, slots=True)
class BaseFiles:
    """The config files of a base, keyed `git:REV:path`; None: cannot be read.

    `named` stand where the given paths lead; `found` were found by their content.
    `apart` are the other files of this domain: another job's, or examples.
    """

    named: dict[Path, bytes | None] = field(default_factory=dict)
    found: dict[Path, bytes | None] = field(default_factory=dict)
    apart: dict[Path, bytes | None] = field(default_factory=dict)


def texts_at(revision: str, paths: Iterable[Path]) -> Mapping[Path, bytes | None]:
    """The files that the paths name at a revision, without any search.

    A path that the revision does not have gives nothing: it was not there yet.

    Raises:
        ReconcilerError: there is no git, no repository, or no such revision.
    """
    return base_files(revision, list(paths), domain="").named


def base_files(revision: str, paths: Collection[Path], domain: str) -> BaseFiles:
    """The files of the base for these paths, and those that declare this domain.

    A file that stands under its path in the work tree as well, and is not among
    the given ones, is another job's or an example: it is `apart`.

    Raises:
        ReconcilerError: there is no git, no repository, or no such revision.
    """
    files = BaseFiles()
    revisions: dict[Path, Revision] = {}
    taken: set[tuple[Path, str]] = set()
    for path in paths:
        root, inside = located(path)
        if root not in revisions:
            commit = git.commit(root, revision)
            entries = git.tree(root, commit)
            revisions[root] = Revision(revision, root, commit, entries)
        for name, target in named(revisions[root], inside, path):
            if (root, target) not in taken:
                taken.add((root, target))
                files.named[_label(revision, name)] = content(revisions[root], target)
    given = {real(file) for file in listed(paths)[0]}
    for found in revisions.values() if domain else ():
        seen = {target for root, target in taken if root == found.root}
        files.found.update(_search(found, seen, given, domain))
        files.apart.update(_apart(found, seen, files.found.keys(), domain))
    return files


def _label(revision: str, name: str) -> Path:
    return Path(f"git:{revision}:{name}")


def _search(
    revision: Revision, taken: Collection[str], given: Collection[str], domain: str
) -> Iterator[tuple[Path, bytes | None]]:
    """Files that are gone from the work tree, or are links now, and of this domain."""
    seen = set(taken)
    elsewhere: frozenset[tuple[str, str]] | None = None
    for name in _gone(revision, given, domain):
        try:
            target = resolved(revision, name)
        except NoFileError:
            continue
        text = None if target in seen else content(revision, target)
        seen.add(target)
        if text is None or not _is_of(revision, name, text, domain):
            continue
        if elsewhere is None:
            elsewhere = _elsewhere(revision, given, domain)
        declared = entry_names(text)
        if not declared or not declared <= elsewhere:
            yield _label(revision.name, name), text


def _apart(
    revision: Revision, taken: Collection[str], found: Collection[Path], domain: str
) -> Iterator[tuple[Path, bytes | None]]:
    """The files of this domain that are neither named nor found."""
    files = {n for n, e in revision.entries.items() if e.mode != git.LINK} - set(taken)
    names = {name for name in files if is_config_name(PurePosixPath(name).name)}
    if len(names) > _MANY:
        names &= git.holding(revision.root, revision.commit, _WORDS)
    for name in sorted(names):
        label = _label(revision.name, name)
        text = None if label in found else content(revision, name)
        if text is not None and _is_of(revision, name, text, domain):
            yield label, text


def _is_of(revision: Revision, name: str, text: bytes, domain: str) -> bool:
    is_yaml = is_config_name(PurePosixPath(name).name)
    kind = belongs(text, domain, is_yaml=is_yaml)
    if kind is Belongs.PART:
        return _is_beside(revision, name, domain)
    return kind is Belongs.YES


def _gone(revision: Revision, given: Collection[str], domain: str) -> list[str]:
    """Paths that no longer hold a config of this domain, or are among the given."""
    names: set[str] = set()
    for name in git.changed(revision.root, revision.commit) & revision.entries.keys():
        place = revision.root / name
        text = _present(place)
        if text is None or real(place) in given or not _holds(text, domain):
            names.add(name)
    # A link that is given now may lead to a file that did not change.
    linked = {os.path.relpath(place, real(revision.root)) for place in given}
    names |= {Path(name).as_posix() for name in linked} & revision.entries.keys()
    if len(names) > _MANY:
        names &= git.holding(revision.root, revision.commit, _WORDS)
    return sorted(names)


def _holds(text: bytes, domain: str) -> bool:
    return belongs(text, domain, is_yaml=True) in (Belongs.YES, Belongs.PART)


def _present(place: Path) -> bytes | None:
    """A file of the work tree, links followed; None where there is none."""
    try:
        with place.open("rb") as stream:
            return stream.read(limits.MAX_BYTES + 1)
    except OSError:
        return None


def _elsewhere(
    revision: Revision, given: Collection[str], domain: str
) -> frozenset[tuple[str, str]]:
    """What new files declare that are not given: another job's, after a rename."""
    names: set[tuple[str, str]] = set()
    for name in git.present(revision.root) - revision.entries.keys():
        place = revision.root / name
        if not is_config_name(place.name) or real(place) in given:
            continue
        text = _present(place) or b""
        if _holds(text, domain):
            names |= entry_names(text)
    return frozenset(names)


def _is_beside(revision: Revision, name: str, domain: str) -> bool:
    """Tell whether a file without `domain` belongs to this domain.

    The nearest folder with a config that has one decides; without any it may.
    """
    for folder in PurePosixPath(name).parents:
        kinds = {
            belongs(text, domain, is_yaml=True)
            for other in revision.entries
            if PurePosixPath(other).parent == folder
            and is_config_name(PurePosixPath(other).name)
            and (text := content(revision, other)) is not None
        }
        if Belongs.YES in kinds or Belongs.ANOTHER in kinds:
            return Belongs.YES in kinds
    return True
