"""Broken streams and outputs: what is written goes on, and its report arrives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.running import Sandbox
from reconciler.sandbox.server import serve
from reconciler.sandbox.settings import Settings

CONFIG = (
    "version: 1\ndomain: acme\n"
    "phone_numbers:\n  '+12095550100': {pin_dialin: {name_prefix: pin}}\n"
    "rooms:\n" + "".join(f"  room-{n}: {{privacy: private}}\n" for n in range(5))
)
APPLY = f"{sys.executable} -W error -m reconciler apply config.yaml --yes"
SUMMARY = "6 done"
RESCUE = '{"version": 1, "domain": "acme", "managed": [], "assignments": []}'

Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A domain of its own."""
    with serve(Settings(rate_limit_scale=0)) as made:
        yield made


def shell(sandbox: Sandbox, folder: Path, line: str) -> Ran:
    """Run a line of bash; the status of the first command of a pipe is the code."""
    (folder / "config.yaml").write_text(CONFIG)
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=folder,
        env={
            **os.environ,
            "DAILY_API_URL": sandbox.url,
            "DAILY_API_KEY": "sandbox",
            "DAILY_RATE": "1000",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def is_applied(sandbox: Sandbox, folder: Path) -> bool:
    """All is written, and no rescue file is left."""
    store = sandbox.store
    whole = len(store.rooms) == 5 and len(store.dialin_configs) == 1
    return whole and not list(folder.glob("daily-rescue*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirected", "code", "report"),
    [
        pytest.param("> /dev/full", 0, "err", id="stdout-full"),
        pytest.param("2> /dev/full", 0, "out", id="stderr-full"),
        pytest.param("> /dev/full 2>&1", 3, "", id="both-full"),
        pytest.param(">&-", 0, "err", id="stdout-closed"),
        pytest.param("2>&-", 0, "out", id="stderr-closed"),
        pytest.param("<&- >&- 2>&-", 3, "", id="all-closed"),
        pytest.param("<&-", 0, "out", id="stdin-closed"),
        pytest.param("| true", 0, "err", id="no-reader"),
        pytest.param("2>&1 | true", 3, "", id="no-reader-at-all"),
        pytest.param("2>&1 >/dev/null | head -1", 0, "", id="reader-of-stderr-goes"),
        pytest.param("| head -1", 0, "err", id="reader-goes"),
    ],
)
@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_broken_stream_stops_no_write_and_loses_no_report(
    sandbox: Sandbox,
    tmp_path: Path,
    redirected: str,
    code: int,
    report: str,
    format_: str,
) -> None:
    """The other stream gets the report; without any, the code is 3."""
    ran = shell(sandbox, tmp_path, f"{APPLY} --format {format_} {redirected}")

    assert is_applied(sandbox, tmp_path)
    streams = {"out": ran.stdout, "err": ran.stderr}
    text = streams.get(report, "")
    if format_ == "json" and "head" in redirected:
        # It takes a line and goes; what was written to it before is gone.
        assert ran.returncode in (0, 3)
        return
    assert ran.returncode == code, ran.stdout + ran.stderr
    if not report:
        return
    if format_ == "text":
        assert SUMMARY in text
    else:
        document = text[text.index("{\n") :] if report == "err" else text
        assert json.loads(document)["summary"]["done"] == 6
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


READING = [
    *("validate config.yaml", "validate config.yaml --format json"),
    *("plan config.yaml", "plan config.yaml --format json"),
    *("dialin config.yaml", "dialin config.yaml --format html"),
    "check config.yaml --only room:*",
    *("numbers config.yaml", "import", "restore rescue.json --check"),
    *("effective config.yaml room-1", "explain rooms", "schema", "completion bash"),
    *("--help", "--version", "plan --help"),
]
GONE = "cannot write to stdout"


@pytest.mark.slow
@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(
    ("redirected", "code", "reason"),
    [
        pytest.param("> /dev/full", 1, GONE, id="stdout-full"),
        pytest.param(">&-", 1, GONE, id="stdout-closed"),
        # As with `| head`: that the rest is not wanted is no error to report.
        pytest.param("| true", 1, "", id="no-reader"),
        pytest.param("2> /dev/full", 0, "", id="stderr-full"),
        pytest.param("2>&-", 0, "", id="stderr-closed"),
        pytest.param("<&-", 0, "", id="stdin-closed"),
        pytest.param(">&- 2>&-", 1, "", id="both-closed"),
        pytest.param("> /dev/full 2>&1", 1, "", id="both-full"),
        pytest.param("2>&1 | true", 1, "", id="no-reader-at-all"),
    ],
)
def test_a_reading_command_fails_where_stdout_is_gone(
    sandbox: Sandbox,
    tmp_path: Path,
    command: str,
    redirected: str,
    code: int,
    reason: str,
) -> None:
    """Code 1 where stdout did not take it; stderr says why in one line, if it can.

    A stderr that is gone changes neither the result nor the code.
    """
    (tmp_path / "rescue.json").write_text(RESCUE)
    program = f"{sys.executable} -W error -m reconciler"

    ran = shell(sandbox, tmp_path, f"timeout 60 {program} {command} {redirected}")

    assert ran.returncode == code, ran.stdout + ran.stderr
    assert bool(ran.stdout) is (code == 0)
    errors = [line for line in ran.stderr.splitlines() if line.startswith("error")]
    assert len(errors) == bool(reason)
    assert reason in ran.stderr
    for trouble in ("Traceback", "Exception ignored", "mistake"):
        assert trouble not in ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--report", "--markdown", "--metrics"])
@pytest.mark.parametrize("broken", ["no/such/file", ".", "config.yaml/file"])
def test_an_output_that_cannot_be_written_is_refused_before_any_write(
    sandbox: Sandbox, tmp_path: Path, option: str, broken: str
) -> None:
    """An error that names the option; nothing is written, nothing is created."""
    ran = shell(sandbox, tmp_path, f"{APPLY} {option} {broken}")

    assert ran.returncode in (1, 64)
    assert option in ran.stderr
    assert all(request.method == "GET" for request in sandbox.requests)
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--report", "--markdown", "--metrics"])
def test_an_output_that_fails_after_the_writes_makes_3(
    sandbox: Sandbox, tmp_path: Path, option: str
) -> None:
    """A full disk: the report is on stdout, the file is named, the code is 3."""
    ran = shell(sandbox, tmp_path, f"{APPLY} {option} /dev/full")

    assert ran.returncode == 3
    assert is_applied(sandbox, tmp_path)
    assert "cannot write /dev/full: No space left on device" in ran.stderr
    assert SUMMARY in ran.stdout


def document_in(file: Path) -> Any:
    """The JSON document in a file, which another process may still write."""
    end = time.monotonic() + 15
    while True:
        try:
            text = file.read_text()
            return json.JSONDecoder().raw_decode(text[text.index("{\n") :])[0]
        except (OSError, ValueError):
            assert time.monotonic() < end, "the document did not arrive"
            time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "line"),
    [
        pytest.param("/dev/stdout", "> all", id="stdout-file"),
        pytest.param("/dev/stdout", "| cat > all", id="stdout-pipe"),
        pytest.param("-", "> all", id="dash"),
        pytest.param("/dev/fd/5", "5> all", id="descriptor"),
        pytest.param("/dev/fd/5", "5> >(cat > all) >&2; wait", id="substitution"),
        pytest.param("fifo", "& cat fifo > all; wait $!", id="fifo"),
        pytest.param("link", "> /dev/null", id="link"),
    ],
)
def test_what_is_no_regular_file_is_written_into(
    sandbox: Sandbox, tmp_path: Path, option: str, line: str
) -> None:
    """Devices, descriptors, pipes and links stay what they are."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("all")
    before = os.lstat("/dev/stdout")

    ran = shell(sandbox, tmp_path, f"{APPLY} --report {option} {line}")

    assert is_applied(sandbox, tmp_path), ran.stderr
    assert document_in(tmp_path / "all")["summary"]["done"] == 6
    assert os.lstat("/dev/stdout").st_ino == before.st_ino
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "fifo").is_fifo()
