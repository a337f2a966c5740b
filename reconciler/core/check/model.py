"""What `check` looks at, and what it says."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from reconciler.core.findings import Finding
from reconciler.core.model import Live

RowKind: TypeAlias = Literal[
    "account", "ledger", "rescue-file", "room", "number", "unmanaged-room"
]

ROOMS: Final = "/rooms"
ASSIGNMENTS: Final = "/domain-dialin-config"
PURCHASED: Final = "/purchased-phone-numbers"


class Verdict(enum.StrEnum):
    """What one row says. `UNKNOWN`: a request that it needs failed or was refused."""

    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of a domain that may have gaps.

    `unread`: by its path (`/rooms`, `/rooms/lobby`), why a part could not be read.
    Nothing follows from what `live` does not show of such a part.
    """

    live: Live
    unread: Mapping[str, str] = field(default_factory=dict)

    def gaps(self, *paths: str) -> tuple[Finding, ...]:
        """A finding for each of these parts that could not be read."""
        return tuple(
            Finding("not-read", f"GET {path} failed: {self.unread[path]}")
            for path in paths
            if path in self.unread
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that callers depend on.

    `checked`: what was seen of it. `ends`: when its PIN ends, in Unix seconds.
    `reasons`: every reason why it fails, or why nothing is known; their hints and
    commands say what to do.
    """

    kind: RowKind
    subject: str
    verdict: Verdict
    checked: str = ""
    reasons: tuple[Finding, ...] = ()
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How this machine reached Daily.

    `key`: where the API key comes from. `proxy`: its host and port, empty without one.
    """

    key: str
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of one `check`. `notes`: what is to be said and fails no row.

    `throw_away`: PIN rooms in no file that live for a day at most; None when the
    rooms were not read.
    """

    live: Live
    way: Way
    now: float
    min_left: float
    rows: tuple[Row, ...] = ()
    notes: tuple[Finding, ...] = ()
    throw_away: int | None = None

    def count(self, verdict: Verdict) -> int:
        """How many rows have a verdict."""
        return sum(row.verdict is verdict for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0, or 2 when a row fails."""
        return 2 if self.count(Verdict.FAIL) else 0


def row(
    kind: RowKind,
    subject: str,
    reasons: Iterable[Finding],
    gaps: Iterable[Finding] = (),
    *,
    checked: Iterable[str] = (),
    ends: int | None = None,
) -> Row:
    """A row: a reason makes it fail; without one, a gap makes it unknown."""
    failing, open_ = tuple(reasons), tuple(gaps)
    verdict = Verdict.FAIL if failing else Verdict.UNKNOWN if open_ else Verdict.OK
    said = ", ".join(checked)
    return Row(kind, subject, verdict, said, (*failing, *open_), ends)
