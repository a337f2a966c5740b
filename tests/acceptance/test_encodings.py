"""Output for terminals and pipes that do not know every character."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

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
    "import": ["import", "--sandbox", "--sandbox-state", "state.json"],
}
ENCODINGS = [
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
]


def _run(folder: Path, args: list[str], **variables: str) -> tuple[int, bytes, bytes]:
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("DAILY")}
    ran = subprocess.run(
        [sys.executable, "-m", "reconciler", *args],
        cwd=folder,
        env={**environ, **variables},
        capture_output=True,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize("variables", ENCODINGS, ids=["cp1252", "ascii", "locale-c"])
@pytest.mark.parametrize("args", TEXT.values(), ids=TEXT)
def test_no_character_ends_a_run(
    tmp_path: Path, args: list[str], variables: dict[str, str]
) -> None:
    """The exit code and the amount of text are those of a terminal with UTF-8."""
    expected = _run(tmp_path, args, PYTHONUTF8="1")
    (tmp_path / ".daily-sandbox.json").unlink(missing_ok=True)

    code, out, err = _run(tmp_path, args, **variables)

    assert code == expected[0]
    assert len(out.splitlines()) == len(expected[1].splitlines())
    assert len(err.splitlines()) == len(expected[2].splitlines())
    assert b"mistake" not in err


@pytest.mark.parametrize("variables", ENCODINGS, ids=["cp1252", "ascii", "locale-c"])
@pytest.mark.parametrize("args", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_is_utf_8_wherever_it_goes(
    tmp_path: Path, args: list[str], variables: dict[str, str]
) -> None:
    """What a pipe writes to a file is what --out would write: nothing is spelled."""
    apply = ["apply", "config.yaml", "--yes", "--sandbox"]
    assert _run(tmp_path, [*apply, "--sandbox-state", "state.json"])[0] == 0

    code, out, err = _run(tmp_path, args, **variables)

    assert code == 0, err
    assert NAME in out.decode("utf-8")
    if args[0] == "import":
        rooms = yaml.safe_load(out.decode("utf-8"))["rooms"]
        assert rooms["lobby"]["properties"]["dialin"]["display_name"] == NAME


@pytest.mark.parametrize(
    "word", ["\x1b[31mred", "a\r\n::error::x", "\u202egpj", "x" * 50_000]
)
@pytest.mark.parametrize("at", ["command", "option", "selector", "rate", "explain"])
def test_what_was_typed_is_repeated_as_clean_text(
    tmp_path: Path, word: str, at: str
) -> None:
    """A word of the command line cannot colour a terminal or command a CI system."""
    args = {
        "command": [word],
        "option": ["plan", "config.yaml", f"--{word}"],
        "selector": ["plan", "config.yaml", "--only", f"room:{word}", "--sandbox"],
        "rate": ["plan", "config.yaml", "--rate", word],
        "explain": ["explain", word],
    }[at]

    code, out, err = _run(tmp_path, args, PYTHONUTF8="1")

    assert (code, out) == (64, b"")
    lines = err.decode("utf-8").split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("::") for line in lines)
    assert len(err) < 5_000
