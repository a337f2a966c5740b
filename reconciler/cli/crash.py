"""How a mistake of ours ends a run: where it happened, and no value at all.

A traceback of Python's own shows the text of the error, and that may quote what was
read or sent: a `KeyError` is nothing but the key. So only types and places are told.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

import reconciler
from reconciler import streams

_PACKAGES: Final = Path(reconciler.__file__).parent.parent
"""The folder that holds this package: a checkout, or site-packages."""


def told(error: Exception) -> str:
    """Tell stderr about a mistake; returns its first line."""
    version = reconciler.__version__
    head = f"a mistake in daily-reconciler {version}: {_kinds(error)}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        f"error: {head}",
        *(f"  {_place(f.filename)}:{f.lineno} in {f.name}" for f in frames),
        "tip: please report these lines, which hold no value of yours; what was sent "
        "before stays, and a new plan shows what is left",
    ]
    streams.try_write("stderr", "\n".join(lines))
    return head


def _place(filename: str) -> str:
    """A file as it is called inside its package: no path of this machine."""
    path = Path(filename)
    if path.is_relative_to(_PACKAGES):
        return path.relative_to(_PACKAGES).as_posix()
    return "/".join(path.parts[-3:])


def _kinds(error: BaseException) -> str:
    """The type of an error, and of those that led to it."""
    names = [type(error).__name__]
    while (cause := error.__cause__ or error.__context__) and len(names) < 5:
        names.append(type(cause).__name__)
        error = cause
    return " after ".join(names)
