"""The sandbox stands alone: it shares no code with what it is there to test."""

import ast
import sys
from pathlib import Path

import pytest

import reconciler.sandbox

FOLDER = Path(reconciler.sandbox.__file__).parent
# What touches the world; the rules and the routes do not.
IMPURE = {"os", "pathlib", "socket", "socketserver", "http", "time", "random"}
MAY_TOUCH_THE_WORLD = {"server", "statefile"}


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem
)
def test_imports(path):
    """A module imports the standard library and its neighbours, nothing else."""
    names = [name.split(".") for name in _imports(path)]

    ours = {tuple(parts[:2]) for parts in names if parts[0] == "reconciler"}
    others = {parts[0] for parts in names} - {"reconciler"}

    assert ours <= {("reconciler", "sandbox")}
    assert others <= sys.stdlib_module_names
    assert path.stem in MAY_TOUCH_THE_WORLD or not others & IMPURE


def test_command_imports_the_sandbox_late():
    """The module of the command imports nothing of the simulation by itself."""
    tree = ast.parse((FOLDER.parent / "cli" / "commands" / "sandbox.py").read_text())
    top = [node for node in tree.body if isinstance(node, ast.ImportFrom)]

    assert not [
        node.module for node in top if node.module.startswith("reconciler.sandbox")
    ]
