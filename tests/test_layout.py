"""The tests themselves: where they are, and in which order they run."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from order import (
    HIGHEST,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_configure_node,
    shuffled,
)

TESTS = Path(__file__).parent
PAGE = (TESTS / "README.md").read_text(encoding="utf-8")


def test_every_folder_is_described() -> None:
    """The page about the tests has a row for each folder, and for no other."""
    rows = re.findall(r"^\| `([a-z_]+)/` \|", PAGE, re.MULTILINE)
    folders = {p.name for p in TESTS.iterdir() if p.is_dir() and any(p.rglob("*.*"))}

    assert sorted(rows) == sorted(folders - {"__pycache__", "node_modules"})


def test_every_helper_that_is_described_exists() -> None:
    """The modules that tests share, as far as the page names them."""
    rows = re.findall(r"^\| `([a-z_]+\.py)` \|", PAGE, re.MULTILINE)
    helpers = {p.name for p in TESTS.glob("*.py") if not p.name.startswith("test_")}

    assert rows
    assert set(rows) <= helpers


def _tests(*names: str) -> list[Any]:
    return [SimpleNamespace(nodeid=name) for name in names]


MANY = _tests(*(f"{module}.py::{test}" for module in "abcd" for test in range(10)))


def test_a_seed_gives_an_order() -> None:
    """One seed gives one order, another seed another, and no test is lost."""
    first, again, other = (shuffled(MANY, seed) for seed in (1, 1, 2))

    assert first == again != other
    assert first != MANY
    assert sorted(first, key=MANY.index) == MANY


def test_a_module_stays_in_one_piece() -> None:
    """What a module makes once is not made again for its next test."""
    modules = [item.nodeid[0] for item in shuffled(MANY, 7)]

    assert sum(a != b for a, b in pairwise(modules)) == 3


@pytest.mark.parametrize("seed", [0, 5])
def test_the_seed_decides_the_order(seed: int) -> None:
    """What was collected is put in the order of the seed; 0 leaves it as it is."""
    items = list(MANY)

    pytest_collection_modifyitems(_config(seed), items)

    assert items == (shuffled(MANY, seed) if seed else MANY)


def test_a_run_without_a_seed_gets_one() -> None:
    """It is chosen once, handed to each process of a run, and not 0."""
    config = _config(None)
    pytest_configure(config)
    node = SimpleNamespace(workerinput={}, config=config)
    pytest_configure_node(node)
    worker = _config(None, workerinput=node.workerinput)
    pytest_configure(worker)

    assert 1 <= worker.option.order_seed == config.option.order_seed <= HIGHEST


def test_this_run_has_a_seed(pytestconfig: pytest.Config) -> None:
    """The hooks are those of the run."""
    assert isinstance(pytestconfig.option.order_seed, int)


def _config(seed: int | None, **more: object) -> Any:
    return SimpleNamespace(option=SimpleNamespace(order_seed=seed), **more)
