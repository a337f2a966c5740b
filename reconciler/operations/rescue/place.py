"""Where rescue files lie: beside the config, where later runs find them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reconciler.core.times import iso


def beside(files: Sequence[str], domain: str, now: float) -> Path:
    """The name of a new rescue file, in the folder of the first of some files.

    A file that has no folder (stdin) stands for the working directory.
    """
    stamp = iso(now).replace("-", "").replace(":", "")
    folder = Path(files[0]).parent if files else Path()
    return folder / f"daily-rescue-{domain}-{stamp}.json"
