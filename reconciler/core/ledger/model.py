"""What a ledger holds, and the digests in it.

The file is in git, and a PIN has 11 digits: a plain digest of one is computed back in
minutes. So a PIN stands in it as an HMAC. The key of that is derived from the secret
slowly, because a caller knows one PIN and can try secrets on its line. The fingerprint
that tells one secret from another is made of the derived key, so it is no faster way.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

MIN_KEY: Final = 16
"""The fewest characters of the secret."""
GLOBAL: Final = "global"
"""Stands for Daily's own numbers, which a domain without numbers has."""
_ROUNDS: Final = 200_000
_PURPOSE: Final = b"daily-reconciler ledger 1\0"
_DIGEST: Final = 32
_FINGERPRINT: Final = 16


@dataclass(frozen=True, slots=True)
class Line:
    """What callers of one room were told, and when.

    `id`: Daily's id of the room; empty when Daily did not show it. `numbers` are
    E.164, or `GLOBAL`. `day` and `digest_day` are ISO days; the second one is when the
    digest was added to a line that had none, and empty otherwise.
    """

    room: str
    id: str
    numbers: tuple[str, ...]
    day: str
    digest: str = ""
    digest_day: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a part of the file cannot be used. `line` is 0 when it is the whole file."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger as read. An empty one stands for a file that is not there.

    `places`: in which line each room stands, from 1. `rows` is the text, line by line
    with its endings. `fingerprint` tells which secret made the digests.
    """

    lines: Mapping[str, Line] = field(default_factory=dict)
    domain: str = ""
    domain_id: str = ""
    fingerprint: str = ""
    problems: tuple[Problem, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[str, ...] = field(default=(), repr=False)

    @property
    def keyed(self) -> bool:
        """Whether some line tells which PIN callers were told."""
        return any(line.digest for line in self.lines.values())


@dataclass(frozen=True, slots=True)
class Seal:
    """What makes digests of PINs: `Seal.of` has it from the secret."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: str, domain: str) -> Seal:
        """The seal of a domain, from the secret; takes about 0.1 s."""
        salt = _PURPOSE + domain.encode("utf-8", "surrogatepass")
        # A variable may hold bytes that are no text.
        return cls(_derived(secret.encode("utf-8", "surrogateescape"), salt))

    @property
    def fingerprint(self) -> str:
        """What tells one secret from another."""
        return self._hex(["key"], _FINGERPRINT)

    def digest(self, room: str, numbers: Sequence[str], pin: str) -> str:
        """The digest of what the callers of a room need."""
        return self._hex(["pin", room, sorted(numbers), pin], _DIGEST)

    def holds(self, line: Line, pin: str) -> bool:
        """Tell whether a line was made for this PIN."""
        made = self.digest(line.room, line.numbers, pin)
        known = bool(line.digest and pin)
        return known and hmac.compare_digest(made, line.digest)

    def _hex(self, parts: Sequence[object], length: int) -> str:
        # JSON: no text of one part can be taken for two.
        text = json.dumps(parts).encode()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()[:length]


@functools.lru_cache(maxsize=4)
def _derived(secret: bytes, salt: bytes) -> bytes:
    """A run compares more than once, and pays for it once."""
    return hashlib.pbkdf2_hmac("sha256", secret, salt, _ROUNDS)
