"""A newcomer's path: what docs/quickstart.md says, done to the letter.

The page's own commands run in a real shell, in a fresh folder. Step 1 makes a virtual
environment and installs; `tests/test_wheel.py` does that, so here the program is there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS, run
from reconciler.sandbox.server import Sandbox, serve
from reconciler.sandbox.settings import Settings

PAGE = Path(__file__).parents[2] / "docs/quickstart.md"
FENCE = re.compile(r"^```(sh|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALLING = ("python3 -m venv", ". .venv/bin/activate", "pip install")
MAIN_COMMANDS = ("validate", "plan", "apply", "dialin", "import", "numbers", "explain")
MARK = "@@ "


@dataclass(frozen=True)
class Step:
    """One command of the page and what it printed."""

    command: str
    out: str


def _script() -> str:
    """The page as a shell script, each command announced on stdout."""
    lines = ["set -eu"]
    for language, text in FENCE.findall(PAGE.read_text(encoding="utf-8")):
        if language == "yaml":
            lines.append(f"cat > config.yaml <<'END'\n{text}END")
            continue
        for line in text.splitlines():
            if not line.startswith(INSTALLING):
                lines += [f"echo; echo '{MARK}{line}'", line.replace("...", "sandbox")]
    lines += [f"echo; echo '{MARK}cat sheet.html'", "cat sheet.html"]
    return "\n".join(lines)


def quickstart_config() -> str:
    """The config that the page has its readers save."""
    return next(
        text
        for language, text in FENCE.findall(PAGE.read_text(encoding="utf-8"))
        if language == "yaml"
    )


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    """A domain that has been in use: rooms, dial-in, an assignment with an hmac."""
    with serve(Settings(rate_limit_scale=0)) as sandbox:
        exp = int(time.time()) + 170 * 86_400
        dialin = {"display_name": "Caller"}
        sandbox.store.add_room("support-line", {"exp": exp, "dialin": dialin})
        yield sandbox


@pytest.fixture(scope="module")
def steps(
    account: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Step]:
    """The page, followed from top to bottom."""
    if not shutil.which("bash"):
        pytest.skip("bash is not installed")
    folder = tmp_path_factory.mktemp("newcomer")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "DAILY_API_URL": account.url,
    }
    done = subprocess.run(
        ["bash", "-c", _script()],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    parts = done.stdout.split(MARK)[1:]
    made = [Step(*part.split("\n", 1)) for part in parts]
    return {step.command: step for step in made}


def _one(steps: dict[str, Step], start: str) -> str:
    """What the first command that begins so printed."""
    return next(s.out for c, s in steps.items() if c.startswith(start))


@pytest.mark.slow
def test_the_sandbox_part_tells_its_story(steps: dict[str, Step]) -> None:
    """Checked, planned, applied, in sync, and callers have a number and a PIN."""
    assert "config.yaml is valid" in _one(steps, "daily-reconciler validate config")
    plan = _one(steps, "daily-reconciler plan config.yaml --sandbox")
    assert "Plan: 3 to create" in plan
    applied = _one(steps, "daily-reconciler apply config.yaml --sandbox")
    assert "Apply: 3 done" in applied
    dialin = _one(steps, "daily-reconciler dialin config.yaml --sandbox")
    (call,) = re.findall(r"\+12095550100,,\d{11}", dialin)
    assert f"tel:{call}" in _one(steps, "cat sheet.html")


@pytest.mark.slow
def test_the_account_part_begins_in_sync(
    steps: dict[str, Step], account: Sandbox
) -> None:
    """What was imported is valid and plans to nothing, and nothing was written."""
    assert "is valid" in _one(steps, "daily-reconciler validate live.yaml")
    plan = _one(steps, "daily-reconciler plan live.yaml --detailed-exitcode")
    assert "Plan: nothing to do" in plan
    assert "support-line" in _one(steps, "daily-reconciler dialin live.yaml")
    assert {request.method for request in account.requests} == {"GET"}


@pytest.mark.slow
def test_the_page_uses_only_what_there_is(steps: dict[str, Step]) -> None:
    """Each call names a command that exists, and the main ones are all shown."""
    called = {c.split()[1] for c in steps if c.startswith("daily-reconciler")}

    assert called <= set(COMMANDS)
    assert called >= set(MAIN_COMMANDS)


MISTAKES = [
    ("max_participants:", "max_participant:", "unknown-property", "did you mean"),
    ("max_participants: 25", 'max_participants: "25"', "wrong-type", "remove the quot"),
    ("lang: de}", "lang: german}", "not-allowed", "one of"),
    ("privacy: public", "privacy: open", "not-allowed", "one of"),
    ("after: 180d", "after: 400d", "expiry-too-far", "364d"),
    ("renew_before: 60d", "renew_before: 200d", "renew-before-after", "shorter"),
    ("acme    ", "acme.daily.co", "wrong-format", "acme"),
    ("  lobby:", "  weekly-standup:", "duplicate-key", "first"),
    ("    privacy: public", "\tprivacy: public", "yaml-syntax", "spaces"),
    ('["+12095550100"]', '["2095550100"]', "number-not-e164", "E.164"),
    ('["+12095550100"]', '"+12095550100"', "wrong-type", "list"),
    ("Welcome to Acme. Please enter your PIN.", '"${X:-y}"', "bad-variable", "default"),
    ("max_participants: 25", "expires: {}", "unknown-property", "beside 'properties'"),
]


@pytest.mark.parametrize(
    ("right", "wrong", "ident", "hint"), MISTAKES, ids=[m[1].strip() for m in MISTAKES]
)
def test_each_mistake_is_found_where_it_is(
    right: str,
    wrong: str,
    ident: str,
    hint: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A broken quickstart gives one finding, at its line, with a way out."""
    text = quickstart_config()
    assert right in text
    broken = text.replace(right, wrong, 1)
    file = tmp_path / "config.yaml"
    file.write_text(broken, encoding="utf-8")

    code = run(["validate", str(file), "--format", "json"])

    findings = json.loads(capsys.readouterr().out)["findings"]
    assert code == 1
    (finding,) = [f for f in findings if f["severity"] == "error"]
    assert finding["id"] == ident
    assert wrong in broken.splitlines()[finding["line"] - 1]
    assert hint in f"{finding['message']} {finding['hint']}"


def test_a_room_with_a_pin_and_no_end_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Leaving `expires` out is found, and the line to add is given."""
    lines = quickstart_config().splitlines(keepends=True)
    file = tmp_path / "config.yaml"
    file.write_text("".join(line for line in lines if "expires:" not in line))

    assert run(["validate", str(file)]) == 1

    out = capsys.readouterr().out
    assert "[pin-without-expiry]" in out
    assert "expires: {after:" in out
