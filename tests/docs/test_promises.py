"""What docs/security.md promises, held against the program."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from kit import World

from reconciler.cli.main import COMMANDS, cli, run

PAGE = Path(__file__).parents[2] / "docs/security.md"
KEY = "k3y-that-nobody-may-see"
HMAC = "bm9ib2R5LW1heS1zZWUtdGhpcy1obWFj"
LEDGER_KEY = "l3dger-key-that-nobody-may-see"
CONFIG = """\
ledger: dialin.ledger
phone_numbers:
  "+12095550101":
    pinless_dialin:
      name_prefix: support
      room_creation_api: https://example.com/in?token=topsecret
      hmac: ${SUPPORT_HMAC}
rooms:
  standup:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Caller}}
"""


@pytest.fixture
def used(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> tuple[World, str]:
    """A world in which everything ran that writes, and all that was printed."""
    monkeypatch.setenv("SUPPORT_HMAC", HMAC)
    monkeypatch.setenv("DAILY_LEDGER_KEY", LEDGER_KEY)
    world = make_world(key=KEY)
    world.write(CONFIG)
    calls = [
        ["validate", "config.yaml"],
        ["effective", "config.yaml", "+12095550101"],
        ["plan", "config.yaml", "-v", "--out", "plan.json"],
        ["plan", "config.yaml", "--markdown", "plan.md", "--html", "plan.html"],
        ["plan", "config.yaml", "--format", "json"],
        [
            *("apply", "config.yaml", "--yes", "-v", "--report", "report.json"),
            *("--lock-file", "held.lock", "--metrics", "run.prom"),
        ],
        ["import", "-v", "--out", "live.yaml", "--secrets-out", "secrets.env"],
        ["plan", "live.yaml", "--log-format", "json", "-v"],
        ["dialin", "config.yaml", "--update-ledger", "-v"],
        ["dialin", "config.yaml", "--update-ledger", "--format", "json"],
        ["plan", "config.yaml", "-v"],
    ]
    printed = ""
    for call in calls:
        ran = world.run(*call)
        assert ran.code in (0, 1 if call[1] == "live.yaml" else 0), ran.err
        printed += ran.out + ran.err
    return world, printed


def _mode(world: World, name: str) -> str:
    return f"{stat.S_IMODE((world.folder / name).stat().st_mode):04o}"


def test_the_key_is_never_shown_or_written(used: tuple[World, str]) -> None:
    """Neither that of Daily nor that of the ledger is in any output, log or file."""
    world, printed = used

    for key in (KEY, LEDGER_KEY):
        assert key not in printed
        for file in world.folder.iterdir():
            assert key not in file.read_text(encoding="utf-8"), file.name


def test_secrets_are_in_the_secrets_file_alone(used: tuple[World, str]) -> None:
    """An hmac and the query of an address go to --secrets-out and nowhere else."""
    world, printed = used

    assert HMAC not in printed
    assert "topsecret" not in printed
    holding = {
        file.name
        for file in world.folder.iterdir()
        if re.search(f"{HMAC}|topsecret", file.read_text(encoding="utf-8"))
    }
    assert holding <= {"secrets.env", "config.yaml"}


def test_pins_are_shown_by_dialin_alone(used: tuple[World, str]) -> None:
    """The PIN is in the output of `dialin`, and in nothing else."""
    world, printed = used
    pin = world.sandbox.store.rooms["standup"].dialin_code

    assert pin
    assert pin in world.run("dialin", "config.yaml").out
    assert pin not in printed
    for file in world.folder.iterdir():
        assert pin not in file.read_text(encoding="utf-8"), file.name


def test_files_have_the_modes_that_the_page_says(used: tuple[World, str]) -> None:
    """The table of files names the mode of each."""
    world, _ = used
    world.run("dialin", "config.yaml", "--format", "html", "--out", "sheet.html")
    said = dict(re.findall(r"^\| (.+?) \| (0\d+) \|", PAGE.read_text(), re.MULTILINE))
    files = {
        "`plan --out`, `--markdown`, `--html`": ("plan.json", "plan.md", "plan.html"),
        "`apply --report`, `--markdown`": ("report.json",),
        "`import --secrets-out`": ("secrets.env",),
        "`dialin --out`": ("sheet.html",),
        "`import --out`": ("live.yaml",),
        "`--metrics`": ("run.prom",),
        "`ledger:`": ("dialin.ledger",),
        "lock file": ("held.lock",),
    }

    for row, names in files.items():
        assert {_mode(world, name) for name in names} == {said[row]}, row


def test_a_log_line_has_method_path_status_and_time(used: tuple[World, str]) -> None:
    """With -v a request is one line, without headers and bodies."""
    world, _ = used
    lines = world.run("plan", "config.yaml", "-v").err.splitlines()

    assert lines
    for line in lines:
        assert re.fullmatch(r"GET /v1[\w/.-]* -> \d{3} in \d+ ms", line), line


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_takes_a_key(name: str) -> None:
    """The only option about a key names a file."""
    command = cli.get_command(click.Context(cli), name)
    assert command

    options = {option for param in command.params for option in param.opts}

    assert {o for o in options if "key" in o or "token" in o} <= {"--api-key-file"}


@pytest.mark.parametrize("address", ["http://daily.example.com/v1", "ftp://127.0.0.1"])
def test_a_key_is_sent_encrypted_or_stays_here(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Plain http to another machine is refused before anything is sent."""
    monkeypatch.setenv("DAILY_API_URL", address)
    monkeypatch.setenv("DAILY_API_KEY", KEY)
    config = tmp_path / "config.yaml"
    config.write_text("version: 1\ndomain: acme\nrooms: {lobby: {privacy: public}}\n")

    code = run(["plan", str(config)])

    captured = capsys.readouterr()
    assert code == 1
    assert "refused to send" in captured.err or "not an http(s)" in captured.err
    assert KEY not in captured.out + captured.err
