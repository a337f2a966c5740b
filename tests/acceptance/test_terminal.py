"""What reaches a terminal: colours, a bar, a question, no control characters."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kit import World

ROOM = "rooms:\n  lobby: {privacy: private, properties: {enable_chat: true}}\n"
MANY = "rooms:\n" + "".join(
    f"  room-{n:02}: {{privacy: private, properties: {{enable_chat: true}}}}\n"
    for n in range(25)
)
ESCAPE = "\x1b["
COMMAND = [sys.executable, "-W", "error", "-m", "reconciler"]


@dataclass(frozen=True)
class Shown:
    """What a process wrote: to the terminal, and to the streams that were not one."""

    code: int
    terminal: str
    out: str
    err: str


def _on_terminal(
    world: World,
    *args: str,
    streams: str = "ioe",
    typed: str = "",
    **environ: str,
) -> Shown:
    """Run with some of stdin, stdout and stderr on a terminal: `streams` of "ioe"."""
    mine, theirs = pty.openpty()
    given = {
        **{k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")},
        "TERM": "xterm",
        "DAILY_API_URL": world.sandbox.url,
        "DAILY_API_KEY": "sandbox",
        "DAILY_RATE": "1000",
        **environ,
    }
    files = {name: (world.folder / f"{name}.txt").open("w") for name in ("out", "err")}
    process = subprocess.Popen(
        [*COMMAND, *args],
        cwd=world.folder,
        env=given,
        stdin=theirs if "i" in streams else subprocess.DEVNULL,
        stdout=theirs if "o" in streams else files["out"],
        stderr=theirs if "e" in streams else files["err"],
        start_new_session=True,
        preexec_fn=lambda: _take_control(theirs),
    )
    os.close(theirs)
    try:
        terminal = _read(mine, process, typed)
        code = process.wait(timeout=20)
    finally:
        process.kill()
    os.close(mine)
    for file in files.values():
        file.close()
    out, err = ((world.folder / f"{n}.txt").read_text() for n in ("out", "err"))
    return Shown(code, terminal, out, err)


def _take_control(terminal: int) -> None:
    """Make Ctrl-C a signal, also where the tests run in the background.

    A terminal sends it to what it controls; a shell lets its background ignore it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def _read(terminal: int, process: subprocess.Popen[bytes], typed: str) -> str:
    """All that is written; `typed` is entered once a question stands there.

    Ctrl-C is typed again until it is heard: one between the last look of Python at
    signals and its read from the terminal waits for the next one.
    """
    pieces: list[bytes] = []
    end = time.monotonic() + 20
    again = 0.0
    while time.monotonic() < end:
        if typed and b"[y/N]" in b"".join(pieces) and time.monotonic() >= again:
            os.write(terminal, typed.encode())
            again = time.monotonic() + 1
            typed = typed if typed == "\x03" else ""
        ready, _, _ = select.select([terminal], [], [], 0.05)
        if ready:
            try:
                pieces.append(os.read(terminal, 65_536))
            except OSError:
                break
            if not pieces[-1]:
                break
        elif process.poll() is not None:
            break
    return b"".join(pieces).decode()


COLOURS = [
    pytest.param("ioe", [], {}, True, True, id="terminal"),
    pytest.param("ioe", [], {"NO_COLOR": "1"}, False, False, id="NO_COLOR"),
    pytest.param("ioe", ["--no-color"], {}, False, False, id="no-color"),
    pytest.param("ie", [], {}, False, None, id="stdout-in-a-file"),
    pytest.param("io", [], {}, True, False, id="stderr-in-a-file"),
    pytest.param("", [], {}, False, False, id="no-terminal"),
]


@pytest.mark.parametrize(
    ("streams", "options", "environ", "out_colours", "err_colours"), COLOURS
)
def test_colours_are_for_terminals_only(
    make_world: Callable[..., World],
    streams: str,
    options: list[str],
    environ: dict[str, str],
    out_colours: bool,
    err_colours: bool | None,
) -> None:
    """Neither a file nor somebody who asked for none gets an escape sequence."""
    world = make_world()
    world.write(ROOM)
    args = ["apply", "config.yaml", "--yes", *options]

    shown = _on_terminal(world, *args, streams=streams, **environ)

    assert shown.code == 0
    out = shown.terminal if "o" in streams else shown.out
    assert "create room lobby" in out
    assert (ESCAPE in out) is out_colours
    if err_colours is not None:
        err = shown.terminal if "e" in streams else shown.err
        assert (ESCAPE in err) is err_colours


def test_json_logs_have_no_progress_bar(make_world: Callable[..., World]) -> None:
    """Each line on a terminal is one JSON object, however many changes there are."""
    world = make_world()
    world.write(MANY)
    args = ["apply", "config.yaml", "--yes", "--log-format", "json"]

    shown = _on_terminal(world, *args, streams="ie")

    lines = [json.loads(line) for line in shown.terminal.splitlines()]
    assert shown.code == 0
    assert len(lines) == 25
    assert all(line["message"] for line in lines)


def test_json_has_no_colours(make_world: Callable[..., World]) -> None:
    """JSON is the same on a terminal and in a file."""
    world = make_world()
    world.write(ROOM)

    shown = _on_terminal(world, "plan", "config.yaml", "--format", "json")

    assert ESCAPE not in shown.terminal


@pytest.mark.parametrize("streams", ["ioe", "io"])
def test_long_work_has_a_bar_on_a_terminal_only(
    make_world: Callable[..., World], streams: str
) -> None:
    """Twenty changes or more draw a bar on a terminal, and log lines elsewhere."""
    world = make_world()
    world.write(MANY)

    shown = _on_terminal(world, "apply", "config.yaml", "--yes", streams=streams)

    assert shown.code == 0
    assert ("applying  [" in shown.terminal) is ("e" in streams)
    if "e" not in streams:
        assert len(shown.err.splitlines()) == 25


ANSWERS = [
    pytest.param("y\n", 0, 1, id="yes"),
    pytest.param("n\n", 4, 0, id="no"),
    pytest.param("\n", 4, 0, id="enter"),
    pytest.param("\x04", 4, 0, id="end-of-input"),
    pytest.param("\x03", 1, 0, id="interrupt"),
]


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize(("typed", "code", "writes"), ANSWERS)
def test_apply_asks_on_a_terminal(
    make_world: Callable[..., World],
    typed: str,
    code: int,
    writes: int,
    format_: str,
) -> None:
    """The plan is shown before the question, and only a yes writes."""
    world = make_world()
    world.write(ROOM)

    shown = _on_terminal(
        world, "apply", "config.yaml", "--format", format_, streams="ie", typed=typed
    )

    assert shown.code == code, shown
    assert len(world.writes()) == writes
    assert "Apply 1 change to domain 'acme'?" in shown.terminal
    before = shown.terminal.partition("Apply 1 change")[0]
    assert "create room lobby" in (shown.out if format_ == "text" else before)
    assert "Traceback" not in shown.terminal
    if format_ == "json":
        import json

        document = json.loads(shown.out)
        assert document["exit_code"] == code


# Streams.


def test_stdout_holds_the_result_and_nothing_else(
    make_world: Callable[..., World],
) -> None:
    """Logs and progress go to stderr, so that stdout can be kept or piped."""
    world = make_world()
    world.write(ROOM)
    world.run("plan", "config.yaml")
    quiet = world.run("plan", "config.yaml").out

    ran = world.run("plan", "config.yaml", "-v")

    assert ran.out == quiet
    assert "GET /v1/rooms" in ran.err
    assert "GET" not in ran.out


def test_progress_goes_to_stderr(make_world: Callable[..., World]) -> None:
    """Each change is said on stderr as it ends; the report is on stdout."""
    world = make_world()
    world.write(ROOM)

    ran = world.apply()

    assert ran.err == "done  created room lobby\n"
    assert "done  created" not in ran.out
    assert "Apply: 1 done" in ran.out


def test_a_reader_that_goes_away_is_no_traceback(
    make_world: Callable[..., World],
) -> None:
    """Output into `head` ends quietly."""
    world = make_world()
    world.write(MANY)
    environ = {
        **os.environ,
        "DAILY_API_URL": world.sandbox.url,
        "DAILY_API_KEY": "sandbox",
    }
    command = " ".join([*COMMAND, "plan", "config.yaml", "|", "head", "-n", "1"])

    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=world.folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


# What Daily or a file says.

EVIL = {
    "colour": "\x1b[31mred\x1b[0m",
    "cursor": "\x1b[2J\x1b[H",
    "title": "\x1b]0;owned\x07",
    "bell": "ding\x07",
    "return": "safe\rEVIL",
    "line": "one\ntwo",
    "right-to-left": "abc\u202edcba\u202c",
    "isolate": "\u2066hidden\u2069",
    "zero-width": "a\u200bb",
    "c1": "x\x9b31m",
    "separator": "a\u2028b",
    "null": "a\x00b",
}


def _unsafe(text: str) -> list[str]:
    """Characters that move the cursor, colour, hide or reverse."""
    return [
        char
        for char in text
        if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")
    ]


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_what_daily_says_cannot_drive_the_terminal(
    make_world: Callable[..., World], evil: str
) -> None:
    """Names, values and refusals of Daily are spelled out, wherever they show."""
    world = make_world()
    store = world.sandbox.store
    store.add_room("lobby", {"lang": evil, "dialin": {"display_name": evil}, evil: 1})
    store.add_room(evil)
    store.add_dialin_config("pinless_dialin", {"name_prefix": evil})
    store.add_legacy("pin_dialin", {"phone_number": evil, "name_prefix": "p"})
    store.rooms["lobby"].dialin_code = evil
    store.rooms["lobby"].properties["dialin"][evil] = "x"
    world.write(
        "phone_numbers:\n  '+12095550100': {pin_dialin: {}}\n"
        "rooms:\n  lobby:\n    privacy: private\n    properties:\n      lang: en\n"
        "      exp: 1900000000\n      dialin: {display_name: Phone}\n"
    )

    runs = [
        world.run("plan", "config.yaml", "--show-unmanaged", "-v"),
        world.run("dialin", "config.yaml"),
        world.run("apply", "config.yaml", "--yes", "-v"),
        world.run("apply", "config.yaml", "--yes", "--format", "json"),
    ]

    assert [_unsafe(ran.out + ran.err) for ran in runs] == [[], [], [], []]


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_what_the_file_says_cannot_drive_the_terminal(
    make_world: Callable[..., World], evil: str
) -> None:
    """Names and values of the config are spelled out, also in messages about them."""
    import json

    world = make_world()
    text = json.dumps(evil)
    world.write(
        f"rooms:\n  {text}: {{properties: {{lang: {text}, {text}: {text}}}}}\n"
        f"  lobby: {{properties: {{dialin: {{display_name: {text}}}, exp: 1}}}}\n"
        f"phone_numbers:\n  {text}: {{pin_dialin: {{name_prefix: {text}}}}}\n"
    )

    runs = [
        world.run("validate", "config.yaml"),
        world.run("plan", "config.yaml"),
        world.run("validate", "config.yaml", "--format", "json"),
    ]

    assert [_unsafe(ran.out + ran.err) for ran in runs] == [[], [], []]


def test_names_on_the_command_line_are_said_as_they_are(
    make_world: Callable[..., World],
) -> None:
    """A path that does not exist is spelled out as well."""
    world = make_world()

    ran = world.run("validate", "no\x1b[31m.yaml")

    assert ran.code == 1
    assert _unsafe(ran.out + ran.err) == []


# Start-up.

HEAVY = ("yaml", "jsonschema", "httpx", "deepdiff", "asyncio")
CHILD = (
    "import sys\n"
    "from reconciler.cli.main import run\n"
    "code = run(sys.argv[1:])\n"
    "print('LOADED', *sorted(sys.modules))\n"
    "sys.exit(code)\n"
)


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["--version"],
        *(
            [command, "--help"]
            for command in (
                "validate",
                "plan",
                "apply",
                "dialin",
                "restore",
                "schema",
                "sandbox",
            )
        ),
    ],
    ids=" ".join,
)
def test_help_imports_click_only(args: list[str], tmp_path: Path) -> None:
    """Help and version are there at once: nothing but click is loaded for them."""
    done: Any = subprocess.run(
        [sys.executable, "-c", CHILD, *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    loaded = done.stdout.partition("LOADED")[2].split()
    assert done.returncode == 0, done.stderr
    assert "click" in loaded
    assert not [name for name in HEAVY if name in loaded]
    ours = {name for name in loaded if name.startswith("reconciler.")}
    light = ("reconciler.cli", "reconciler.streams")
    assert not [n for n in ours if not n.startswith(light)]
