"""The log of API calls: the newest ones, within a fixed amount of memory."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

NEWEST = 5_000
BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the log keeps it: the bodies are what went over the wire."""

    at: float
    method: str
    url: str
    status: int
    request: bytes
    response: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def size(self) -> int:
        """How many bytes the two bodies have."""
        return len(self.request) + len(self.response)


class CallLog:
    """The newest calls. Callers hold the store's lock."""

    def __init__(self, newest: int = NEWEST, size: int = BYTES) -> None:
        self._calls: deque[Call] = deque()
        self._newest = newest
        self._limit = size
        self._size = 0

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        """Give the calls, newest first."""
        return reversed(self._calls)

    def add(self, call: Call) -> None:
        """Keep a call, and drop the oldest ones that no longer fit."""
        self._calls.append(call)
        self._size += call.size
        while len(self._calls) > self._newest or self._size > self._limit:
            self._size -= self._calls.popleft().size
