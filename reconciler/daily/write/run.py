"""What the parts of one apply share: the plan, the results so far, when to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.core.model import Live, LiveAssignment, LiveRoom
from reconciler.core.plan import make_plan
from reconciler.core.plan.gates import closed_now
from reconciler.core.plan.model import Change, ChangeId, Plan
from reconciler.core.report import Outcome, PinFate, PinNews, Result
from reconciler.daily.http.client import DailyClient
from reconciler.daily.write.stores import Stores
from reconciler.errors import (
    AnswerLostError,
    DailyError,
    DailyFailingError,
    DailyRejectedError,
    DailyUnreachableError,
    NotSentError,
)

SETTLING: float = 2.0
"""Seconds to wait before a mismatch is read again and believed."""


@dataclass(frozen=True, slots=True)
class Options:
    """What an apply is allowed to do, and where it keeps its safety copy.

    `allow`: gates opened by name and count. `now`: Unix seconds, asked anew when
    something is planned. `on_result`: told each result as it comes.
    """

    now: Callable[[], float]
    rescue_file: Path
    allow: Mapping[str, int] = field(default_factory=dict)
    on_result: Callable[[Result], None] = lambda _result: None
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Run:
    """The state of one apply. Everything that threads share goes through `_lock`.

    `stores_unread`: the dial-in stores could not be read after one of them was written.
    """

    client: DailyClient
    plan: Plan
    options: Options
    results: list[Result] = field(default_factory=list)
    pins: dict[str, PinNews] = field(default_factory=dict)
    stopped: str = ""
    lost: list[str] = field(default_factory=list)
    rescued: Path | None = None
    stores_unread: bool = False
    numbers: dict[str, Outcome] = field(default_factory=dict)
    stores: Stores = field(init=False)
    _ended: dict[ChangeId, Outcome] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Begin with what the plan's own reading showed of the dial-in stores."""
        self.stores = Stores(
            self.client,
            known=self.plan.live.assignments,
            written=frozenset(c.key for c in self.plan.changes if c.kind == "number"),
            closed=lambda domain, entries: closed_now(
                self.plan, domain, entries, self.options.allow
            ),
        )

    def attempt(self, change: Change, work: Callable[[], None]) -> Outcome:
        """Do one change and note how it ended. Never raises what Daily did."""
        if self.should_stop():
            return self.note(change, Outcome.NOT_TRIED, self.stopped)
        written = self.client.writes_here
        try:
            work()
        except BlockedError as reason:
            return self.note(change, Outcome.BLOCKED, str(reason))
        except PartWayError as reason:
            return self.note(change, Outcome.FAILED, str(reason), wrote=True)
        except NotSentError as error:
            self.stop_if_hopeless(error)
            # The first of its writes may be done, and a later one was held back.
            wrote = self.client.writes_here > written
            outcome = Outcome.FAILED if wrote else Outcome.NOT_TRIED
            return self.note(change, outcome, error.message, wrote=wrote)
        except AnswerLostError as error:
            self.stop_if_hopeless(error)
            return self.note(change, Outcome.UNKNOWN, error.message)
        except DailyError as error:
            self.stop_if_hopeless(error)
            return self.note(change, Outcome.FAILED, explain(error))
        except Exception as error:
            # A mistake of ours must not take the report of what was written with it.
            self.stop(f"internal error ({type(error).__name__})")
            said = f"internal error: {type(error).__name__}; please report it"
            return self.note(change, Outcome.UNKNOWN, said)
        return self.note(change, Outcome.DONE)

    def note(
        self, change: Change, outcome: Outcome, reason: str = "", *, wrote: bool = False
    ) -> Outcome:
        """Keep a result and tell whoever watches."""
        result = Result(change, outcome, reason, wrote)
        with self._lock:
            self._ended[change.id] = outcome
            self.results.append(result)
            if change.kind == "number":
                self.numbers[change.key] = outcome
            # Told one by one: whoever watches need not expect threads.
            self.options.on_result(result)
        return outcome

    def skip(self, changes: Iterable[Change], reason: str) -> None:
        """Note changes that were not tried."""
        for change in changes:
            self.note(change, Outcome.NOT_TRIED, reason)

    def stop(self, reason: str) -> None:
        """Try nothing more. The first reason is the one that is told."""
        with self._lock:
            self.stopped = self.stopped or reason

    def should_stop(self) -> bool:
        """True once the run was told to end, by itself or by a signal."""
        if self.options.stop.is_set():
            self.stop("interrupted")
        return bool(self.stopped)

    def tell_pin(self, room: str, fate: PinFate) -> None:
        """Note what became of a room's PIN; the worst news is kept."""
        with self._lock:
            known = self.pins.get(room)
            if known is None or known.fate is PinFate.NEW:
                self.pins[room] = PinNews(room, fate)

    def pins_changed(self) -> int:
        """How many PINs that callers used no longer work."""
        broken = (PinFate.CHANGED, PinFate.LOST)
        return sum(news.fate in broken for news in self.pins.values())

    def allowed(self, gate: str) -> int:
        """The count that a gate was opened for."""
        return self.options.allow.get(gate, 0)

    def ended(self, change: Change) -> Outcome | None:
        """How a change ended, None while it has not."""
        return self._ended.get(change.id)

    def stop_if_hopeless(self, error: DailyError) -> None:
        """End the run after an error that every further request would meet too."""
        if self.should_stop():
            return
        if isinstance(error, AnswerLostError) and isinstance(
            error.__cause__, DailyError
        ):
            error = error.__cause__
        if isinstance(error, DailyFailingError) or self.client.failing:
            self.stop("Daily keeps failing")
        if isinstance(error, DailyUnreachableError):
            self.stop("Daily can no longer be reached")
        if isinstance(error, DailyRejectedError) and error.status == 401:
            self.stop("Daily no longer accepts the API key")


class BlockedError(Exception):
    """A change was held back on purpose; the text says why."""


class PartWayError(Exception):
    """A change failed after it had written something; the text says what is left."""


def left_for_room(run: Run, change: Change, room: LiveRoom | None) -> list[Change]:
    """What the planner would still do for one room, seen as it is now."""
    return left_for_rooms(run, [change], {change.key: room} if room else {})


def left_for_rooms(
    run: Run, changes: Iterable[Change], rooms: Mapping[str, LiveRoom]
) -> list[Change]:
    """What the planner would still do for some rooms; `rooms` are by declared name."""
    live = replace(run.plan.live, rooms=dict(rooms), purchased=None)
    return _left(run, changes, live)


def left_for_number(
    run: Run, change: Change, stores: tuple[LiveAssignment, ...]
) -> list[Change]:
    """What the planner would still do for one number, seen as it is now."""
    live = replace(run.plan.live, rooms={}, assignments=stores, purchased=None)
    return _left(run, [change], live)


def _left(run: Run, changes: Iterable[Change], live: Live) -> list[Change]:
    config = replace(run.plan.config, resources=tuple(c.desired for c in changes))
    return list(make_plan(config, live, now=run.options.now()).changes)


def explain(error: DailyError) -> str:
    """Why a change failed, with the request that was refused."""
    request = error.request if isinstance(error, DailyRejectedError) else ""
    return f"{error.message} [{request}]" if request else error.message
