"""Tests in another order each time, so that none comes to depend on those before it.

Modules are shuffled, and the tests within each, so that a fixture of a module is still
made once. `--order-seed N` repeats an order, and 0 keeps that of the files.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import pytest

HIGHEST = 999_999


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--order-seed`."""
    text = "repeat the order of the tests that this number gave; 0: that of the files"
    parser.addoption("--order-seed", type=int, metavar="N", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Choose a seed; a process of pytest-xdist has that of the one that began it."""
    config.option.order_seed = getattr(config, "workerinput", {}).get(
        "order_seed", config.option.order_seed
    )
    if config.option.order_seed is None:
        config.option.order_seed = random.SystemRandom().randint(1, HIGHEST)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the seed to a process of pytest-xdist."""
    node.workerinput["order_seed"] = node.config.option.order_seed


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Shuffle what was collected."""
    if config.option.order_seed:
        items[:] = shuffled(items, config.option.order_seed)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the seed, with which a failure can be repeated."""
    terminalreporter.write_line(f"repeat with --order-seed {config.option.order_seed}")


def shuffled(items: Iterable[pytest.Item], seed: int) -> list[pytest.Item]:
    """Give the tests in the order of a seed, each module in one piece."""
    chance = random.Random(seed)
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    pieces = list(modules.values())
    chance.shuffle(pieces)
    for piece in pieces:
        chance.shuffle(piece)
    return [item for piece in pieces for item in piece]
