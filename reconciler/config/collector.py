"""The garbage collector, out of the way while a config grows.

It would scan the growing data again and again for cycles that plain data cannot
have: on 10,000 rooms that is more work than reading them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from rescanning data while it only grows."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
