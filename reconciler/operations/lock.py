"""One writer at a time on this machine, per domain.

The operating system lets go of the lock when the process ends, however it ends, so
that a killed run never stands in the way of the next. Across machines, use what the
scheduler has: a concurrency group in CI, `concurrencyPolicy: Forbid` in Kubernetes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reconciler.errors import ReconcilerError, RefusedError
from reconciler.operations.session import Session


def default_lock(session: Session, domain: str) -> Path:
    """Where runs for a domain meet: one file per user, domain and Daily."""
    if session.target.sandbox:
        # Each state file is a Daily of its own.
        return Path(f"{session.target.sandbox_state}.lock")
    user = os.getuid() if hasattr(os, "getuid") else "user"
    url = os.environ.get("DAILY_API_URL", "")
    elsewhere = f"-{hashlib.sha256(url.encode()).hexdigest()[:8]}" if url else ""
    name = f"daily-reconciler-{user}-{domain}{elsewhere}.lock"
    return Path(tempfile.gettempdir()) / name


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a lock for as long as the context lasts.

    Raises:
        RefusedError: another run holds it.
        ReconcilerError: the file cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise ReconcilerError(
            f"cannot open the lock file {path}: {error.strerror}",
            tip="name another place with --lock-file",
        ) from error
    try:
        if not _take(descriptor):
            raise RefusedError(
                f"another run holds the lock {path}; nothing was changed",
                tip="wait for it to end; a scheduler may simply try again later",
            )
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return _take_on_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _take_on_windows(descriptor: int) -> bool:
    import msvcrt

    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
