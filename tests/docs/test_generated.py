"""Generated parts of the documentation are what the program would write today."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from reconciler.cli.main import COMMANDS
from reconciler.config.schema import reference as explain

ROOT = Path(__file__).parents[2]


def _generator() -> ModuleType:
    """`docs/generate.py`, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_page_is_stale() -> None:
    """Every generated block is fresh; `make docs` makes it so."""
    stale = [
        page.name
        for page, text in _generator().pages()
        if page.read_text(encoding="utf-8") != text
    ]

    assert stale == [], "run `make docs`"


def test_every_block_is_used() -> None:
    """Each generated block stands on one page, and no page asks for another."""
    names = [
        name
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for name in re.findall(
            r"<!-- generated: ([a-z-]+) -->", page.read_text(encoding="utf-8")
        )
    ]

    assert sorted(names) == sorted(_generator().BLOCKS)


def test_the_config_reference_has_every_key_once() -> None:
    """Each key of the schema has one row; those of the defaults are a room's."""
    text = (ROOT / "docs/config-reference.md").read_text(encoding="utf-8")
    rows: Counter[str] = Counter()
    section = ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = "".join(re.findall(r"`(.+)`", line))
        elif row := re.match(r"\| `([^`]+)` \|", line):
            rows[f"{section}.{row[1]}".lstrip(".")] += 1

    assert set(rows.values()) == {1}
    keys = {k.name for k in explain.every_key() if not explain.is_shared(k.path)}
    assert set(rows) == keys


def test_the_command_reference_has_every_command() -> None:
    """Each command has its section, in the order of `--help`."""
    text = (ROOT / "docs/command-reference.md").read_text(encoding="utf-8")

    assert re.findall(r"^## (\S+)$", text, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name
)
def test_every_page_is_reached_from_the_readme(page: Path) -> None:
    """The README links every page of the documentation."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert f"(docs/{page.name})" in text
