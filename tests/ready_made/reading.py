"""Reads what is shipped ready-made: workflows, commands in them, blocks of a page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ready_made.runner import ROOT

from reconciler.cli.main import cli

EXAMPLES = ROOT / "examples"
WORKFLOWS = sorted(
    [*EXAMPLES.glob("github/*.yml"), *(ROOT / ".github/workflows").glob("*.yml")]
)
PAGES = (
    ROOT / "docs/review-in-a-pull-request.md",
    ROOT / "docs/sync-by-cron.md",
)


def loaded(path: Path) -> Any:
    """A YAML file with one document."""
    return yaml.safe_load(path.read_text("utf-8"))


def jobs(path: Path) -> dict[str, Any]:
    """The jobs of a workflow."""
    found: dict[str, Any] = loaded(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    """The steps of a workflow or of an action."""
    read = loaded(path)
    if "runs" in read:
        yield from read["runs"]["steps"]
        return
    for job in read["jobs"].values():
        yield from job["steps"]


def commands(text: str) -> Iterator[list[str]]:
    """The arguments of each `daily-reconciler` that a text calls."""
    for line in text.replace("\\\n", " ").splitlines():
        match = re.match(r"(?:ExecStart=|\s*- )?(?:\S*/)?daily-reconciler (.*)", line)
        if match:
            yield shlex.split(match[1], comments=True)


def understood(arguments: list[str]) -> None:
    """The real parser takes these arguments, or raises a usage error."""
    name, *rest = arguments
    command = cli.commands.get(name) or cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None, name
    with command.make_context(name, rest):
        pass


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S
    )
