"""Output for terminals and pipes that do not know every character."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml

from reconciler.cli.main import run

CONFIG = """version: 1
domain: acme
rooms:
  lobby:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: "Zoë 日本 😀"}}
"""
NAME = "Zoë 日本 😀"
TEXT = {
    "validate": ["validate", "config.yaml"],
    "plan": ["plan", "config.yaml", "--sandbox"],
    "apply": ["apply", "config.yaml", "--sandbox", "--yes"],
    "effective": ["effective", "config.yaml", "lobby"],
    "explain": ["explain"],
    "numbers": ["numbers", "config.yaml", "--sandbox"],
    "schema": ["schema"],
    "no-such-room": ["effective", "config.yaml", "日本"],
    "usage": ["plan", "config.yaml", "--only", "日本"],
    "help": ["apply", "--help"],
}
DOCUMENTS = {
    "html": ["plan", "config.yaml", "--sandbox", "--format", "html"],
    "markdown": ["plan", "config.yaml", "--sandbox", "--format", "markdown"],
    "import": ["import", "--sandbox", "--sandbox-state", "PREPARED"],
}
ENCODINGS = [
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
]
IDS = ["cp1252", "ascii", "locale-c"]
UTF_8 = {"PYTHONUTF8": "1"}

FORKS = """
import importlib, json, os, pathlib, pkgutil, sys
import reconciler
from reconciler.cli.main import main

for module in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
    if "__main__" not in module.name:
        importlib.import_module(module.name)
for name, args in json.load(sys.stdin).items():
    if child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        pathlib.Path(name, "code").write_text(str(code))
        continue
    os.chdir(name)
    for descriptor, file in enumerate((os.devnull, "out", "err")):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), descriptor)
    main(args)
"""
"""Each command line in a process and a folder of its own.

They are forked from one interpreter, which opened its streams as the environment says,
and has written nothing to them.
"""

Ran = tuple[int, bytes, bytes]
Runs = Callable[[dict[str, str]], dict[str, Ran]]


def _run(
    folder: Path, commands: dict[str, list[str]], variables: dict[str, str]
) -> dict[str, Ran]:
    """Run the commands, each in the folder of its name."""
    for name in commands:
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "config.yaml").write_text(CONFIG, encoding="utf-8")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("DAILY")}
    subprocess.run(
        [sys.executable, "-c", FORKS],
        cwd=folder,
        env={**environ, **variables},
        input=json.dumps(commands).encode(),
        check=True,
    )
    return {name: _ran(folder / name) for name in commands}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """What the commands print where the environment has these variables."""
    folder = tmp_path_factory.mktemp("encodings")
    state = folder / "state.json"
    apply = ["apply", "config.yaml", "--yes", "--sandbox", "--sandbox-state"]
    commands = {
        name: [str(state) if arg == "PREPARED" else arg for arg in args]
        for name, args in (TEXT | DOCUMENTS).items()
    }

    @cache
    def all_of(variables: frozenset[tuple[str, str]]) -> dict[str, Ran]:
        first = {} if state.exists() else {"prepared": [*apply, str(state)]}
        return _run(tmp_path_factory.mktemp("runs"), first | commands, dict(variables))

    assert all_of(frozenset(UTF_8.items()))["prepared"][0] == 0
    return lambda variables: all_of(frozenset(variables.items()))


def _ran(folder: Path) -> Ran:
    out, err = ((folder / file).read_bytes() for file in ("out", "err"))
    return int((folder / "code").read_text()), out, err


@pytest.mark.parametrize("variables", ENCODINGS, ids=IDS)
@pytest.mark.parametrize("command", TEXT)
def test_no_character_ends_a_run(
    runs: Runs, command: str, variables: dict[str, str]
) -> None:
    """The exit code and the amount of text are those of a terminal with UTF-8."""
    expected = runs(UTF_8)[command]

    code, out, err = runs(variables)[command]

    assert code == expected[0]
    assert len(out.splitlines()) == len(expected[1].splitlines())
    assert len(err.splitlines()) == len(expected[2].splitlines())
    assert b"mistake" not in err


@pytest.mark.parametrize("variables", ENCODINGS, ids=IDS)
@pytest.mark.parametrize("command", DOCUMENTS)
def test_a_document_is_utf_8_wherever_it_goes(
    runs: Runs, command: str, variables: dict[str, str]
) -> None:
    """What a pipe writes to a file is what --out would write: nothing is spelled."""
    code, out, err = runs(variables)[command]

    assert code == 0, err
    assert NAME in out.decode("utf-8")
    if command == "import":
        rooms = yaml.safe_load(out.decode("utf-8"))["rooms"]
        assert rooms["lobby"]["properties"]["dialin"]["display_name"] == NAME


@pytest.mark.parametrize(
    "word", ["\x1b[31mred", "a\r\n::error::x", "\u202egpj", "x" * 50_000]
)
@pytest.mark.parametrize("at", ["command", "option", "selector", "rate", "explain"])
def test_what_was_typed_is_repeated_as_clean_text(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    word: str,
    at: str,
) -> None:
    """A word of the command line cannot colour a terminal or command a CI system."""
    args = {
        "command": [word],
        "option": ["plan", "config.yaml", f"--{word}"],
        "selector": ["plan", "config.yaml", "--only", f"room:{word}", "--sandbox"],
        "rate": ["plan", "config.yaml", "--rate", word],
        "explain": ["explain", word],
    }[at]

    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    code = run(args)

    out, err = capfdbinary.readouterr()
    assert (code, out) == (64, b"")
    lines = err.decode("utf-8").split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("::") for line in lines)
    assert len(err) < 5_000
