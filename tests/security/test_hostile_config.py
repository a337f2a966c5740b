"""A config that attacks its reader ends with an error, soon and in little memory.

Each one is read by a process of its own, which tells what it used: processor time
(a busy machine does not count) and its largest memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

HEAD = "version: 1\ndomain: acme\n"
SECONDS = 2.0
MEGABYTES = 300
MANY = 1_000_000

_READ = """
import json, resource, sys, time
limit = 60
resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
from reconciler.cli.main import run
code = run(sys.argv[1:])
sys.stdout.flush()
try:
    status = open("/proc/self/status").read()
    memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
except (OSError, IndexError):
    memory = 0
print(json.dumps([code, time.process_time(), memory]), file=sys.stderr)
"""


@dataclass(frozen=True)
class Read:
    """How reading went."""

    code: int
    seconds: float
    megabytes: float
    out: str


def read(file: Path) -> Read:
    """Validate a file in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", _READ, "validate", str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert ran.stderr, f"ended by {ran.returncode}"
    code, seconds, megabytes = json.loads(ran.stderr.splitlines()[-1])
    return Read(code, seconds, megabytes, ran.stdout)


def _bomb() -> str:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for n in range(1, 12):
        text += f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n"
    return text


def _merge_bomb() -> str:
    text = "a0: &a0 {k0: 1}\n"
    for n in range(1, 2_000):
        text += f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 50)}], k{n}: 1}}\n"
    return text


def _value(text: str) -> str:
    return f"rooms: {{lobby: {{properties: {{lang: {text}}}}}}}\n"


def _keys(count: int, indent: str) -> str:
    return "".join(f"{indent}k{n}: 1\n" for n in range(count))


HOSTILE: dict[str, Callable[[], str]] = {
    "deep-lists": lambda: "rooms: " + "[" * MANY,
    "deep-mappings": lambda: "rooms: " + "{a: " * 300_000,
    "deep-blocks": lambda: "".join(" " * n + "a:\n" for n in range(2_000)),
    "deep-dashes": lambda: "rooms: " + "- " * 200_000 + "x\n",
    "huge-text": lambda: _value("x" * 15 * MANY),
    "huge-quoted-text": lambda: _value('"' + "\\x41" * 3 * MANY + '"'),
    "huge-block-text": lambda: "a: |\n" + f"  {'y' * 99}\n" * 150_000,
    "huge-key": lambda: _value("1}, ? " + "k" * 5 * MANY + " : {x: 1"),
    "huge-file": lambda: _value("x" * 40 * MANY),
    "million-keys": lambda: _keys(MANY, ""),
    "million-keys-of-a-room": lambda: (
        "rooms:\n  lobby:\n    properties:\n" + _keys(MANY, "      ")
    ),
    "million-rooms": lambda: "rooms:\n" + _keys(MANY, "  "),
    "million-rooms-in-braces": lambda: (
        "rooms: {" + ",".join(f"r{n}: " for n in range(MANY)) + "}\n"
    ),
    "million-items": lambda: (
        "rooms:\n  lobby:\n    write_only:\n" + "      - x\n" * MANY
    ),
    "million-times-one-key": lambda: "rooms:\n" + "  a: {}\n" * MANY,
    "alias-bomb": _bomb,
    "merge-bomb": _merge_bomb,
    "cycle": lambda: "rooms: &a {b: *a}\n",
    "many-anchors": lambda: "x:\n" + "".join(f"- &a{n} 1\n" for n in range(500_000)),
    "many-tags": lambda: "x:\n" + "- !!python/object:os.system x\n" * 300_000,
    "many-documents": lambda: "---\n" * MANY,
    "huge-integer": lambda: _value("9" * 5 * MANY),
    "huge-hexadecimal": lambda: _value("0x" + "f" * 5 * MANY),
    "infinite-number": lambda: _value("1e999"),
    "many-references": lambda: _value("'" + "${A}" * 2 * MANY + "'"),
    "broken-references": lambda: _value("'" + "${" * 2 * MANY + "'"),
    "many-dollars": lambda: _value("'" + "$" * 10 * MANY + "'"),
    "long-line": lambda: _value(
        "1, " + ", ".join(f"k{n}: 'http://u:p@h/?q={n}'" for n in range(100_000))
    ),
    "long-duration": lambda: (
        "rooms: {lobby: {expires: {after: " + "1d" * 2 * MANY + "}}}\n"
    ),
    "many-mistakes": lambda: (
        "rooms:\n" + "".join(f"  r{n}: {{enable_chatt: 1}}\n" for n in range(10_000))
    ),
    "control-characters": lambda: "\x07" * 1_000,
    "no-characters": lambda: "\0" * 1_000,
}


# The kinds that everybody thinks of, each time; the others with `make test-full`.
_FIRST = ("deep-lists", "huge-text", "million-keys", "alias-bomb", "cycle")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [n if n in _FIRST else pytest.param(n, marks=pytest.mark.full) for n in HOSTILE],
)
def test_a_hostile_config_ends_with_an_error(tmp_path: Path, name: str) -> None:
    """It is refused within 2 seconds and 300 MB, whatever it is made of."""
    file = tmp_path / "config.yaml"
    file.write_text(HEAD + HOSTILE[name](), encoding="utf-8")

    went = read(file)

    assert went.code == 1
    assert "error" in went.out
    assert len(went.out) < 200_000
    assert went.seconds < SECONDS
    assert went.megabytes < MEGABYTES


@pytest.mark.slow
def test_a_device_without_end_is_not_read_to_the_end(tmp_path: Path) -> None:
    """A name that leads to something endless is refused like a file too large."""
    link = tmp_path / "config.yaml"
    link.symlink_to("/dev/zero")

    went = read(link)

    assert (went.code, went.seconds < SECONDS) == (1, True)
    assert "larger than 16 MiB" in went.out


@pytest.mark.full
def test_a_large_honest_config_is_read(tmp_path: Path) -> None:
    """The bounds are far from what is real: 20,000 rooms in one file are fine."""
    file = tmp_path / "config.yaml"
    room = "{privacy: private, properties: {max_participants: 25, lang: de}}"
    rooms = "".join(f"  room-{n}: {room}\n" for n in range(20_000))
    file.write_text(f"{HEAD}rooms:\n{rooms}", encoding="utf-8")

    assert read(file).code == 0
