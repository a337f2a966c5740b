"""A repository with a pull request, and a machine that runs the action in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from kit import NUMBERS
from ready_made.runner import Runner

from reconciler.sandbox.server import Sandbox, serve
from reconciler.sandbox.settings import Assume, Settings

HEAD = "version: 1\ndomain: acme\n"
BEFORE = HEAD + "rooms:\n  lobby: {privacy: public}\n"
AFTER = BEFORE + "  attic: {privacy: private}\n"

_NEEDED = ("bash", "git", "jq", "openssl")


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Runs git in the repository of the config."""
    repository = tmp_path / "repository"
    repository.mkdir()
    who = {"NAME": "Someone", "EMAIL": "someone@example.com"}
    env = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{role}_{k}": v
            for role in ("AUTHOR", "COMMITTER")
            for k, v in who.items()
        },
    }

    def run(*args: str) -> str:
        ran = subprocess.run(
            ["git", "-C", str(repository), *args],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.strip()

    run("init", "--quiet", "--initial-branch=main")
    return run


@pytest.fixture
def make_runner(
    tmp_path: Path, git: Callable[..., str]
) -> Iterator[Callable[..., Runner]]:
    """A runner whose checkout is the merge of a pull request from BEFORE to AFTER."""
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"the action needs {', '.join(missing)}")
    with ExitStack() as stack:

        def make(
            *,
            before: str = BEFORE,
            after: str = AFTER,
            more: Mapping[str, str] | None = None,
            depth: int = 2,
            **settings: Any,
        ) -> tuple[Runner, Sandbox]:
            settings.setdefault("assume", Assume())
            made = Settings(numbers=NUMBERS, rate_limit_scale=0, **settings)
            sandbox = stack.enter_context(serve(made, seed=False))
            _history(tmp_path / "repository", git, before, after, more or {})
            checkout = tmp_path / "checkout"
            git(
                "clone",
                "--quiet",
                f"--depth={depth}",
                f"file://{tmp_path}/repository",
                str(checkout),
            )
            env = {
                "DAILY_API_URL": sandbox.url,
                "DAILY_API_KEY": sandbox.settings.key,
                "DAILY_RATE": "1000",
            }
            runner = Runner(tmp_path, checkout, env, _event(git), "pull_request")
            runner.ready()
            return runner, sandbox

        yield make


def _history(
    repository: Path,
    git: Callable[..., str],
    before: str,
    after: str,
    more: Mapping[str, str],
) -> None:
    """Main with one config, a topic with another, and their merge checked out."""
    config = repository / "config.yaml"
    config.write_text(before)
    git("add", ".")
    git("commit", "--quiet", "-m", "before")
    git("checkout", "--quiet", "-b", "topic")
    config.write_text(after)
    for name, text in more.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    git("add", ".")
    git("commit", "--quiet", "-m", "after")
    git("checkout", "--quiet", "main")
    git("commit", "--quiet", "--allow-empty", "-m", "meanwhile")
    git("checkout", "--quiet", "-b", "merge")
    git("merge", "--quiet", "--no-ff", "-m", "merge", "topic")


def _event(git: Callable[..., str]) -> dict[str, Any]:
    """The part of the event that the action reads."""
    head = {
        "sha": git("rev-parse", "topic"),
        "repo": {"full_name": "acme/daily-config"},
    }
    return {"pull_request": {"number": 7, "head": head}}
