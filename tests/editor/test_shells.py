"""Completion in real shells, typed into a terminal and answered with a tab."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.full

BIN = Path(sys.executable).parent
CONFIG = """\
version: 1
domain: acme
rooms: {lounge: {privacy: public}, all-hands: {privacy: public}}
"""
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SETUP = {
    "bash": 'eval "$(daily-reconciler completion bash)"',
    "zsh": "autoload -U compinit; compinit -u -D; "
    'eval "$(daily-reconciler completion zsh)"',
}
SOURCE_FISH = "daily-reconciler completion fish | source"
LINES = [
    ("daily-reconciler eff", "effective"),
    ("daily-reconciler effective config.yaml lou", "lounge"),
    ("daily-reconciler plan config.yaml --only room:lou", "room:lounge"),
    ("daily-reconciler apply config.yaml --allow hmac", "hmac-rotation="),
    ("daily-reconciler explain properties.enable_hid", "enable_hidden_participants"),
]


class Terminal:
    """A shell behind a pseudo terminal."""

    def __init__(self, master: int) -> None:
        self.master = master
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def expect(self, text: str, seconds: float = 20) -> None:
        """Read until the text is on the screen."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} did not appear in {self.seen!r}"
            if select.select([self.master], [], [], left)[0]:
                self.seen += os.read(self.master, 4096).decode(errors="replace")

    def forget(self) -> None:
        self.seen = ""


@contextmanager
def shell(name: str, folder: Path) -> Iterator[Terminal]:
    """An interactive shell that has read our completion script."""
    master, slave = pty.openpty()
    env = {
        "HOME": str(folder),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "TERM": "xterm",
        "PS1": "$ ",
        "LC_ALL": "C.UTF-8",
    }
    process = subprocess.Popen(
        START[name],
        cwd=folder,
        env=env,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    terminal = Terminal(master)
    try:
        terminal.type(f"{SETUP[name]}; echo rea''dy\n")
        terminal.expect("ready")
        yield terminal
    finally:
        process.kill()
        process.wait()
        os.close(master)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a config in it."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


@pytest.mark.parametrize("name", START)
def test_a_tab_completes(name: str, folder: Path) -> None:
    """Commands, rooms, gates and keys are put on the line by a tab."""
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    with shell(name, folder) as terminal:
        for typed, completed in LINES:
            terminal.forget()
            terminal.type(typed)
            terminal.expect(typed[-3:])
            terminal.forget()
            terminal.type("\t")
            # Some shells write the rest only, others the line again.
            rest = completed[len(typed.split()[-1].rpartition(".")[2]) :]
            terminal.expect(rest)
            terminal.type("\x15")


def test_fish_offers_the_same(folder: Path) -> None:
    """Fish, asked what it would offer for each line, names the completion."""
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    asked = "\n".join(f'complete -C "{typed}"' for typed, _ in LINES)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"{SOURCE_FISH}\n{asked}"],
        cwd=folder,
        env={"HOME": str(folder), "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )

    assert done.stderr == ""
    offered = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    for _, completed in LINES:
        assert any(line.endswith(completed) for line in offered)
