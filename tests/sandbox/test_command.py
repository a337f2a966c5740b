"""The `sandbox` command, as a process of its own."""

import signal
import subprocess
import sys

import httpx
import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli

RUN = [
    sys.executable,
    "-W",
    "error",
    "-c",
    "from reconciler.cli.commands.sandbox import sandbox; sandbox()",
]


@pytest.fixture
def run():
    """Start the command; gives the process and the two lines it printed."""
    processes = []

    def run_one(*options):
        process = subprocess.Popen(
            [*RUN, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        lines = [process.stdout.readline().rstrip("\n") for _ in range(2)]
        return process, dict(line.split("=", 1) for line in lines)

    yield run_one
    for process in processes:
        process.kill()
        process.communicate()


def _invoke(*options):
    """Run the command in this process, by way of the group, as everybody does."""
    return CliRunner().invoke(cli, ["sandbox", *options])


def _get(lines, path):
    key = {"Authorization": f"Bearer {lines['DAILY_API_KEY']}"}
    return httpx.get(lines["DAILY_API_URL"] + path, headers=key, trust_env=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_life(run, number):
    """It says where it is, serves a seeded domain, and ends cleanly when told to."""
    process, lines = run("--log", "--domain", "example")

    domain = _get(lines, "/").json()
    rooms = _get(lines, "/rooms?limit=2").json()
    process.send_signal(number)
    rest, log = process.communicate(timeout=10)

    assert list(lines) == ["DAILY_API_URL", "DAILY_API_KEY"]
    assert domain["domain_name"] == "example"
    assert rooms["total_count"] == 3
    assert process.returncode == 0
    assert rest == ""
    assert log == "GET / 200\nGET /rooms 200\n"


def test_options_reach_the_sandbox(run, tmp_path):
    """Numbers, state, seed, assumptions, faults and the clock are settable."""
    path = tmp_path / "state.json"
    _, lines = run(
        *("--no-seed", "--state", str(path), "--assume", "lists=absent"),
        *("--number", "+12095550142", "--clock-offset", "-36500d"),
        *("--fault", "500:GET:/rooms", "--rate-limit-scale", "0"),
        *("--present", "lobby=2", "--present", "hall=1"),
    )

    assert "pin_dialin" not in _get(lines, "/").json()["config"]
    numbers = _get(lines, "/purchased-phone-numbers").json()["data"]
    assert [one["number"] for one in numbers] == ["+12095550142"]
    assert [_get(lines, "/rooms").status_code for _ in range(2)] == [500, 200]
    assert " 19" in _get(lines, "/").headers["Date"]
    there = _get(lines, "/presence").json()
    assert {room: len(who) for room, who in there.items()} == {"lobby": 2, "hall": 1}
    assert path.exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--assume", "echo=loud"],
        ["--assume", "echo"],
        ["--fault", "explode"],
        ["--clock-offset", "soon"],
        ["--clock-offset", "12"],
        ["--number", "12095550100"],
        ["--domain", "not a domain"],
        ["--rate-limit-scale", "-1"],
        ["--rate-limit-scale", "nan"],
        ["--latency-ms", "-5"],
        ["--present", "lobby"],
        ["--present", "lobby=1001"],
        ["--port", "70000"],
        ["stray"],
    ],
)
def test_wrong_usage(options):
    """A value that makes no sense is a usage error, and nothing is served."""
    result = _invoke(*options)

    assert result.exit_code == 2
    assert "Usage:" in result.output
    assert "DAILY_API_URL" not in result.output


def test_foreign_state_file(tmp_path):
    """A state file of something else is an error without a traceback."""
    path = tmp_path / "notes.json"
    path.write_text('{"notes": []}')

    result = _invoke("--state", str(path))

    assert result.exit_code == 1
    assert "not a state file" in result.output
    assert path.read_text() == '{"notes": []}'


def test_folder_that_does_not_exist(tmp_path):
    """A state file that cannot be written is an error without a traceback."""
    result = _invoke("--state", str(tmp_path / "no" / "s.json"))

    assert result.exit_code == 1
    assert "cannot start" in result.output
