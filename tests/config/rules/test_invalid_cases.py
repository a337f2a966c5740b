"""Every file under cases/invalid says at the bad line what must be found there.

A folder is a case of several files. Header lines set the scene:
`# now: 2026-01-01T00:00:00Z`, `# env: NAME=value`, `# variables: required`.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from reconciler.config.load import Variables, load
from reconciler.core.findings import IDS, errors

FOLDER = Path(__file__).parents[2] / "cases" / "invalid"
CASES = sorted(FOLDER.iterdir())
EXPECT = re.compile(r"# expect: ([a-z0-9, -]+)$")
HEADER = re.compile(r"^# (now|env|variables): (.+)$", re.MULTILINE)

# What no text can show is tested in test_load.py.
ELSEWHERE = {"file-missing", "file-unreadable", "no-config-files"}
OURS = list(IDS)[: list(IDS).index("deprecated-property") + 1]


def files_of(case: Path) -> list[Path]:
    """The files of a case, which may be a folder."""
    return sorted(case.iterdir()) if case.is_dir() else [case]


def expected(case: Path) -> list[tuple[str, int, str]]:
    """File, line and id of each marked finding."""
    return sorted(
        (file.name, number, id_.strip())
        for file in files_of(case)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if (match := EXPECT.search(line))
        for id_ in match[1].split(",")
    )


def scene(case: Path) -> tuple[float, dict[str, str], Variables]:
    """The moment, the environment and the mode that the header asks for."""
    headers = HEADER.findall(files_of(case)[0].read_text())
    now, variables = 1_767_225_600.0, Variables.OPTIONAL
    environ: dict[str, str] = {}
    for name, value in headers:
        if name == "now":
            now = datetime.fromisoformat(value).timestamp()
        elif name == "env":
            environ.update([value.split("=", 1)])
        else:
            variables = Variables[value.upper()]
    return now, environ, variables


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_finds_what_is_marked_and_nothing_else(case: Path) -> None:
    """Each marked line gets the findings it names, and no other line gets any."""
    now, environ, variables = scene(case)

    loaded = load([case], environ=environ, now=now, variables=variables)

    found = sorted(
        (Path(f.place.file).name, f.place.line, f.id)
        for f in loaded.findings
        if f.place
    )
    assert found == expected(case)
    assert (loaded.config is None) == bool(errors(loaded.findings))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_finding_can_be_shown(case: Path) -> None:
    """A finding has a place inside its file, a message, and the line as it stands."""
    now, environ, variables = scene(case)

    loaded = load([case], environ=environ, now=now, variables=variables)

    for finding in loaded.findings:
        assert finding.place
        assert finding.place.line >= 1
        assert finding.place.column >= 1
        assert finding.message
        assert (finding.message + finding.hint + finding.source).isprintable()


def test_every_finding_of_this_layer_has_a_case() -> None:
    """A finding id without a case file is a finding nobody has seen."""
    seen = {id_ for case in CASES for _, _, id_ in expected(case)}

    assert set(OURS) - seen - ELSEWHERE == set()
