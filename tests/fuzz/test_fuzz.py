"""A moment of fuzzing in every run, from the corpus: no crash, no hang, no leak."""

from __future__ import annotations

import random
import time
import tracemalloc

import pytest

from fuzz.mutate import mutated
from fuzz.targets import TARGETS, corpus

INPUTS = 150
SLOWEST = 2.0
MEGABYTES = 100


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_breaks_nothing(name: str) -> None:
    """What once broke reading, and what it began with, is read without a mistake."""
    seeds = corpus(name)

    for content in seeds:
        TARGETS[name](content)

    assert len(seeds) > 5


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_bytes_at_random_break_nothing(name: str) -> None:
    """Changed inputs end with a result or an error of ours, soon, in little memory.

    The same ones each time, so that a failure stays; `make fuzz` looks for others.
    """
    chance = random.Random(20_260_101)
    seeds = corpus(name)
    inputs = [mutated(seeds, chance) for _ in range(INPUTS)]
    TARGETS[name](seeds[0])
    tracemalloc.start()
    slowest = 0.0
    try:
        for content in inputs:
            started = time.process_time()
            TARGETS[name](content)
            slowest = max(slowest, time.process_time() - started)
        largest = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()

    assert slowest < SLOWEST
    assert largest < MEGABYTES
