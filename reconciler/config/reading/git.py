"""git's plumbing: find a repository, name a commit, list its tree, read its blobs.

Only exit codes and machine formats (`-z`, object ids) decide anything, never the
text of a message. Variables that would lead git to another repository than the one
that holds the config are not passed on.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.errors import ReconcilerError
from reconciler.paths import exists

LINK: Final = "120000"
SUBMODULE: Final = "160000"
"""Modes of entries that are no files."""

_REDIRECTS: Final = frozenset(
    {
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_COMMON_DIR"),
        *("GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_NAMESPACE"),
        *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE"),
        *("GIT_REPLACE_REF_BASE", "GIT_QUARANTINE_PATH", "GIT_CONFIG"),
        *("GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS"),
    }
)
"""What a hook or an alias of git leaves behind in the environment."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One path of a commit: git's mode and the id of its object."""

    mode: str
    id: str


def repository(folder: Path) -> Path:
    """The top folder of the work tree that holds a folder.

    Raises:
        ReconcilerError: there is none that git can use; it says what to do.
    """
    top = _answer(folder, "rev-parse", "--show-toplevel")
    if not top:
        raise _no_repository(folder)
    return Path(os.fsdecode(top.removesuffix(b"\n")))


def commit(root: Path, revision: str) -> str:
    """The id of the commit that a revision names.

    Raises:
        ReconcilerError: the repository has no such commit.
    """
    wanted = f"{revision}^{{commit}}"
    found = _answer(
        root, *("rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
    )
    if not found:
        raise ReconcilerError(
            f"git knows no revision '{revision}' in {root}", tip=_how_to_get_it(root)
        )
    return found.decode().strip()


def tree(root: Path, commit_id: str) -> Mapping[str, TreeEntry]:
    """Every file, link and submodule of a commit, by its path from the top."""
    listing = _output(root, "ls-tree", "-r", "-z", "--full-tree", commit_id)
    entries: dict[str, TreeEntry] = {}
    for line in listing.split(b"\0"):
        head, tab, name = line.partition(b"\t")
        if tab:
            mode, _, object_id = head.decode().split()
            entries[os.fsdecode(name)] = TreeEntry(mode, object_id)
    return entries


def blob(root: Path, object_id: str, most: int) -> bytes:
    """The content of a blob, at most so many bytes of it."""
    command = _command(root, "cat-file", "blob", object_id)
    with _started(command) as running:
        content = running.stdout.read(most) if running.stdout else b""
        if len(content) == most:
            running.kill()
    if running.returncode and len(content) < most:
        raise ReconcilerError(
            f"git cannot read the object {object_id} of {root}",
            tip="the clone may be incomplete: `git fsck` tells; clone it again",
        )
    return content


def changed(root: Path, commit_id: str) -> frozenset[str]:
    """Paths of a commit that the work tree has otherwise, or no longer.

    What a sparse checkout leaves out counts as unchanged.
    """
    listing = _output(
        root,
        *("diff-index", "-z", "--name-only", "--no-renames", "--ignore-submodules"),
        *(commit_id, "--"),
    )
    return frozenset(os.fsdecode(name) for name in listing.split(b"\0") if name)


def present(root: Path) -> frozenset[str]:
    """Paths of the work tree that are tracked, or new and not ignored."""
    listing = _output(
        root, *("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    )
    return frozenset(os.fsdecode(name) for name in listing.split(b"\0") if name)


def holding(root: Path, commit_id: str, words: Iterable[str]) -> frozenset[str]:
    """Paths of a commit whose content holds one of these words."""
    patterns = [part for word in words for part in ("-e", word)]
    listing = _answer(
        root, *("grep", "-l", "-z", "-F", "--full-name", *patterns, commit_id)
    )
    names = (line.partition(b":")[2] for line in listing.split(b"\0"))
    return frozenset(os.fsdecode(name) for name in names if name)


def _no_repository(folder: Path) -> ReconcilerError:
    owner_differs = _answer(
        folder, "-c", "safe.directory=*", "rev-parse", "--absolute-git-dir"
    )
    near = _nearest(folder)
    if owner_differs and _answer(folder, "rev-parse", "--absolute-git-dir"):
        return ReconcilerError(
            f"{folder} is in a bare repository or in git's own folder, so "
            "--base git:... has no work tree to compare with",
            tip="clone it, or give --base a path",
        )
    if owner_differs or (near and not _is_own(near)):
        # git's own protection (CVE-2022-24765); the user decides, not this tool.
        root = near.parent if near else folder
        return ReconcilerError(
            f"git does not use the repository {root}, because another user owns it",
            tip="if you trust it: "
            f"git config --global --add safe.directory {_sh(root)}",
        )
    if near:
        return ReconcilerError(
            f"git cannot use the repository {near.parent}",
            tip=f"`git -C {_sh(near.parent)} status` says why; "
            "--base also takes a path",
        )
    return ReconcilerError(
        f"{folder} is not in a git repository, so --base git:... cannot be read",
        tip="--base also takes a path",
    )


def _nearest(folder: Path) -> Path | None:
    """The nearest `.git` above, as far as git itself may look."""
    ceilings = os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
    stops = {Path(os.path.realpath(name)) for name in ceilings if name}
    here = Path(os.path.realpath(folder))
    for place in (here, *here.parents):
        if place in stops:
            return None
        if exists(place / ".git"):
            return place / ".git"
    return None


def _is_own(path: Path) -> bool:
    return not hasattr(os, "geteuid") or path.stat().st_uid == os.geteuid()


def _sh(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))


def _how_to_get_it(root: Path) -> str:
    if _answer(root, "rev-parse", "--is-shallow-repository") == b"true\n":
        return (
            "this clone is shallow: run `git fetch --unshallow` first (in GitHub "
            "Actions: fetch-depth: 0 for actions/checkout; in GitLab: GIT_DEPTH: 0)"
        )
    above = _answer(root, "rev-parse", "--show-superproject-working-tree")
    if above:
        name = os.fsdecode(above.removesuffix(b"\n"))
        return f"this is a submodule of {name}: name a revision of the submodule"
    return "fetch it first (`git fetch origin`), or look for the right spelling"


def _answer(folder: Path, *args: str) -> bytes:
    """What git prints; nothing when it fails, and that is an answer too."""
    ran = _ran(folder, *args)
    return ran.stdout if ran.returncode == 0 else b""


def _output(folder: Path, *args: str) -> bytes:
    ran = _ran(folder, *args)
    if ran.returncode:
        message = ran.stderr.decode("utf-8", "replace").strip().splitlines()
        why = message[-1] if message else f"exit code {ran.returncode}"
        raise ReconcilerError(f"git failed in {folder}: {why}")
    return ran.stdout


def _ran(folder: Path, *args: str) -> subprocess.CompletedProcess[bytes]:
    with _started(_command(folder, *args), stderr=subprocess.PIPE) as running:
        stdout, stderr = running.communicate()
    return subprocess.CompletedProcess(args, running.returncode, stdout, stderr)


def _command(folder: Path, *args: str) -> list[str]:
    # No program of the repository's configuration is started to list files.
    return ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *args]


def _started(
    command: list[str], stderr: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    try:
        # The arguments are a list: no shell reads them.
        return subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=stderr, env=dict(_environment())
        )
    except OSError as error:
        raise ReconcilerError(
            f"git cannot be run: {error.strerror}", tip="--base also takes a path"
        ) from error


def _environment() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name not in _REDIRECTS:
            yield name, value
    # Reading does not refresh the index, and does not ask for passwords.
    yield "GIT_OPTIONAL_LOCKS", "0"
    yield "GIT_TERMINAL_PROMPT", "0"
