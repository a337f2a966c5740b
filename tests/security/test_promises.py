"""Every promise on the page about security is held by a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (.+?) \| (`.+`) \|$", re.MULTILINE)


def _promises() -> dict[str, list[str]]:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    section = page.partition("\n## Promises\n")[2].partition("\n## ")[0]
    return {row[1]: re.findall(r"`([^`]+)`", row[2]) for row in ROW.finditer(section)}


def _tests(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name for name in found if name.startswith("test_")}


def test_every_promise_is_held_by_a_test() -> None:
    """Each row of the page names tests, and each of them is there."""
    promises = _promises()
    missing = []
    for named in promises.values():
        for name in named:
            file, _, test = name.partition("::")
            path = ROOT / "tests" / file
            if not path.is_file() or test not in _tests(path):
                missing.append(name)

    assert len(promises) >= 20
    assert missing == []


def test_every_test_about_security_is_a_promise() -> None:
    """What is tested in this folder is promised: the page leaves nothing out."""
    named = {name for names in _promises().values() for name in names}
    here = Path(__file__).parent
    written = {
        f"security/{file.name}::{test}"
        for file in here.glob("test_*.py")
        if file != Path(__file__)
        for test in _tests(file)
    }

    assert written - named == set()
