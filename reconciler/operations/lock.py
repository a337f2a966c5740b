"""One writer at a time on this machine, per domain and Daily.

The operating system lets go of a lock when the process ends, however it ends, so that
a killed run never stands in the way of the next. Across machines, use what the
scheduler has: a concurrency group in CI, `concurrencyPolicy: Forbid` in Kubernetes.

The default lock stands where no other user can hold it: in folders that belong to this
user alone. There is one in the home folder and one below /tmp, neither of which comes
from a variable, and every one that is there is locked: a service that sees only one of
them still meets a shell that sees both.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reconciler.core.text import brief
from reconciler.core.times import iso
from reconciler.daily.http.address import DEFAULT_URL, canonical
from reconciler.errors import LockedError, ReconcilerError
from reconciler.operations.session import Session

_SIGNATURE: Final = re.compile(
    r"daily-reconciler process (?P<pid>[0-9]{1,10}) on (?P<host>\S{1,253}) "
    r"since (?P<since>\S{1,40})\n"
)
_LONGEST: Final = 400
"""Bytes of a signature that are read."""
_HELD: Final = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_TIP: Final = "name a file on a local disk with --lock-file FILE"


class _NoLockError(ReconcilerError):
    """A lock file cannot be opened, or its file system has no locks."""


@contextlib.contextmanager
def held(
    session: Session, domain: str, lock_file: Path | None = None
) -> Iterator[None]:
    """Hold the lock of a domain, or the one that was asked for, while this lasts.

    Raises:
        LockedError: another run holds it.
        ReconcilerError: there is no place for a lock.
    """
    with contextlib.ExitStack() as stack:
        if lock_file is not None:
            stack.enter_context(_held(session, lock_file, keep=True))
        elif session.target.sandbox:
            # Each state file is a Daily of its own.
            state = session.target.sandbox_state.absolute()
            lock = state.with_name(f"{state.name}.lock")
            stack.enter_context(_held(session, lock))
        else:
            _hold_everywhere(session, lock_name(domain), stack)
        yield


def lock_name(domain: str) -> str:
    """The name of the lock for a domain of the Daily that this process talks to."""
    url = canonical(os.environ.get("DAILY_API_URL") or DEFAULT_URL)
    digest = hashlib.sha256(f"{url}\n{domain.lower()}".encode()).hexdigest()[:16]
    shown = re.sub(r"[^a-z0-9-]", "_", domain.lower())[:40]
    return f"{shown}-{digest}.lock"


def places() -> tuple[Path, ...]:
    """Folders that only this user can write to, whether they are there or not."""
    if not hasattr(os, "getuid"):
        return (Path.home() / "AppData" / "Local" / "daily-reconciler",)
    import pwd

    below_tmp = Path(f"/tmp/daily-reconciler-{os.getuid()}")  # noqa: S108  see below
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return (below_tmp,)
    return (home / ".cache" / "daily-reconciler", below_tmp)


def _hold_everywhere(session: Session, name: str, stack: contextlib.ExitStack) -> None:
    problems = []
    for folder in (found := places()):
        try:
            _make_private(folder)
            stack.enter_context(_held(session, folder / name))
        except _NoLockError as error:
            problems.append(error.message)
    if len(problems) == len(found):
        raise ReconcilerError(
            f"there is no place for a lock: {'; '.join(problems)}; nothing was changed",
            tip=_TIP,
        )


def _make_private(folder: Path) -> None:
    """Make a folder of this user alone. One that others could write to is refused."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Not what a link leads to: anybody can make a link below /tmp.
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise _NoLockError(f"{folder} is not a folder")
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise _NoLockError(f"{folder} belongs to another user")
        if found.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise _NoLockError(f"cannot use {folder}: {error.strerror}") from error


@contextlib.contextmanager
def _held(session: Session, path: Path, *, keep: bool = False) -> Iterator[None]:
    """Hold one lock file. It is removed afterwards unless it is to be kept."""
    descriptor = _locked(path)
    try:
        _sign(descriptor, iso(session.environment.now()))
        yield
    finally:
        with contextlib.suppress(OSError):
            # While it is held: a run that opens it now sees that it is gone.
            _unsign(descriptor) if keep else path.unlink()
        os.close(descriptor)


def _locked(path: Path) -> int:
    """Open and lock a file that is still there once it is locked."""
    while True:
        descriptor = _open(path)
        try:
            _take(descriptor, path)
            here = os.fstat(descriptor)
            with contextlib.suppress(FileNotFoundError):
                there = path.lstat()
                if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _open(path: Path) -> int:
    kept = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    # One that is there is not created: what another user made below /tmp could not be
    # opened then. Reading is enough to lock a file of another user.
    ways = (os.O_RDWR, os.O_RDONLY, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        for flags in ways:
            with contextlib.suppress(
                FileNotFoundError, FileExistsError, PermissionError
            ):
                descriptor = os.open(path, flags | kept, 0o600)
                break
        else:
            # For the reason, or because it was made meanwhile.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | kept, 0o600)
    except OSError as error:
        why = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise _NoLockError(
            f"cannot open the lock file {path}: {why}", tip=_TIP
        ) from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise _NoLockError(f"the lock file {path} is not a regular file", tip=_TIP)


def _take(descriptor: int, path: Path) -> None:
    try:
        _take_now(descriptor)
    except OSError as error:
        if error.errno in _HELD:
            raise LockedError(
                f"another run holds the lock {path}{_holder(descriptor)}",
                tip="wait for it to end; a scheduler may simply try again later",
            ) from None
        # A network file system may know no locks.
        raise _NoLockError(f"cannot lock {path}: {error.strerror}", tip=_TIP) from error


def _take_now(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(descriptor: int) -> str:
    """Which process holds a lock, as it wrote it into the file."""
    signed = _SIGNATURE.fullmatch(_content(descriptor))
    if signed is None:
        return ""
    pid, host, since = signed["pid"], brief(signed["host"]), brief(signed["since"])
    return f" (process {pid} on {host} since {since})"


def _content(descriptor: int) -> str:
    with contextlib.suppress(OSError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        return os.read(descriptor, _LONGEST).decode("utf-8", "replace")
    return ""


def _sign(descriptor: int, since: str) -> None:
    """Write who holds it, unless the file is one that people wrote."""
    content = _content(descriptor)
    if content and not _SIGNATURE.fullmatch(content):
        return
    host = re.sub(r"\s", "-", platform.node()) or "this-machine"
    text = f"daily-reconciler process {os.getpid()} on {host} since {since}\n"
    with contextlib.suppress(OSError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, text.encode())
        os.ftruncate(descriptor, len(text.encode()))


def _unsign(descriptor: int) -> None:
    if _SIGNATURE.fullmatch(_content(descriptor)):
        os.ftruncate(descriptor, 0)
