"""stdout and stderr, either of which may be closed, full, or without a reader.

What failed once stays failed: it is replaced by a stream that refuses every text, so
that each later write says so, and nothing is left to be flushed when Python ends.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import Final, Literal

import click

Name = Literal["stdout", "stderr"]
_DESCRIPTORS: Final = {"stdout": 1, "stderr": 2}


class GoneStream(io.TextIOBase):
    """A stream that cannot be written to any more, or never could."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, reason: OSError) -> None:
        super().__init__()
        self._reason = reason

    def writable(self) -> bool:
        """True: it is the writing that fails."""
        return True

    def write(self, _text: str) -> int:
        """Refuse, for the reason that was there first."""
        raise self._reason


def open_streams() -> None:
    """Make the three standard streams usable, whatever the parent process closed.

    Their descriptors are taken, so that no file or connection gets one of them.
    """
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            continue
        # The lowest free one: the one that is closed.
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdin is None:
        sys.stdin = io.StringIO()
    for name in _DESCRIPTORS:
        stream = getattr(sys, name)
        if stream is None:
            reason = OSError(errno.EBADF, os.strerror(errno.EBADF))
            setattr(sys, name, GoneStream(reason))
        elif isinstance(stream, io.TextIOWrapper):
            # A character that a terminal does not know is no reason to fail.
            stream.reconfigure(errors="backslashreplace")


def write(name: Name, text: str, *, color: bool | None = None) -> None:
    """Write a text and a line end.

    Raises:
        OSError: the stream is gone; so is every later text for it.
    """
    try:
        click.echo(text, err=name == "stderr", color=color)
    except OSError as error:
        give_up(name, error)
        raise
    except (ValueError, RuntimeError) as error:
        # Closed by the program that calls this one, or in use by the same thread.
        raise OSError(errno.EIO, str(error)) from error


def try_write(name: Name, text: str, *, color: bool | None = None) -> bool:
    """Write a text and a line end; returns whether that was possible."""
    try:
        write(name, text, color=color)
    except OSError:
        return False
    return True


def give_up(name: Name, error: OSError) -> None:
    """Put a stream that refuses in the place of one that failed."""
    stream = getattr(sys, name)
    if isinstance(stream, GoneStream):
        return
    if stream is getattr(sys, f"__{name}__"):
        # What is left in its buffer would fail again, and change the exit code.
        with contextlib.suppress(OSError, ValueError):
            descriptor = os.open(os.devnull, os.O_WRONLY)
            os.dup2(descriptor, _DESCRIPTORS[name])
            os.close(descriptor)
            stream.flush()
    setattr(sys, name, GoneStream(error))
