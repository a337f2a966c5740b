"""Development and CI install what is pinned by hash, from whatever index is set."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PINNED = re.compile(
    r"([a-z0-9-]+)==([^ ;\\]+)(?: ;[^\\]*)? \\\n"
    r"((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
)
LOCKS = {
    "dev": ("dev", "report"),
    "full": ("dev", "report", "full"),
    "run": (),
    "build": (),
}


def _locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert PINNED.sub("", text) == "", "something else than a pin with hashes"
    return {match[1]: match[2] for match in PINNED.finditer(text)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_by_hash(name: str) -> None:
    """A lock holds pins with hashes and nothing else: no option, no address."""
    assert len(_locked(name)) >= 5


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_what_the_project_asks_for(name: str) -> None:
    """Each requirement of pyproject.toml is pinned at a version that it allows."""
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    asked = project["project"]["dependencies"] if name != "build" else []
    asked += project["build-system"]["requires"] if name != "run" else []
    asked += [line for extra in LOCKS[name] for line in extras[extra]]
    locked = _locked(name)

    for wanted in map(Requirement, asked):
        if wanted.name == "daily-reconciler":
            continue
        version = locked.get(_plain(wanted.name))
        assert version, f"make lock: {wanted.name} is missing"
        assert wanted.specifier.contains(version, prereleases=True), wanted


@pytest.mark.parametrize("name", ["dev", "run", "build"])
def test_locks_agree(name: str) -> None:
    """Every lock is a part of the full one: what is tested is what is installed."""
    part, full = _locked(name), _locked("full")

    assert {package: full[package] for package in part} == part


def test_the_run_time_lock_has_nothing_else() -> None:
    """It holds the core dependencies and what these need: no tool, no extra."""
    from importlib.metadata import requires

    from packaging.markers import default_environment
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    environment = {**default_environment(), "extra": ""}
    needed: set[str] = set()
    asked = list(project["project"]["dependencies"])
    while asked:
        wanted = Requirement(asked.pop())
        name = _plain(wanted.name)
        if name in needed or (
            wanted.marker and not wanted.marker.evaluate(environment)
        ):
            continue
        needed.add(name)
        asked += requires(wanted.name) or ()

    # Kept by markers for other systems and for older versions of Python.
    others = {"colorama", "typing-extensions"}
    assert needed - others <= set(_locked("run")) <= needed | others


@pytest.mark.parametrize(
    "name",
    ["action/install.sh", "Dockerfile", "examples/systemd/daily-reconciler@.service"],
)
def test_what_is_shipped_installs_by_hash(name: str) -> None:
    """Nothing comes from an index but wheels with the pinned hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    commands = re.sub(r"\\\n#?\s*", " ", text)
    installs = re.findall(
        r"(?:^|pip |#\s+)(?:install|wheel) ((?:-|\"?\$).*?)(?: &&|$)", commands, re.M
    )
    # Not `install -d`, `install -m`, nor the function that the calls go through.
    installs = [line for line in installs if not re.match(r"-[md] |.*\"\$@\"", line)]
    hashed = [line for line in installs if "--require-hashes" in line]
    assert len(hashed) >= 1
    locks = " ".join(hashed)
    assert "requirements/run.txt" in locks
    assert "requirements/build.txt" in locks
    for line in installs:
        if line in hashed:
            assert "--only-binary :all:" in line
        else:
            assert "--no-deps" in line
            assert "--no-index" in line or "--no-build-isolation" in line


def test_make_installs_by_hash() -> None:
    """The one way in which make installs packages asks for their hashes."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert "LOCK := 1" in makefile
    assert "--require-hashes -r requirements/$(1).txt" in makefile
    assert "$(call INSTALL,dev," in makefile
    assert "$(call INSTALL,full," in makefile


def test_no_file_names_a_package_index() -> None:
    """Packages come from the index that the user has set, so none is written down."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    hosts = ("pypi" + ".org", "python" + "hosted", "registry." + "npmjs")
    found = []
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [(name, host) for host in hosts if host in text]

    assert found == []


def _verdict(found: list[dict[str, Any]]) -> tuple[str, int]:
    path = ROOT / "requirements" / "audit.py"
    spec = importlib.util.spec_from_file_location("audit", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    result: tuple[str, int] = module.verdict(found)
    return result


_FLAW = {"id": "CVE-2026-1", "fix_versions": ["2.0"]}


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        pytest.param([], 2, "NOT audited", id="nothing"),
        pytest.param(
            [{"name": "a", "version": "1", "vulns": []}], 0, "1 packages", id="clean"
        ),
        pytest.param(
            [{"name": "a", "version": "1", "vulns": [_FLAW]}],
            1,
            "a 1: CVE-2026-1, fixed in 2.0",
            id="vulnerable",
        ),
        pytest.param(
            [{"name": "a", "skip_reason": "no answer"}],
            2,
            "NOT audited: 1 of 1",
            id="nobody-asked",
        ),
        pytest.param(
            [
                {"name": "a", "skip_reason": "no answer"},
                {"name": "b", "version": "1", "vulns": [_FLAW]},
            ],
            1,
            "NOT audited: 1 of 2",
            id="some-vulnerable",
        ),
    ],
)
def test_an_audit_that_did_not_happen_is_not_a_good_one(
    found: list[dict[str, Any]], code: int, said: str
) -> None:
    """`make audit` ends well only when every package was asked about."""
    verdict = _verdict(found)

    assert verdict[1] == code
    assert said in verdict[0]
