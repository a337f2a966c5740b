"""What stands at a path, and what a file holds, whatever path it is.

`Path.exists()` and its kin raise for a folder that cannot be entered and for a name
that is too long, and `Path.read_text()` never ends on a device: nothing else asks.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

MOST: Final = 64 * 1024 * 1024
"""Bytes of the largest file that is read: far above a plan of 10,000 rooms."""


def found(path: Path) -> os.stat_result | None:
    """What a path leads to; None where nothing is, or where that cannot be told."""
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def exists(path: Path) -> bool:
    """Tell whether a path is seen to lead to something."""
    return found(path) is not None


def is_folder(path: Path) -> bool:
    """Tell whether a path is seen to lead to a folder."""
    there = found(path)
    return there is not None and stat.S_ISDIR(there.st_mode)


def is_regular(path: Path) -> bool:
    """Tell whether a path is seen to lead to a regular file."""
    there = found(path)
    return there is not None and stat.S_ISREG(there.st_mode)


def is_link(path: Path) -> bool:
    """Tell whether a path is seen to be a link."""
    try:
        return stat.S_ISLNK(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def absolute(path: Path) -> Path:
    """A path from the root on; as it is where the working directory is gone."""
    try:
        return path.absolute()
    except OSError:
        return path


def real(path: Path | str) -> str:
    """Where a path leads, links followed, by the rule of `absolute`."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return str(path)


def read_text(path: Path, most: int = 0, *, errors: str = "strict") -> str:
    """The UTF-8 text of a file, a pipe or a device that ends; at most `MOST` bytes.

    Raises:
        OSError: it cannot be read, or holds more.
        UnicodeDecodeError: it is not UTF-8.
    """
    most = most or MOST
    with path.open("rb") as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"larger than {_size(most)}")
    return content.decode("utf-8", errors)


def _size(most: int) -> str:
    return f"{most >> 20} MiB" if most >> 20 else f"{most >> 10} KiB"
