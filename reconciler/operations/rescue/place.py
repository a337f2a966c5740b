"""Where rescue files lie: beside the config, where later runs find them.

No output replaces one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from reconciler.core.times import iso
from reconciler.daily.rescue.file import is_rescue_file
from reconciler.errors import UsageError
from reconciler.operations.files import is_stream

PREFIX: Final = "daily-rescue-"
"""How the name of a rescue file begins."""


def beside(files: Sequence[str], domain: str, now: float) -> Path:
    """The name of a new rescue file, in the folder of the first of some files.

    What is no regular file in a folder (stdin, a pipe) stands for the working
    directory.
    """
    stamp = iso(now).replace("-", "").replace(":", "")
    return folder_of(files) / f"{PREFIX}{domain}-{stamp}.json"


def folder_of(files: Sequence[str]) -> Path:
    """Where the rescue files of runs with these config files lie."""
    first = Path(files[0]) if files else Path("-")
    return Path() if is_stream(first) else first.parent


def check_spared(outputs: Mapping[str, Path | None]) -> None:
    """Refuse output files where a rescue file is: what it holds may be nowhere else.

    Raises:
        UsageError: names the first of them.
    """
    for option, path in outputs.items():
        if path and not is_stream(path) and is_rescue_file(path):
            raise UsageError(
                f"{option} would replace the rescue file {path}; nothing was sent"
            )
