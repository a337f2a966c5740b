"""The world outside: time, waiting, chance and threads, as values that are handed in.

The only module that touches them, the sandbox aside, so that a test can hand in others.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from concurrent.futures import Executor


@dataclass(frozen=True, slots=True)
class Environment:
    """What a run takes from the world.

    `now`: Unix seconds. `clock`: monotonic seconds. `sleep`: waits, or returns early
    when the run is to stop. `jitter`: a number in [0, 1). `executor`: makes one that
    works on so many things at a time. `stopped`: whether the run is to stop.
    """

    now: Callable[[], float]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    executor: Callable[[int], Executor]
    stopped: Callable[[], bool] = lambda: False


MakeEnvironment: TypeAlias = Callable[[threading.Event], Environment]
"""Takes what is set when the run is to stop."""


def real(stop: threading.Event) -> Environment:
    """The world as it is. A wait ends as soon as the run is to stop."""

    def sleep(seconds: float) -> None:
        if stop.is_set():
            # The few waits that a stopped run still asks for are kept.
            time.sleep(seconds)
        end = time.monotonic() + seconds
        # In steps: setting an event in a signal's handler, while the same thread waits
        # for that event, can block for ever.
        while not stop.is_set() and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))

    return Environment(
        time.time, time.monotonic, sleep, random.random, _threads, stop.is_set
    )


def _threads(workers: int) -> Executor:
    from concurrent.futures import ThreadPoolExecutor  # takes longer than `validate`

    return ThreadPoolExecutor(workers, thread_name_prefix="daily")
