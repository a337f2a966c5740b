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

    `now`: Unix seconds. `clock`: monotonic seconds. `sleep`: waits. `jitter`: a number
    in [0, 1). `executor`: makes one that works on so many things at a time.
    """

    now: Callable[[], float]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    executor: Callable[[int], Executor]


MakeEnvironment: TypeAlias = Callable[[threading.Event], Environment]
"""Takes what is set when the run is to stop."""


def real(stop: threading.Event) -> Environment:
    """The world as it is. Long waits end as soon as the run is to stop."""

    def sleep(seconds: float) -> None:
        # The pace's short waits are kept even while stopping: they protect the limits.
        if seconds < 1:
            time.sleep(seconds)
        else:
            stop.wait(seconds)

    return Environment(time.time, time.monotonic, sleep, random.random, _threads)


def _threads(workers: int) -> Executor:
    from concurrent.futures import ThreadPoolExecutor  # takes longer than `validate`

    return ThreadPoolExecutor(workers, thread_name_prefix="daily")
