"""Config files as a git revision has them. The work tree is not touched.

Links are followed inside the revision: what stands in the work tree does not matter.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from reconciler.config.reading import git, limits
from reconciler.config.reading.files import is_config_name
from reconciler.errors import ReconcilerError
from reconciler.paths import is_folder, is_link, real

_HOPS: Final = 40
"""Links that may follow one another, as in Linux."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit of one repository, with its whole tree.

    `name` is what the user calls it, `commit` its id, `root` the top of the work tree.
    """

    name: str
    root: Path
    commit: str
    entries: Mapping[str, git.TreeEntry]


class NoFileError(Exception):
    """A path that leads out of the repository, round in circles, or to nothing."""


def located(path: Path) -> tuple[Path, str]:
    """The repository of a path, and the path in it; a link stays a link."""
    if is_folder(path) and not is_link(path):
        here = Path(real(path))
    else:
        here = Path(real(path.parent), path.name)
    folder = here
    while not is_folder(folder) or is_link(folder):
        folder = folder.parent
    root = Path(real(git.repository(folder)))
    if not here.is_relative_to(root):
        raise ReconcilerError(f"{path} is a link to a place outside of its repository")
    inside = here.relative_to(root).as_posix()
    return root, "" if inside == "." else inside


def named(revision: Revision, inside: str, path: Path) -> Iterator[tuple[str, str]]:
    """The file that a path names, or the config files of a folder, links followed."""
    try:
        target = resolved(revision, inside)
    except NoFileError:
        raise ReconcilerError(
            f"{path} is a link to a place outside of its repository at {revision.name}"
        ) from None
    entries = revision.entries
    if target in entries:
        yield inside, target
        return
    for above in PurePosixPath(target).parents:
        if str(above) in entries:
            # What was in a submodule then is not in this repository.
            yield inside, str(above)
            return
    prefix = f"{target}/" if target else ""
    for name in sorted(entries):
        rest = name.removeprefix(prefix)
        if not name.startswith(prefix) or "/" in rest or not is_config_name(rest):
            continue
        shown = f"{inside}/{rest}" if inside else rest
        try:
            leads_to = resolved(revision, name)
        except NoFileError:
            yield shown, name
            continue
        if leads_to in entries or not _is_folder(revision, leads_to):
            yield shown, leads_to


def _is_folder(revision: Revision, name: str) -> bool:
    return any(other.startswith(f"{name}/") for other in revision.entries)


def resolved(revision: Revision, name: str) -> str:
    """Where a path leads at that revision, every link on the way followed."""
    steps = deque(name.split("/"))
    here: list[str] = []
    hops = 0
    while steps:
        step = steps.popleft()
        if step == "..":
            if not here:
                raise NoFileError
            here.pop()
        elif step not in ("", "."):
            here.append(step)
        entry = revision.entries.get("/".join(here))
        if step == ".." or entry is None or entry.mode != git.LINK:
            continue
        hops += 1
        target = os.fsdecode(git.blob(revision.root, entry.id, limits.MAX_TEXT))
        if target.startswith("/") or hops > _HOPS:
            raise NoFileError
        here.pop()
        steps.extendleft(reversed(target.split("/")))
    return "/".join(here)


def content(revision: Revision, target: str) -> bytes | None:
    """The bytes of a file; more than the limit where it is too large."""
    entry = revision.entries.get(target)
    if entry is None or entry.mode in (git.LINK, git.SUBMODULE):
        return None
    return git.blob(revision.root, entry.id, limits.MAX_BYTES + 1)
