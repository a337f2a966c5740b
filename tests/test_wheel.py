"""What is shipped: the wheel's contents, and that it runs from where it is put."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="building a wheel needs hatchling")

REPOSITORY = Path(__file__).parents[1]
VALID = "version: 1\ndomain: acme\nrooms:\n  lobby: {privacy: private}\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    from hatchling.builders.wheel import WheelBuilder

    folder = tmp_path_factory.mktemp("wheel")
    return Path(next(WheelBuilder(str(REPOSITORY)).build(directory=str(folder))))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what an installer would put on the path."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(folder: Path, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The program as it lies in a folder, run from another one."""
    kept = ("PATH", "HOME", "SYSTEMROOT", "LANG")
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "reconciler", *args],
        cwd=cwd,
        env={k: v for k, v in os.environ.items() if k in kept}
        | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every module, the schema, the type marker and the license; no tests or docs."""
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "reconciler").rglob("*.py")
    }

    top = {name.partition("/")[0] for name in names}
    assert names >= modules
    assert names >= {"reconciler/schemas/config.schema.json", "reconciler/py.typed"}
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    assert {part for part in top if not part.endswith(".dist-info")} == {"reconciler"}
    assert not [name for name in names if "test" in name or "__pycache__" in name]


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    """Name, version, license, the command and Python's version stand in the wheel."""
    archive = zipfile.ZipFile(wheel)
    info = next(n.partition("/")[0] for n in archive.namelist() if ".dist-info/" in n)
    meta = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
    scripts = archive.read(f"{info}/entry_points.txt").decode()

    import reconciler

    assert meta["Name"] == "daily-reconciler"
    assert meta["Version"] == reconciler.__version__
    assert meta["License-Expression"] == "MIT"
    assert meta["Requires-Python"] == ">=3.11"
    assert "daily-reconciler = reconciler.cli.main:main" in scripts


def test_the_shipped_schema_is_the_published_one(unpacked: Path) -> None:
    """The schema inside the wheel is the file in `schemas/`, byte for byte."""
    inside = unpacked / "reconciler" / "schemas" / "config.schema.json"

    assert (
        inside.read_bytes()
        == (REPOSITORY / "schemas" / "config.schema.json").read_bytes()
    )


@pytest.mark.parametrize("layout", ["wheel", "checkout"])
def test_the_schema_is_found_from_anywhere(
    layout: str, unpacked: Path, tmp_path: Path
) -> None:
    """From a wheel or a checkout, in any folder, a config is checked."""
    folder = unpacked if layout == "wheel" else REPOSITORY
    (tmp_path / "config.yaml").write_text(VALID, encoding="utf-8")

    good = run(folder, "validate", "config.yaml", cwd=tmp_path)
    (tmp_path / "config.yaml").write_text(VALID + "  hall: {privacy: x}\n")
    bad = run(folder, "validate", "config.yaml", cwd=tmp_path)

    assert (good.returncode, good.stderr) == (0, ""), good.stderr
    assert bad.returncode == 1
    assert "not-allowed" in bad.stdout + bad.stderr


def test_the_wheel_runs_the_code_in_it(unpacked: Path, tmp_path: Path) -> None:
    """What answers is the unpacked copy, not the checkout."""
    code = "import reconciler; print(reconciler.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert Path(ran.stdout.strip()).is_relative_to(unpacked)
