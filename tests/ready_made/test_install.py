"""The action's first step: what it installs, from where, and what it can see.

Packages come from a folder of wheels that the tests make, so that no network is needed.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from ready_made.runner import ACTION, ROOT

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
SECRETS = {
    "DAILY_API_KEY": "key-3f9a",
    "DAILY_LEDGER_KEY": "key-77b0",
    "SUPPORT_DIALIN_HMAC": "hmac-51d2",
    "GH_TOKEN": "token-0c44",
    "with-dash": "dash-9e1b",
}
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
SPY = """import os, pathlib
pathlib.Path({folder!r}, "ran-{name}").write_text(
    "\\n".join(f"{{k}}={{v}}" for k, v in os.environ.items())
    + "".join(p.read_text(errors="replace") for p in
              pathlib.Path("/proc").glob(f"{{os.getppid()}}/environ"))
)
"""
BACKEND = """
def build_wheel(folder, settings=None, metadata=None):
    import shutil, glob, os
    (wheel,) = glob.glob(os.path.join(os.path.dirname(__file__), "*.whl"))
    return os.path.basename(shutil.copy(wheel, folder))
"""


def _wheel(folder: Path, name: str, files: Mapping[str, str]) -> str:
    """Make a wheel; returns its SHA-256."""
    info = f"{name}-1.0.dist-info"
    texts = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": WHEEL,
    }
    rows = [f"{path},{_digest(text)},{len(text)}" for path, text in texts.items()]
    texts[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in texts.items():
            wheel.writestr(member, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Machine:
    """A runner before the first step: an action, wheels, and a checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.action = folder / "action"
        self.checkout = folder / "checkout"
        self.wheels = folder / "wheels"
        self.seen = folder / "seen"
        for made in (self.checkout, self.wheels, self.seen, folder / "temp"):
            made.mkdir()
        (self.action / "action").mkdir(parents=True)
        (self.action / "requirements").mkdir()
        for script in (ROOT / "action").iterdir():
            (self.action / "action" / script.name).symlink_to(script)
        dependency = {"dependency.py": self.spy("import")}
        # A .pth file is the one part of a package that runs at every start of python.
        dependency["dependency.pth"] = "import dependency\n"
        digest = _wheel(self.wheels, "dependency", dependency)
        self.lock("run", f"dependency==1.0 --hash=sha256:{digest}\n")
        self.lock("build", "")
        # The action's own code, with a build backend that looks around.
        _wheel(self.action, "tool", {"tool.py": ""})
        (self.action / "backend.py").write_text(self.spy("build") + BACKEND)
        (self.action / "pyproject.toml").write_text(
            "[build-system]\nrequires = []\n"
            'build-backend = "backend"\nbackend-path = ["."]\n'
            '[project]\nname = "tool"\nversion = "1.0"\n'
        )

    def spy(self, name: str) -> str:
        """Code that keeps the environment that it, and its parent, was started with."""
        return SPY.format(folder=str(self.seen), name=name)

    def lock(self, name: str, text: str) -> None:
        (self.action / "requirements" / f"{name}.txt").write_text(text)

    @property
    def python(self) -> Path:
        return self.folder / "temp/daily-reconciler/venv/bin/python"

    def ran(self) -> set[str]:
        """The spies that have run."""
        return {path.name.removeprefix("ran-") for path in self.seen.iterdir()}

    def secrets_seen(self) -> list[str]:
        """The secrets that any spy has seen."""
        texts = [path.read_text() for path in self.seen.iterdir()]
        return [s for s in SECRETS.values() if any(s in text for text in texts)]

    def install(self, wanted: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """The first step as the runner runs it, its secrets in the environment."""
        step = ACTION["runs"]["steps"][0]
        assert step["name"] == "Install"
        own = {k: v for k, v in step["env"].items() if not v.startswith("${{")}
        script = self.folder / "step.sh"
        script.write_text(step["run"])
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.checkout,
            env={
                "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(self.folder),
                "RUNNER_TEMP": str(self.folder / "temp"),
                "GITHUB_ACTION_PATH": str(self.action),
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(self.wheels),
                "PIP_CONFIG_FILE": os.devnull,
                **SECRETS,
                **own,
                "INPUT_INSTALL": wanted,
                **env,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with nothing installed."""
    return Machine(tmp_path)


def test_nothing_that_is_installed_sees_a_secret_or_the_checkout(
    machine: Machine,
) -> None:
    """Packages run code when they are built and imported: no key is in its reach.

    pip, venv and what they import are Python's own, whatever the checkout holds and
    PYTHONPATH says.
    """
    names = ("pip", "venv", "ensurepip", "sitecustomize", "usercustomize", "json", "os")
    for name in names:
        (machine.checkout / f"{name}.py").write_text(machine.spy(name))

    ran = machine.install(PYTHONPATH=".")

    assert ran.returncode == 0, ran.stdout
    assert machine.ran() == {"import", "build"}
    assert machine.secrets_seen() == []


@pytest.mark.full
@pytest.mark.parametrize("lock", ["run", "build"])
def test_a_package_with_another_hash_stops_the_action(
    machine: Machine, lock: str
) -> None:
    """A wheel that is not the pinned one is never installed, and no tool is left."""
    machine.lock("run", "")
    machine.lock(lock, f"dependency==1.0 --hash=sha256:{'0' * 64}\n")

    ran = machine.install()

    assert ran.returncode != 0
    assert "DO NOT MATCH THE HASHES" in ran.stdout
    assert machine.ran() == set()
    assert not (machine.folder / "temp/daily-reconciler/installed").exists()


@pytest.mark.full
def test_a_package_without_a_hash_stops_the_action(machine: Machine) -> None:
    """A pin alone is not enough, and neither is a dependency that no lock names."""
    machine.lock("run", "dependency==1.0\n")

    ran = machine.install()

    assert ran.returncode != 0
    assert machine.ran() == set()


@pytest.mark.full
def test_a_source_archive_is_never_built(machine: Machine) -> None:
    """Dependencies come as wheels: a source archive would run its setup code."""
    digest = "0" * 64
    (machine.wheels / "source-1.0.tar.gz").write_bytes(b"")
    machine.lock("run", f"source==1.0 --hash=sha256:{digest}\n")

    ran = machine.install()

    assert ran.returncode != 0
    assert "No matching distribution" in ran.stdout


@pytest.mark.full
def test_a_wheel_of_the_checkout_can_be_installed_instead(machine: Machine) -> None:
    """The input `install` takes a path beside the checkout's files, and only that."""
    _wheel(machine.checkout, "other", {"other.py": ""})

    ran = machine.install("./other-1.0-py3-none-any.whl")
    again = machine.install("./other-1.0-py3-none-any.whl")

    assert ran.returncode == 0, ran.stdout
    assert again.returncode == 0, again.stdout
    found = subprocess.run([machine.python, "-I", "-c", "import other"], check=False)
    assert found.returncode == 0
    assert "build" not in machine.ran()


@pytest.mark.full
def test_a_second_use_installs_nothing(machine: Machine) -> None:
    """The tool of the first use is found again."""
    machine.install()
    made = machine.python.lstat().st_mtime_ns

    ran = machine.install(PIP_FIND_LINKS="/nonexistent")

    assert ran.returncode == 0, ran.stdout
    assert machine.python.lstat().st_mtime_ns == made


def test_the_steps_that_need_no_key_get_none() -> None:
    """Only plan, apply and rescue see DAILY_API_KEY and DAILY_LEDGER_KEY."""
    for key in ("DAILY_API_KEY", "DAILY_LEDGER_KEY"):
        blanked = [
            step["name"]
            for step in ACTION["runs"]["steps"]
            if step.get("env", {}).get(key) == ""
        ]
        assert blanked == ["Install", "Validate", "Comment"]
