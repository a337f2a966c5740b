"""Files that commands write: whole or not at all, and private."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from reconciler.errors import ReconcilerError


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old one or the new one, never half.

    Raises:
        ReconcilerError: the place cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text if text.endswith("\n") else f"{text}\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise ReconcilerError(f"cannot write {path}: {error.strerror}") from error
