"""Where rescue files lie: beside the config, where later runs find them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reconciler.core.times import iso
from reconciler.operations.files import is_stream


def beside(files: Sequence[str], domain: str, now: float) -> Path:
    """The name of a new rescue file, in the folder of the first of some files.

    What is no regular file in a folder (stdin, a pipe) stands for the working
    directory.
    """
    stamp = iso(now).replace("-", "").replace(":", "")
    first = Path(files[0]) if files else Path("-")
    folder = Path() if is_stream(first) else first.parent
    return folder / f"daily-rescue-{domain}-{stamp}.json"
