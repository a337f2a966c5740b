"""The published rate limits: three classes, each with two sliding windows.

A request counts at the moment it arrives. A refused one does not count, so a
client that waits is served. Numbers are from Daily's page on the REST API;
that the windows slide, and that each class counts alone, is assumed.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Mapping

# Class -> (requests, seconds) pairs; all of them hold at once.
LIMITS: Mapping[str, tuple[tuple[int, float], ...]] = {
    "most": ((20, 1.0), (100, 5.0)),
    "delete_room": ((2, 1.0), (50, 30.0)),
    "start": ((1, 1.0), (5, 5.0)),
}
# Calls that start media on a room. The sandbox has none of them.
_STARTS = frozenset({"recordings", "live-streaming", "dialOut", "sipCallTransfer"})


def rate_class(method: str, segments: tuple[str, ...]) -> str:
    """Name the class that a request belongs to; `segments` without the base."""
    if method == "DELETE" and len(segments) == 2 and segments[0] == "rooms":
        return "delete_room"
    if method == "POST" and len(segments) >= 3 and segments[2] in _STARTS:
        return "start"
    # Documented beside deleting a room, and shares its numbers.
    if method == "GET" and segments == ("recordings",):
        return "delete_room"
    return "most"


class RateLimits:
    """Counts arrivals; `scale` multiplies every limit, 0 or infinity means none."""

    def __init__(self, scale: float = 1.0) -> None:
        self._off = scale == 0 or math.isinf(scale)
        self._lock = threading.Lock()
        self._windows: dict[str, list[tuple[int, float, deque[float]]]] = {
            name: [
                (0 if self._off else max(1, math.floor(count * scale)), length, deque())
                for count, length in windows
            ]
            for name, windows in LIMITS.items()
        }

    def admit(self, name: str, at: float) -> float | None:
        """Count an arrival, or give the seconds until one would be admitted.

        `at` is a monotonic time in seconds.
        """
        if self._off:
            return None
        with self._lock:
            windows = self._windows[name]
            wait = max(_wait(window, at) for window in windows)
            if wait > 0:
                return wait
            for _, _, arrivals in windows:
                arrivals.append(at)
            return None


def _wait(window: tuple[int, float, deque[float]], at: float) -> float:
    limit, length, arrivals = window
    while arrivals and arrivals[0] <= at - length:
        arrivals.popleft()
    return arrivals[0] + length - at if len(arrivals) >= limit else 0.0
