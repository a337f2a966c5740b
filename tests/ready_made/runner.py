"""Runs this repository's composite action as a runner would, with a `gh` of our own.

The steps of `action.yml` run for real, in bash, in order; `${{ }}` is evaluated here.
What `gh` would have sent to GitHub is kept in a folder and can be looked at.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))

_TERM = re.compile(
    r"'[^']*'|!cancelled\(\)|always\(\)|&&|\|\||[a-z]+(?:\.[a-z0-9_-]+)+"
)


def evaluate(expression: str, contexts: Mapping[str, Any]) -> Any:
    """The few GitHub expressions that the action uses."""

    def term(match: re.Match[str]) -> str:
        text = match[0]
        fixed = {"&&": " and ", "||": " or ", "always()": "True"}
        fixed["!cancelled()"] = repr(not contexts.get("cancelled"))
        if text in fixed or text.startswith("'"):
            return fixed.get(text, text)
        found: Any = contexts
        for step in text.split("."):
            found = found.get(step, "") if isinstance(found, Mapping) else ""
        return repr(found)

    return eval(_TERM.sub(term, expression))


def filled(text: str, contexts: Mapping[str, Any]) -> str:
    """A text with its `${{ }}` replaced."""
    return re.sub(
        r"\$\{\{\s*(.*?)\s*\}\}", lambda m: str(evaluate(m[1], contexts)), text
    )


@dataclass
class Run:
    """What one use of the action left behind."""

    failed: bool
    log: str
    summary: str
    outputs: dict[str, str]
    codes: dict[str, int]
    cancelled: bool = False

    @property
    def commands(self) -> list[str]:
        """The log lines that the runner would obey."""
        heard, token = [], None
        for line in self.log.splitlines():
            if token is not None:
                token = None if line == f"::{token}::" else token
            elif line.startswith("::stop-commands::"):
                token = line.removeprefix("::stop-commands::")
            elif line.lstrip().startswith("::"):
                heard.append(line)
        return heard


@dataclass
class Runner:
    """One machine with one checkout. `env` is what the workflow gives the step."""

    folder: Path
    checkout: Path
    env: dict[str, str]
    event: dict[str, Any] = field(default_factory=dict)
    event_name: str = "push"
    # What a cancelled job sends, without the seconds between.
    cancellation: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM)

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    @property
    def hub(self) -> Path:
        """Where the other side of `gh` keeps its things."""
        return self.folder / "hub"

    def ready(self) -> None:
        """The tool is installed already, `python3` is there, and `gh` is `gh.py`."""
        made = self.temp / "daily-reconciler" / "venv" / "bin"
        made.mkdir(parents=True)
        self._program(made / "python", sys.executable)
        (self.temp / "daily-reconciler" / "installed").write_text(str(ROOT))
        self.hub.mkdir()
        path = self.folder / "bin"
        path.mkdir()
        own_gh = Path(__file__).with_name("gh.py")
        self._program(path / "gh", f"{sys.executable} -I {own_gh}")
        self._program(path / "python3", sys.executable)

    def _program(self, file: Path, command: str) -> None:
        file.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        file.chmod(0o755)

    def surroundings(self) -> dict[str, str]:
        """The environment of every step."""
        event = self.folder / "event.json"
        event.write_text(json.dumps(self.event))
        return {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "LANG": "C.UTF-8",
            "RUNNER_TEMP": str(self.temp),
            "FAKE_HUB": str(self.hub),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_NAME": self.event_name,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "acme/daily-config",
            "GITHUB_SERVER_URL": "https://git.example.com",
            "GITHUB_RUN_ID": "77",
            "GITHUB_ACTOR": "someone",
            "GITHUB_BASE_REF": "main",
            "GITHUB_SHA": self.git("rev-parse", "HEAD"),
            **self.env,
        }

    def git(self, *args: str) -> str:
        """What git says in the checkout."""
        ran = subprocess.run(
            ["git", "-C", str(self.checkout), *args],
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.strip()

    def use(self, cancel: Callable[[], bool] | None = None, **inputs: str) -> Run:
        """Use the action with these inputs (`plan_file` for `plan-file`).

        The job is cancelled as soon as `cancel` says so.
        """
        given = {
            name: str(i.get("default", "")) for name, i in ACTION["inputs"].items()
        }
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        steps: dict[str, Any] = {}
        contexts: dict[str, Any] = {
            "inputs": given,
            "steps": steps,
            "github": {"token": "gh-token"},
            "runner": {"temp": str(self.temp)},
        }
        given = {name: filled(value, contexts) for name, value in given.items()}
        contexts["inputs"] = given
        run = Run(failed=False, log="", summary="", outputs={}, codes={})
        for step in ACTION["runs"]["steps"]:
            condition = str(step.get("if", ""))
            contexts["cancelled"] = run.cancelled
            if run.cancelled and "always()" not in condition:
                continue
            if run.failed and not re.search(r"!cancelled\(\)|always\(\)", condition):
                continue
            if condition and not evaluate(condition, contexts):
                continue
            if "uses" in step:
                self._upload(step, contexts)
                continue
            self._step(step, contexts, run, cancel)
            steps[step.get("id", step["name"])] = {"outputs": self._outputs()}
        run.outputs = {
            name: filled(output["value"], contexts)
            for name, output in ACTION["outputs"].items()
        }
        return run

    def _outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text("utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def _upload(self, step: Mapping[str, Any], contexts: Any) -> None:
        """What actions/upload-artifact does; a name is taken once in a run."""
        assert step["uses"].startswith("actions/upload-artifact@")
        artifact = self.hub / f"artifact-77-{filled(step['with']['name'], contexts)}"
        artifact.mkdir()
        paths = list(Path("/").glob(filled(step["with"]["path"], contexts).lstrip("/")))
        assert paths or step["with"]["if-no-files-found"] != "error"
        for path in paths:
            (artifact / path.parent.name).mkdir(exist_ok=True)
            shutil.copy2(path, artifact / path.parent.name)

    def _step(
        self,
        step: Mapping[str, Any],
        contexts: Any,
        run: Run,
        cancel: Callable[[], bool] | None,
    ) -> None:
        given = step.get("env", {})
        env = {name: filled(text, contexts) for name, text in given.items()}
        if cancel is None:
            ran = self.shell(step["run"], **env)
        else:
            ran, run.cancelled = self._cancelled(step["run"], env, cancel)
        run.codes[step["name"]] = ran.returncode
        run.log += ran.stdout
        run.summary += (self.folder / "summary").read_text("utf-8")
        run.failed = run.failed or ran.returncode != 0

    def shell(self, script: str, **env: str) -> subprocess.CompletedProcess[str]:
        """A script as `shell: bash` runs it: both streams in one log."""
        return subprocess.run(
            **self._process(script, env), check=False, timeout=60, text=True
        )

    def _process(self, script: str, env: Mapping[str, str]) -> dict[str, Any]:
        files = {name: self.folder / name.lower() for name in ("OUTPUT", "SUMMARY")}
        for file in files.values():
            file.write_text("")
        written = self.folder / "step.sh"
        written.write_text(script)
        return {
            "args": ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(written)],
            "cwd": self.checkout,
            "env": {
                **self.surroundings(),
                "GITHUB_OUTPUT": str(files["OUTPUT"]),
                "GITHUB_STEP_SUMMARY": str(files["SUMMARY"]),
                **env,
            },
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
        }

    def _cancelled(
        self, script: str, env: Mapping[str, str], cancel: Callable[[], bool]
    ) -> tuple[subprocess.CompletedProcess[str], bool]:
        """A step of a job that is cancelled, by the signals that the runner sends.

        Only the process that the runner started gets them. After 7.5 and 10 seconds it
        would get SIGTERM and SIGKILL; here SIGTERM comes right after SIGINT.
        """
        process = subprocess.Popen(
            **self._process(script, env),
            text=True,
            start_new_session=True,
            # Tests may run in the background of a script, where SIGINT is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        sent = False
        while not sent and process.poll() is None:
            if cancel():
                for number in self.cancellation:
                    process.send_signal(number)
                    time.sleep(0.05)
                sent = True
            time.sleep(0.005)
        try:
            log, _ = process.communicate(timeout=30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        code = process.returncode
        return subprocess.CompletedProcess(script, code, log), sent

    def calls(self) -> list[str]:
        """What `gh` was asked, one line each."""
        log = self.hub / "calls"
        return log.read_text("utf-8").splitlines() if log.exists() else []

    def comments(self) -> list[dict[str, Any]]:
        """The comments on the pull request."""
        kept = self.hub / "comments.json"
        return json.loads(kept.read_text("utf-8")) if kept.exists() else []

    def put_comments(self, *comments: Mapping[str, Any]) -> None:
        """Let these comments be there already."""
        (self.hub / "comments.json").write_text(json.dumps(list(comments)))
