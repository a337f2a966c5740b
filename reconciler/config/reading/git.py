"""Config files as a git revision has them. The work tree is not touched.

Asks git itself (`cat-file`, `ls-tree`), so that every way to name a revision works,
shallow clones and bare repositories included.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciler.config.reading.files import is_config_name
from reconciler.errors import ReconcilerError


def texts_at(revision: str, paths: Iterable[Path]) -> Mapping[Path, bytes]:
    """The files that the paths name at a revision, keyed `git:REV:path`.

    A path that the revision does not have gives nothing: it was not there yet.

    Raises:
        ReconcilerError: there is no git, no repository, or no such revision.
    """
    found: dict[Path, bytes] = {}
    for path in paths:
        root = _root(path)
        commit = _commit(root, revision)
        inside = _inside(root, path)
        for name in _names(root, commit, inside):
            content = _git(root, "cat-file", "blob", f"{commit}:{name}")
            found[Path(f"git:{revision}:{name}")] = content
    return found


def _names(root: Path, commit: str, inside: str) -> list[str]:
    """The path itself if it is a file, the config files in it if it is a folder."""
    target = f"{commit}:{inside}"
    kind = _git(root, "cat-file", "-t", target, missing=b"").strip()
    if kind == b"blob":
        return [inside]
    if kind != b"tree":
        return []
    listing = _git(root, "ls-tree", "-z", target)
    entries = [entry.partition(b"\t") for entry in listing.split(b"\0") if entry]
    prefix = f"{inside}/" if inside else ""
    names = [
        os.fsdecode(name) for head, _, name in entries if head.split()[1:2] == [b"blob"]
    ]
    return [prefix + name for name in sorted(names) if is_config_name(name)]


def _root(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    while not folder.is_dir():
        folder = folder.parent
    top = _git(folder, "rev-parse", "--show-toplevel", missing=b"")
    if not top:
        raise ReconcilerError(
            f"{path} is not in a git repository, so --base git:... cannot be read",
            tip="--base also takes a path",
        )
    return Path(os.fsdecode(top.rstrip(b"\n")))


def _commit(root: Path, revision: str) -> str:
    wanted = f"{revision}^{{commit}}"
    found = _git(
        root,
        *("rev-parse", "--verify", "--quiet", "--end-of-options", wanted),
        missing=b"",
    )
    if not found:
        raise ReconcilerError(
            f"git knows no revision '{revision}'",
            tip="in CI, fetch it first: a shallow clone has one commit only",
        )
    return found.decode().strip()


def _inside(root: Path, path: Path) -> str:
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(root))
    if inside == os.pardir or inside.startswith(os.pardir + os.sep):
        raise ReconcilerError(f"{path} is a link to a place outside of its repository")
    return "" if inside == os.curdir else Path(inside).as_posix()


def _git(folder: Path, *args: str, missing: bytes | None = None) -> bytes:
    """What git prints; `missing` when it fails and that is an answer too."""
    try:
        # The arguments are a list: no shell reads them.
        ran = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *args],  # noqa: S607
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise ReconcilerError(f"git cannot be run: {error.strerror}") from error
    if ran.returncode == 0:
        return ran.stdout
    if missing is not None:
        return missing
    said = ran.stderr.decode("utf-8", "replace").strip().splitlines()
    raise ReconcilerError(f"git failed: {said[-1] if said else 'without a word'}")
