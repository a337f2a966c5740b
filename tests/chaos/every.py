"""Every case, in the groups that are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from chaos.cases import (
    HANGUPS,
    MOMENTS,
    Boundary,
    Case,
    KilledRestore,
    Meanwhile,
    Moment,
    Refusal,
    Second,
    Signalled,
    SignalledRestore,
    SignalMoment,
    Stale,
    Strike,
    StruckRestore,
    Throttled,
    ThrottledRestore,
    Unread,
    Where,
)
from chaos.faults import FAULTS, PAGES_ONLY
from chaos.meanwhile import ACTS
from chaos.restoring import asked_in_restore
from chaos.scene import STORES
from chaos.signalling import BROKEN, HUNG_UP, SIGNALS, STREAMS
from chaos.throttling import IN_RESTORE, MARKS
from chaos.trial import asked_in

_WORLDS = (("one", "default"), ("batch", "default"), ("batch", "otherwise"))

ONCE: Final[tuple[SignalMoment, ...]] = ("unanswered",)


def _moments(kind: str) -> tuple[Moment, ...]:
    """A reading does nothing, so it does not matter whether it was done."""
    return ("unanswered", "answered") if kind.startswith("GET") else MOMENTS


def boundaries() -> Iterator[Case]:
    """Each request of an apply, in both stores and on two sorts of Daily."""
    for store in STORES:
        for plain, assume in _WORLDS:
            for number, kind in enumerate(asked_in(store, plain, assume)):
                for moment in _moments(kind):
                    yield Boundary(store, plain, assume, number, moment)


def signals() -> Iterator[Case]:
    """Each signal at each request of an apply; a hangup at three moments of each."""
    for store in STORES:
        for number in range(len(asked_in(store))):
            for name in SIGNALS:
                for moment in HANGUPS if name == "SIGHUP" else ONCE:
                    yield Signalled(store, "batch", "default", number, moment, name)
        for number in range(len(asked_in(store, *_WORLDS[-1]))):
            yield Signalled(store, *_WORLDS[-1], number, "answered", "SIGHUP")


def broken_streams() -> Iterator[Case]:
    """Each broken stream alone, and a few with a hangup at each request.

    Alone, the request makes a difference only for a reader that goes away.
    """
    for store in STORES:
        for streams in BROKEN:
            for number in range(len(asked_in(store))):
                if not number or "pipe" in STREAMS[streams]:
                    yield Unread(store, number, streams, "")
                if streams in HUNG_UP:
                    yield Unread(store, number, streams, "SIGHUP")


def strikes() -> Iterator[Case]:
    """Each fault at each kind of request: at the first, the last, and every one."""
    for store in STORES:
        for kind, times in Counter(asked_in(store)).items():
            places: tuple[Where, ...] = ("first", "last", "all")
            for where in places if times > 1 else ("first", "all"):
                for fault in FAULTS:
                    if fault in PAGES_ONLY and not kind.endswith(" page"):
                        continue
                    yield Strike(store, fault, kind, where)


def refusals() -> Iterator[Case]:
    """Connections refused from each request on, once and for good."""
    for store in STORES:
        for number in range(len(asked_in(store))):
            for lasting in (True, False):
                yield Refusal(store, number, lasting)


def meanwhiles() -> Iterator[Case]:
    """Each act of somebody else before each request."""
    for store in STORES:
        for number in range(len(asked_in(store))):
            for act in ACTS:
                yield Meanwhile(store, act, number)


def throttled() -> Iterator[Case]:
    """Each act of somebody else while a write waits after a 429.

    At each write, and what the write itself is about, with and without a reviewed plan.
    """
    for store in STORES:
        for number, kind in enumerate(asked_in(store)):
            for act in () if kind.startswith("GET") else ACTS:
                yield Throttled(store, act, number)
        for act in MARKS:
            for reviewed in (True, False):
                yield Stale(store, act, reviewed)
        for number, kind in enumerate(asked_in_restore(store)):
            for act in () if kind.startswith("GET") else IN_RESTORE:
                yield ThrottledRestore(store, act, number)


def seconds() -> Iterator[Case]:
    """A second run before each request of the first, with and without the lock."""
    for store in STORES:
        for number in range(len(asked_in(store))):
            for locked in (True, False):
                yield Second(store, number, locked)


def restores() -> Iterator[Case]:
    """Bringing back what was lost, killed at each request and with each fault."""
    for store in STORES:
        asked = asked_in_restore(store)
        for number, kind in enumerate(asked):
            for moment in _moments(kind):
                yield KilledRestore(store, number, moment)
        for kind, times in Counter(asked).items():
            places: tuple[Where, ...] = ("first", "last", "all")
            for where in places if times > 1 else ("first", "all"):
                for fault in sorted(FAULTS.keys() - PAGES_ONLY):
                    yield StruckRestore(store, fault, kind, where)


def signalled_restores() -> Iterator[Case]:
    """Bringing back what was lost, asked to end at each request."""
    for store in STORES:
        for number in range(len(asked_in_restore(store))):
            for name in SIGNALS:
                for moment in HANGUPS if name == "SIGHUP" else ONCE:
                    yield SignalledRestore(store, number, moment, name)
            for streams in ("stdout-closed", "both-full"):
                yield SignalledRestore(store, number, "unanswered", "SIGHUP", streams)


GROUPS: Final[Mapping[str, Callable[[], Iterator[Case]]]] = {
    "killed at a boundary": boundaries,
    "asked to end by a signal": signals,
    "closed, full and unread streams": broken_streams,
    "a fault at a request": strikes,
    "connections refused": refusals,
    "others act meanwhile": meanwhiles,
    "others act while a 429 is waited for": throttled,
    "overtaken by a second run": seconds,
    "restore, killed or struck": restores,
    "restore, asked to end by a signal": signalled_restores,
}
AT_ONCE: Final = "two runs at once"
"""What is counted beside these groups."""
