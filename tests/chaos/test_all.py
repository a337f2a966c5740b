"""All boundaries and all faults: `make chaos`."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest
from chaos.cases import Case, Verdict
from chaos.every import AT_ONCE, GROUPS
from chaos.running import Launcher, Ran, Victim
from chaos.scene import STORES, scene
from chaos.tally import Tally
from chaos.trial import Trial, applying
from chaos.trying import counted

pytestmark = pytest.mark.chaos

ROUNDS = 15


def _verdicts(workers: Executor, cases: Iterator[Case]) -> Iterator[Verdict]:
    yield from workers.map(counted, list(cases), chunksize=8)


@pytest.mark.parametrize("group", GROUPS)
def test_every_case_is_survived(workers: Executor, tally: Tally, group: str) -> None:
    """The run or the one after it converges, and nobody else loses anything."""
    failed = []
    for verdict in _verdicts(workers, GROUPS[group]()):
        tally.add(group, verdict)
        if verdict.problems:
            failed.append(str(verdict))

    assert failed == []


@pytest.mark.parametrize("store", STORES)
def test_two_runs_at_once_lose_nothing(
    tmp_path: Path, tally: Tally, store: str
) -> None:
    """Two applies that really race: each ends with a report, and all is there."""
    failed = []
    with Launcher() as one, Launcher() as two:
        for number in range(ROUNDS):
            folder = tmp_path / str(number)
            folder.mkdir()
            problems, lost = _race(folder, store, (one, two))
            case = f"{store} {number}"
            verdict = Verdict(case, "", tuple(problems), lost)  # type: ignore[arg-type]
            tally.add(AT_ONCE, verdict)
            failed += [f"round {case}: {problem}" for problem in problems]

    assert failed == []


def _race(
    folder: Path, store: str, launchers: tuple[Launcher, Launcher]
) -> tuple[list[str], int]:
    with scene(folder, store) as made:
        trial = Trial(made)
        ends: list[Ran] = []

        def run(launcher: Launcher, name: str) -> None:
            options = (
                *applying(made)[:-1],
                f"{name}.lock",
                "--rescue-file",
                f"{name}.json",
            )
            url = made.sandbox.url
            ends.append(launcher.run(folder, Victim(), url, *options, name=name))

        threads = [
            threading.Thread(target=run, args=pair)
            for pair in zip(launchers, ("one", "two"), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for ran in ends:
            trial.expect(ran.code in (0, 1, 3), f"it ended with {ran.code}: {ran.err}")
            trial.expect("Traceback" not in ran.err, f"it crashed: {ran.err[-400:]}")
        trial.look("after the race")
        trial.finish()
        return trial.problems, trial.lost


def test_every_group_has_cases_for_both_stores() -> None:
    """No group is empty by mistake."""
    for name, group in GROUPS.items():
        stores = {case.store for case in itertools.islice(group(), 10_000)}
        assert stores == set(STORES), name
