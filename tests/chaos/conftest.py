"""Cases are worked on by processes, two for each core; all are counted."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import pytest
from chaos.tally import Tally

TALLY = Tally()


@pytest.fixture(scope="session")
def tally() -> Tally:
    """Counts what was tried."""
    return TALLY


@pytest.fixture(scope="session")
def workers() -> Iterator[Executor]:
    """Processes that share nothing with this one, least of all its threads."""
    context = multiprocessing.get_context("spawn")
    # Half of a case is waiting: for sockets, and for what never answers.
    with ProcessPoolExecutor(2 * (os.cpu_count() or 1), context) as pool:
        yield pool


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts, and keep them where CHAOS_RECORD says."""
    if not TALLY.rows:
        return
    terminalreporter.section("faults")
    terminalreporter.write(TALLY.table())
    if page := os.environ.get("CHAOS_RECORD"):
        TALLY.record(Path(page))
