"""Completion: what the shells are offered, through click and in a real bash."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from reconciler.cli.main import COMMANDS, COMPLETE, cli, run
from reconciler.core.plan.gates import NAMES

BIN = Path(sys.executable).parent
CONFIG = """\
version: 1
domain: acme
phone_numbers: {"+12095550100": {pin_dialin: {}}}
rooms: {lobby: {privacy: public}, lounge: {privacy: public}, all-hands: {}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a config in it, which is the current one."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "broken.yaml").write_text("rooms: {lobby: [\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offered(*words: str) -> list[str]:
    """What click offers for the last word."""
    shell = ShellComplete(cli, {}, "daily-reconciler", COMPLETE)
    items = shell.get_completions(list(words[:-1]), words[-1])
    return [item.value for item in items if item.type == "plain"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["effective", "config.yaml", ""], ["lobby", "lounge", "all-hands"]),
        (["effective", "config.yaml", "lo"], ["lobby", "lounge"]),
        (["effective", "config.yaml", "broken.yaml", "lou"], ["lounge"]),
        (["plan", "config.yaml", "--only", "room:lo"], ["room:lobby", "room:lounge"]),
        (["plan", "config.yaml", "--only", "number:"], ["number:+12095550100"]),
        (["plan", "config.yaml", "--only", ""], ["room:", "number:"]),
        (["apply", "config.yaml", "--resend", "room:all"], ["room:all-hands"]),
        (["apply", "config.yaml", "--allow", "de"], ["delete="]),
        (["dialin", "config.yaml", "--told", "room:all"], ["room:all-hands"]),
        (["explain", "rooms.x.properties.lan"], ["rooms.x.properties.lang"]),
        (["explain", "wait"], ["wait_for_meeting_start"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["val"], ["validate"]),
    ],
)
def test_words_are_completed(
    folder: Path, words: list[str], expected: list[str]
) -> None:
    """Commands, rooms, numbers, gates and keys are offered as far as typed."""
    numbers = ["+12095550100"] if words == ["effective", "config.yaml", ""] else []

    assert offered(*words) == [*expected, *numbers]


def test_every_gate_and_command_is_offered(folder: Path) -> None:
    """Nothing typed yet means all of them."""
    assert offered("apply", "config.yaml", "--allow", "") == [f"{n}=" for n in NAMES]
    assert offered("") == list(COMMANDS)


@pytest.mark.parametrize("config", ["broken.yaml", "missing.yaml", "/", "config.yaml "])
def test_a_broken_config_offers_nothing(
    folder: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No names are known then, and nothing is printed."""
    (folder / "binary.yaml").write_bytes(b"\xff\xfe\x00")

    assert offered("effective", config, "lo") == []
    assert offered("plan", config, "--only", "room:lo") == []
    assert capsys.readouterr() == ("", "")


def test_completing_loads_little(folder: Path) -> None:
    """A shell that waits for names does not wait for HTTP, schemas or diffs."""
    code = (
        "import sys, json\n"
        "from reconciler.cli.main import run\n"
        "try:\n    run([])\n"
        "except SystemExit:\n    pass\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    for line in ("plan config.yaml --only room:", "explain la", "apply c --allow d"):
        env = {**os.environ, COMPLETE: "bash_complete"}
        env["COMP_LINE"] = f"daily-reconciler {line}"
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True
        )

        loaded = set(json.loads(done.stdout.splitlines()[-1]))
        assert not loaded & {"httpx", "jsonschema", "deepdiff"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_that_of_click(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`completion SHELL` prints what click's variable gives, and it names us."""
    assert run(["completion", shell]) == 0
    printed = capsys.readouterr().out
    monkeypatch.setenv(COMPLETE, f"{shell}_source")
    with pytest.raises(SystemExit):
        run([])

    assert printed == capsys.readouterr().out
    assert "daily-reconciler" in printed
    assert COMPLETE in printed


def in_bash(folder: Path, line: str) -> list[str]:
    """What bash itself would put on the line: its own words, our script."""
    script = (
        'eval "$(daily-reconciler completion bash)"\n'
        "compopt() { :; }\n"
        f"COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}\n"
        '_daily_reconciler_completion daily-reconciler "" ""\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("daily-reconciler eff", ["effective"]),
        ("daily-reconciler effective config.yaml lo", ["lobby", "lounge"]),
        # Bash replaces only what follows its own break, here the colon.
        ("daily-reconciler plan config.yaml --only room:lo", ["lobby", "lounge"]),
        ("daily-reconciler plan broken.yaml --only room:lo", []),
        (
            "daily-reconciler explain rooms.x.properties.lan",
            ["rooms.x.properties.lang"],
        ),
    ],
)
def test_bash_completes(folder: Path, line: str, expected: list[str]) -> None:
    """The script of bash gives what bash puts on the line."""
    assert in_bash(folder, line) == expected
