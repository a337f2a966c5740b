"""Cases as values, so that other processes can work on them; see `trying`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from reconciler.sandbox.settings import Assume

# The other answer to most of what nobody knows about Daily.
OTHERWISE = Assume(
    echo="full",
    stores="mirrored",
    nested="replace",
    put="reset",
    expired="zombie",
    case="folded",
    number="earliest",
)
ASSUMES = {"default": Assume(), "otherwise": OTHERWISE}

Moment = Literal["before", "unanswered", "underway", "answered"]
MOMENTS: tuple[Moment, ...] = ("before", "unanswered", "underway", "answered")
SignalMoment = Literal["unanswered", "twice", "answered", "throttled"]
HANGUPS: tuple[SignalMoment, ...] = ("twice", "answered", "throttled")
Where = Literal["first", "last", "all"]


@dataclass(frozen=True, slots=True)
class Boundary:
    """Kill the run at its n-th request: not yet sent on, done, or answered too.

    `underway`: it is done, and so is everything that was sent beside it.
    """

    store: str
    plain: str
    assume: str
    number: int
    moment: Moment


@dataclass(frozen=True, slots=True)
class Signalled:
    """Ask the run to end at its n-th request.

    `twice`: as a terminal does that closes. `throttled`: that request is refused, as
    too many, until it is sent again.
    """

    store: str
    plain: str
    assume: str
    number: int
    moment: SignalMoment
    signal: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Streams that are broken, or that break at the n-th request of the run.

    `signal`: asks the run to end there as well; empty for none.
    """

    store: str
    number: int
    streams: str
    signal: str


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault at a kind of request: its first one, its last one, or every one."""

    store: str
    fault: str
    kind: str
    where: Where


@dataclass(frozen=True, slots=True)
class Refusal:
    """Connections are refused from the n-th request on, once or for good."""

    store: str
    number: int
    lasting: bool


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Somebody else acts right before the n-th request of the run."""

    store: str
    act: str
    number: int


@dataclass(frozen=True, slots=True)
class Throttled:
    """Somebody else acts while a write, the n-th request, waits after a 429."""

    store: str
    act: str
    number: int


@dataclass(frozen=True, slots=True)
class Stale:
    """Others change what a write is about while that write waits after a 429.

    `reviewed`: the apply is of a plan that was written before.
    """

    store: str
    act: str
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Second:
    """A second run, from start to end, right before the n-th request of the first.

    `locked`: both use the same lock file.
    """

    store: str
    number: int
    locked: bool


@dataclass(frozen=True, slots=True)
class KilledRestore:
    """`Boundary`, for bringing back what was lost."""

    store: str
    number: int
    moment: Moment


@dataclass(frozen=True, slots=True)
class StruckRestore:
    """`Strike`, for bringing back what was lost."""

    store: str
    fault: str
    kind: str
    where: Where


@dataclass(frozen=True, slots=True)
class SignalledRestore:
    """`Signalled`, for bringing back what was lost; its streams may be broken too."""

    store: str
    number: int
    moment: SignalMoment
    signal: str
    streams: str = "open"


@dataclass(frozen=True, slots=True)
class ThrottledRestore:
    """`Throttled`, for bringing back what was lost."""

    store: str
    act: str
    number: int


Case = (
    Boundary
    | Signalled
    | Unread
    | Strike
    | Refusal
    | Meanwhile
    | Throttled
    | Stale
    | Second
    | KilledRestore
    | StruckRestore
    | SignalledRestore
    | ThrottledRestore
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case. `problems` is empty when it was survived.

    `end`: how the broken run ended; `lost`: how often foreign entries were lost;
    `overrun`: a change by others was overwritten that nothing could have shown.
    """

    case: Case
    end: str
    problems: tuple[str, ...] = ()
    lost: int = 0
    overrun: bool = False

    def __str__(self) -> str:
        said = "; ".join(self.problems) or "survived"
        return f"{type(self.case).__name__} {asdict(self.case)}: {self.end}: {said}"
