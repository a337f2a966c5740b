"""What the parts of one apply share: the plan, the results so far, when to stop."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.core.model import Live, LiveAssignment, LiveRoom
from reconciler.core.plan import make_plan
from reconciler.core.plan.gates import closed_now
from reconciler.core.plan.model import Action, Change, ChangeId, Plan, Selection
from reconciler.core.report import Outcome, PinFate, PinNews, Renewals, Result
from reconciler.daily.http.client import DailyClient
from reconciler.daily.write.sending.settle import HeldBackError, NothingLeftError
from reconciler.daily.write.stores import OtherDomainError, Stores
from reconciler.errors import (
    AnswerLostError,
    DailyError,
    DailyFailingError,
    DailyRejectedError,
    DailyUnreachableError,
    NotSentError,
)


@dataclass(frozen=True, slots=True)
class Options:
    """What an apply is allowed to do, and where it keeps its safety copy.

    `allow`: gates opened by name and count. `now`: Unix seconds, asked anew when
    something is planned. `on_result`: gets each result as it comes, one at a time;
    what it raises is left aside. `reviewed`: a plan file or a person allowed
    exactly this plan, so what moved since is not overwritten. `renewed`: what was
    renewed already.
    """

    now: Callable[[], float]
    rescue_file: Path
    allow: Mapping[str, int] = field(default_factory=dict)
    on_result: Callable[[Result], None] = lambda _result: None
    stop: threading.Event = field(default_factory=threading.Event)
    reviewed: bool = False
    renewed: Renewals = field(default_factory=Renewals)


@dataclass(slots=True)
class Run:
    """The state of one apply. Everything that threads share goes through `_lock`.

    `rescued`: the file that holds both stores as they were before the first write.
    `revived`: the PINs of expired rooms that were to be made anew and were there.
    """

    client: DailyClient
    plan: Plan
    options: Options
    stopped: str = ""
    rescued: Path | None = None
    numbers: dict[str, Outcome] = field(default_factory=dict)
    revived: dict[str, str] = field(default_factory=dict)
    started: float = field(init=False)
    stores: Stores = field(init=False)
    _results: dict[ChangeId, Result] = field(default_factory=dict)
    _pins: dict[str, PinNews] = field(default_factory=dict)
    _seen: dict[str, set[str]] = field(default_factory=dict)
    _lost: dict[str, None] = field(default_factory=dict)
    _disturbed: dict[str, int] = field(default_factory=dict)
    _latest: dict[ChangeId, tuple[Change, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Go on from the renewals and from what the plan read of both stores."""
        renewed = self.options.renewed
        self.started, self.stopped = self.client.clock(), renewed.stopped
        self._results |= {result.change.id: result for result in renewed.results}
        self._pins |= {news.room: news for news in renewed.pins}
        for name, room in self.plan.live.rooms.items():
            self.see_pin(name, room)
        written = {c.key for c in self.plan.changes if c.kind == "number"}
        self.stores = Stores(
            self.client,
            self.plan.live.domain.name,
            known=self.plan.live.assignments,
            is_ours=lambda entry: entry.number in written,
            closed=lambda domain, entries: closed_now(
                self.plan, domain, entries, self.options.allow
            ),
        )

    def attempt(self, change: Change, work: Callable[[], None]) -> Outcome:
        """Do one change and note how it ended. Never raises what Daily did.

        One that is put off has not ended: it is noted when it is tried again.
        """
        if self.should_stop():
            return self.note(change, Outcome.NOT_TRIED, self.stopped)
        written = self.client.writes_here
        try:
            work()
        except NothingLeftError:
            return self.note(change, Outcome.DONE)
        except PostponedError:
            return Outcome.NOT_TRIED
        except (BlockedError, MovedError) as reason:
            # A first write may be done, and a second one was held back.
            wrote = self.client.writes_here > written
            outcome = Outcome.FAILED if wrote else held_back(reason)
            return self.note(change, outcome, str(reason), wrote=wrote)
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
            self.stop(internal_error(error))
            return self.note(change, Outcome.UNKNOWN, internal_error(error))
        return self.note(change, Outcome.DONE)

    def note(
        self, change: Change, outcome: Outcome, reason: str = "", *, wrote: bool = False
    ) -> Outcome:
        """Keep the result of a change and show it; a later one takes its place."""
        result = self._result(change, outcome, reason, wrote=wrote)
        with self._lock:
            self._results[change.id] = result
            if change.kind == "number":
                self.numbers[change.key] = outcome
            # One by one: what shows them need not expect threads. A mistake in it
            # is no reason to write less.
            with contextlib.suppress(Exception):
                self.options.on_result(result)
        return outcome

    def settle(self, change: Change, outcome: Outcome, reason: str = "") -> None:
        """Put the outcome that a reading showed in place of an unknown one."""
        with self._lock:
            self._results[change.id] = self._result(change, outcome, reason)

    @property
    def results(self) -> tuple[Result, ...]:
        """The results so far, one per change."""
        with self._lock:
            return tuple(self._results.values())

    def _result(
        self, change: Change, outcome: Outcome, reason: str, *, wrote: bool = False
    ) -> Result:
        """A result that names what was written, as it was planned last."""
        latest, remark = self._latest.get(change.id, (change, ""))
        return Result(latest, outcome, reason, wrote, remark)

    def renew(self, change: Change, again: Change, remark: str) -> None:
        """Remember the change as it was planned again, and what to say of that."""
        with self._lock:
            self._latest[change.id] = again, remark

    def remark(self, change: Change, again: Change, text: str) -> None:
        """Say something more of a change."""
        _, known = self._latest.get(change.id, (again, ""))
        self.renew(change, again, "; ".join(filter(None, (known, text))))

    def current_changes(self) -> tuple[Change, ...]:
        """The changes of the plan, each as it was planned last."""
        with self._lock:
            return tuple(self._latest.get(c.id, (c, ""))[0] for c in self.plan.changes)

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

    def see_pin(self, name: str, room: LiveRoom) -> None:
        """Note the PIN that a reading before a write showed; `name` is as declared.

        Callers of a room that has expired cannot use its PIN.
        """
        if room.pin and not room.expired(self.options.now()):
            with self._lock:
                self._seen.setdefault(name, set()).add(room.pin)

    def seen_pins(self, name: str) -> frozenset[str]:
        """Every PIN of a room that callers could use by a reading of this run."""
        with self._lock:
            return frozenset(self._seen.get(name, ()))

    def tell_pin(self, room: str, fate: PinFate) -> None:
        """Note what became of a room's PIN; the worst news is kept."""
        with self._lock:
            known = self._pins.get(room)
            if known is None or known.fate is PinFate.NEW:
                self._pins[room] = PinNews(room, fate)

    def tell_pin_arrived(self, room: str) -> None:
        """Note that a PIN that was missing is there: it took a while to show."""
        with self._lock:
            known = self._pins.get(room)
            if known is not None and known.fate is PinFate.MISSING:
                self._pins[room] = PinNews(room, PinFate.NEW)

    @property
    def pins(self) -> tuple[PinNews, ...]:
        """What became of PINs so far, by room."""
        with self._lock:
            return tuple(sorted(self._pins.values(), key=lambda news: news.room))

    def rooms_without_their_pin(self) -> list[str]:
        """The rooms that callers can no longer join with the PIN that they used."""
        broken = (PinFate.CHANGED, PinFate.LOST, PinFate.GONE)
        return [news.room for news in self.pins if news.fate in broken]

    def lose(self, entries: Iterable[str]) -> None:
        """Note foreign assignments that are gone or changed; see `lost`."""
        with self._lock:
            self._lost.update(dict.fromkeys(entries))

    @property
    def lost(self) -> tuple[str, ...]:
        """Foreign assignments that a reading of this run no longer showed."""
        with self._lock:
            return tuple(self._lost)

    def disturb(self, people: Mapping[str, int]) -> bool:
        """Tell whether a write may affect the people in these rooms; they count then.

        What the run writes may affect as many as the gate `busy` was opened for.
        """
        with self._lock:
            all_rooms = {**self._disturbed, **people}
            most = self.allowed("busy")
            if any(people.values()) and sum(all_rooms.values()) > most:
                return False
            self._disturbed = all_rooms
        return True

    def allowed(self, gate: str) -> int:
        """The count that a gate was opened for."""
        return self.options.allow.get(gate, 0)

    def ended(self, change: Change) -> Outcome | None:
        """How a change ended, None while it has not."""
        with self._lock:
            result = self._results.get(change.id)
        return result.outcome if result else None

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
        if isinstance(error, OtherDomainError):
            self.stop(error.message)
        if isinstance(error, DailyUnreachableError):
            self.stop("Daily can no longer be reached")
        if isinstance(error, DailyRejectedError) and error.status == 401:
            self.stop("Daily no longer accepts the API key")


class BlockedError(HeldBackError):
    """A change was held back on purpose; the text says why."""


class MovedError(HeldBackError):
    """What was reviewed has moved since; nothing was written."""


class PostponedError(Exception):
    """A change is to be written later: the room turns out to have a PIN."""


def held_back(reason: HeldBackError) -> Outcome:
    """How a change ends that was not sent for this reason."""
    return Outcome.MOVED if isinstance(reason, MovedError) else Outcome.BLOCKED


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
    changes = list(changes)
    config = replace(run.plan.config, resources=tuple(c.desired for c in changes))
    resent = {(c.kind, c.key) for c in changes if c.resent}
    fields = {
        (c.kind, c.key, field.path)
        for c in changes
        if c.action is Action.UPDATE
        for field in c.fields
    }
    made = make_plan(
        config,
        live,
        now=run.options.now(),
        selection=Selection(
            resend=lambda kind, key: (kind, key) in resent,
            # What Daily hides is never seen to be done.
            forced=lambda kind, key, path: (kind, key, path) in fields,
        ),
        witnessed=run.plan.witnessed,
    )
    return list(made.changes)


def internal_error(error: Exception) -> str:
    """A mistake in this program, by its type: the text may quote a secret."""
    return f"internal error: {type(error).__name__}; please report it"


def explain(error: DailyError) -> str:
    """Why a change failed, with the request that was refused."""
    request = error.request if isinstance(error, DailyRejectedError) else ""
    return f"{error.message} [{request}]" if request else error.message
