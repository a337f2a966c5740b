"""Files that commands write: whole or not at all, and private.

Only a regular file is ever replaced, in the folder where it is. A device, a pipe or a
stream of this process is written into; a link stays, and its target is written. `-`
is stdout.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from reconciler import streams
from reconciler.errors import ReconcilerError, UsageError
from reconciler.paths import absolute, exists, found, is_folder, is_regular, real

STDOUT: Final = Path("-")
_STREAMS: Final[tuple[tuple[int, streams.Name], ...]] = ((1, "stdout"), (2, "stderr"))


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old one or the new one, never half.

    Raises:
        ReconcilerError: the place cannot be written.
    """
    try:
        if stream := _stream(path):
            streams.write(stream, text.removesuffix("\n"))
        elif _is_written_into(path):
            _write_into(path, _ended(text))
        else:
            if blocked := _blocked(path):
                raise blocked
            _replace(Path(real(path)), _ended(text), mode)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def check_writable(options: Mapping[str, Path | None]) -> None:
    """Refuse, before anything is written, files that could not be written afterwards.

    Nothing is created, opened or changed.

    Raises:
        ReconcilerError: names the first of them.
    """
    for option, path in options.items():
        if path is not None and (problem := _problem(path)):
            raise _unwritable(path, f"{problem} ({option})")


def check_new(paths: Iterable[Path | None], *, force: bool) -> None:
    """Refuse to replace files that exist, unless that is asked for.

    Raises:
        ReconcilerError: names the first of them.
    """
    for path in paths:
        if path and exists(path) and not force:
            raise ReconcilerError(
                f"{path} exists already; nothing was written",
                tip="name another file, or replace it with --force",
            )


def check_distinct(
    outputs: Mapping[str, Path | None],
    inputs: Mapping[str, Path | None],
    config: Iterable[Path] = (),
) -> None:
    """Refuse output files that are one another, or that the run reads.

    However they are spelled, links included. Streams, devices and pipes are written
    into, not replaced: several outputs may share one.

    Raises:
        UsageError: names both.
    """
    from reconciler.config.reading.files import listed

    used = {
        **{_identity(path): "the config" for path in listed(config)[0]},
        **{_identity(path): option for option, path in inputs.items() if path},
    }
    for option, path in outputs.items():
        if path is None or is_stream(path):
            continue
        if other := used.get(_identity(path)):
            raise UsageError(
                f"{option} and {other} are the same file, {path}; nothing was sent"
            )
        used[_identity(path)] = option


def check_stdout_free(format_: str, outputs: Mapping[str, Path | None]) -> None:
    """Refuse an output file on stdout where a JSON document goes.

    Raises:
        UsageError: names the first of them.
    """
    for option, path in outputs.items() if format_ == "json" else ():
        # A terminal and the null device hold no document.
        if path and not _is_char_device(path) and _stream(path) == "stdout":
            raise UsageError(
                f"{option} and --format json both write to stdout; nothing was sent"
            )


def _identity(path: Path) -> object:
    """The same for every spelling of a file, also of one that is not there yet."""
    if there := found(path):
        return there.st_dev, there.st_ino
    return real(path)


def is_file(path: Path) -> bool:
    """Tell whether a file can be there: it is one, or nothing is."""
    return path != STDOUT and (is_regular(path) or not exists(path))


def is_stream(path: Path) -> bool:
    """Tell whether a path names a stream, a pipe or a device: no file in a folder."""
    return _stream(path) is not None or _is_written_into(path)


def _problem(path: Path) -> str:
    if _stream(path):
        return ""
    if is_folder(path):
        return "it is a folder"
    if blocked := _blocked(path):
        return blocked.strerror or str(blocked)
    if _is_written_into(path):
        return "" if os.access(path, os.W_OK) else "no permission"
    folder = Path(real(path)).parent
    if not is_folder(folder):
        return f"there is no folder {path.parent}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"no permission to write in its folder {path.parent}"
    return ""


def _stream(path: Path) -> streams.Name | None:
    """The stream of this process that a path names: `-`, or where it leads."""
    if path == STDOUT:
        return "stdout"
    for descriptor, name in _STREAMS:
        with contextlib.suppress(OSError):
            there = found(path)
            if there and os.path.samestat(there, os.fstat(descriptor)):
                return name
    return None


def _is_written_into(path: Path) -> bool:
    """Tell whether it is no regular file, or a descriptor's (`/dev/fd/5`)."""
    if not exists(path):
        return False
    place = absolute(path)
    system = place.is_relative_to("/dev") or place.is_relative_to("/proc")
    return system or not is_regular(path)


def _is_char_device(path: Path) -> bool:
    there = found(path)
    return there is not None and stat.S_ISCHR(there.st_mode)


def _blocked(path: Path) -> OSError | None:
    """Why no file can ever stand at a path: its name, or a link that leads nowhere.

    A link that leads to itself would be replaced as if it were a file.
    """
    try:
        path.stat()
    except OSError as error:
        return error if error.errno in (errno.ELOOP, errno.ENAMETOOLONG) else None
    return None


def _write_into(path: Path, text: str) -> None:
    # A pipe that no process reads is refused instead of waited for.
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if hasattr(os, "O_NONBLOCK"):
            os.set_blocking(descriptor, True)
        file.write(text)


def _replace(path: Path, text: str, mode: int) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _unwritable(path: Path, why: str) -> ReconcilerError:
    return ReconcilerError(f"cannot write {path}: {why}")
