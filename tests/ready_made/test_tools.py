"""What is shipped, held to its own tools: published schemas, linters, pre-commit.

Part of `make test-full`, since the tools are large and two tests install packages.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ready_made.reading import EXAMPLES, WORKFLOWS
from ready_made.runner import ROOT

pytestmark = pytest.mark.full

BIN = Path(sys.executable).parent


def _ran(
    *command: str | Path, cwd: Path = ROOT, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )


def _passes(*command: str | Path, cwd: Path = ROOT, **env: str) -> str:
    ran = _ran(*command, cwd=cwd, **env)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A repository with the files of this one as they are now, in one commit."""
    made = tmp_path / "source"
    listing = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in _passes(*listing).split("\0"):
        if name and (ROOT / name).is_file():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, made / name)
    _repository(made)
    return made


def _repository(folder: Path) -> None:
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com")
    _passes("git", "init", "--quiet", cwd=folder)
    _passes("git", "add", "--all", cwd=folder)
    _passes("git", *who, "commit", "--quiet", "-m", "now", cwd=folder)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-actions", [ROOT / "action.yml"]),
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.gitlab-ci", [EXAMPLES / "gitlab/.gitlab-ci.yml"]),
    ],
    ids=["action", "workflows", "gitlab"],
)
def test_published_schemas_are_met(schema: str, files: list[Path]) -> None:
    """GitHub's and GitLab's schemas accept what we ship for them."""
    transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    _passes("check-jsonschema", "--builtin-schema", schema, *transform, *files)


def test_zizmor_finds_nothing_in_the_action_and_the_workflows() -> None:
    """No template injection, no loose pins, no excessive permissions."""
    paths = (ROOT / "action.yml", *WORKFLOWS)
    assert "No findings" in _passes("zizmor", "--offline", "--no-progress", *paths)


def test_shell_scripts_pass_shellcheck() -> None:
    """The action's scripts, with what they read."""
    _passes("shellcheck", "-x", *sorted((ROOT / "action").glob("*.sh")))


def test_the_dockerfile_passes_hadolint() -> None:
    """With the one exception that it explains."""
    assert _passes("hadolint", ROOT / "Dockerfile") == ""


def test_the_image_is_built_from_what_it_copies(tmp_path: Path) -> None:
    """The build stage runs, here without Docker, on the files that it copies."""
    stage = (ROOT / "Dockerfile").read_text("utf-8").partition(" AS runtime")[0]
    context = tmp_path / "context"
    context.mkdir()
    for line in re.findall(r"^COPY (.*)$", stage, re.MULTILINE):
        *names, target = line.split()
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, context / target)
            else:
                (context / target).mkdir(exist_ok=True)
                shutil.copy2(ROOT / name, context / target)
    (script,) = re.findall(r"^RUN ((?:.*\\\n)*.*)$", stage, re.MULTILINE)
    made = tmp_path / "opt"
    made.mkdir()

    _passes("bash", "-c", script.replace("/opt", str(made)), cwd=context)

    tool = made / "daily-reconciler/bin/daily-reconciler"
    assert "version" in _passes(tool, "--version", cwd=tmp_path)
    _passes(tool, "validate", ROOT / "config.example.yaml", cwd=tmp_path)


def test_kubernetes_accepts_the_cronjob() -> None:
    """Kubernetes' own schemas, unknown fields refused, old and new."""
    manifest = EXAMPLES / "kubernetes/cronjob.yaml"
    for version in ("1.25", "1.33"):
        _passes("kubernetes-validate", "--strict", "-k", version, manifest)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """Nothing is unknown or misspelled, and the service is well confined."""
    for unit in EXAMPLES.glob("systemd/*"):
        text = unit.read_text("utf-8")
        tool = "/opt/daily-reconciler/bin/daily-reconciler"
        (tmp_path / unit.name).write_text(text.replace(tool, "/bin/true"))
    units = sorted(tmp_path.iterdir())
    assert _passes("systemd-analyze", "verify", "--man=no", *units) == ""
    service = next(unit for unit in units if unit.suffix == ".service")
    _passes("systemd-analyze", "security", "--offline=yes", "--threshold=20", service)


def test_pre_commit_stops_a_commit_with_an_invalid_config(
    source: Path, tmp_path: Path
) -> None:
    """The hook installs from a clone, passes a good file and points at a bad line."""
    work = tmp_path / "work"
    work.mkdir()
    config = work / "config.yaml"
    config.write_text("version: 1\ndomain: acme\nrooms: {lobby: {privacy: public}}\n")
    _repository(work)
    env = {"PRE_COMMIT_HOME": str(tmp_path / "pre-commit")}
    tried = (
        "pre-commit",
        "try-repo",
        source,
        "daily-reconciler-validate",
        "--all-files",
    )

    assert "Passed" in _passes(*tried, cwd=work, **env)
    config.write_text("version: 1\ndomain: acme\nrooms: {lobby: {privacy: secret}}\n")
    bad = _ran(*tried, cwd=work, **env)

    assert bad.returncode == 1
    assert "config.yaml:3:" in bad.stdout


def test_pre_commit_accepts_hook_and_example() -> None:
    """Its own validators read both files."""
    _passes("pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml")
    example = EXAMPLES / "pre-commit/.pre-commit-config.yaml"
    _passes("pre-commit", "validate-config", example)


def test_the_action_installs_itself_once(source: Path, tmp_path: Path) -> None:
    """Its first step makes a working tool of its own checkout, the second time none."""
    env = {"RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(source)}
    install = source / "action/install.sh"
    tool = tmp_path / "daily-reconciler/venv/bin/daily-reconciler"

    _passes(install, INPUT_INSTALL="", **env)
    made = tool.stat().st_mtime_ns
    _passes(install, INPUT_INSTALL="", **env)

    assert tool.stat().st_mtime_ns == made
    assert "version" in _passes(tool, "--version")
