"""Bringing back assignments from a rescue file, as carefully as an apply writes.

Only what is missing or has another `hmac` comes back, and only what no file manages:
the rest is apply's business. Nothing is removed, entries that are there keep what
they have, and a number that is assigned anywhere is not assigned a second time.

The legacy lists are written first: whether such a write erases entries of the
current store is unknown, and done in this order, what it erases is put back too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from reconciler.core.kinds import SETTABLE
from reconciler.core.model import LiveAssignment, LiveDomain
from reconciler.core.plan.gates import Gate, is_bare, list_gates, may_erase
from reconciler.core.report import Conflict, Differing, Restoration, Restored
from reconciler.core.secrecy import reveal
from reconciler.daily import wire
from reconciler.daily.http.client import DailyClient
from reconciler.daily.rescue.file import Copy, Rescue, differing, is_same_entry, save
from reconciler.daily.rescue.sendable import why_not_sent
from reconciler.daily.write.legacy import bystander
from reconciler.daily.write.run import internal_error
from reconciler.daily.write.sending.settle import settle
from reconciler.daily.write.stores import Entries, Stores, StoresError, send_lists
from reconciler.errors import (
    AnswerLostError,
    DailyError,
    DailyRejectedError,
)

_PATH = "/domain-dialin-config"
_ELSEWHERE = "restore from a folder that can be written"


@dataclass(frozen=True, slots=True)
class RestoreOptions:
    """What a restore may do, and where it keeps its own safety copy.

    `declared`: numbers that the config declares now, also as absent. `saved`: the
    time that its own copy says, in Unix seconds.
    """

    copy: Path
    allow: Mapping[str, int] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    stop: threading.Event = field(default_factory=threading.Event)
    saved: int = 0


def missing(
    rescue: Rescue,
    stores: Sequence[LiveAssignment],
    declared: frozenset[str] = frozenset(),
) -> tuple[LiveAssignment, ...]:
    """The entries that are gone, or are there without the `hmac` they had.

    A number that is assigned in another way by now is not missing.
    """
    return tuple(
        entry
        for entry in _not_there(rescue, stores, declared)
        if _elsewhere(entry, stores) is None
    )


def conflicts(
    rescue: Rescue,
    stores: Sequence[LiveAssignment],
    declared: frozenset[str] = frozenset(),
) -> tuple[Conflict, ...]:
    """The entries that are gone, and whose number is assigned in another way."""
    return tuple(
        Conflict(entry, other)
        for entry in _not_there(rescue, stores, declared)
        if (other := _elsewhere(entry, stores))
    )


def edited(
    rescue: Rescue,
    stores: Sequence[LiveAssignment],
    declared: frozenset[str] = frozenset(),
) -> tuple[Differing, ...]:
    """The entries that are there with other values, which may be a later edit.

    Two that are alike are one: an entry that equals any twin is as it was. What is
    missing for its `hmac` is not named twice.
    """
    managed = rescue.managed | declared
    found = []
    for entry in rescue.entries:
        twins = [e for e in stores if is_same_entry(entry, e) and _same_hmac(entry, e)]
        fields = [set(differing(entry, twin)) - {"hmac"} for twin in twins]
        if entry.number not in managed and fields and all(fields):
            found.append(Differing(entry, tuple(sorted(fields[0]))))
    return tuple(found)


def _not_there(
    rescue: Rescue, stores: Sequence[LiveAssignment], declared: frozenset[str]
) -> list[LiveAssignment]:
    managed = rescue.managed | declared
    return [
        entry
        for entry in rescue.entries
        if entry.number not in managed and not _is_there(entry, stores)
    ]


def _is_there(entry: LiveAssignment, stores: Sequence[LiveAssignment]) -> bool:
    twins = [other for other in stores if is_same_entry(entry, other)]
    return any(_same_hmac(entry, twin) for twin in twins)


def _same_hmac(entry: LiveAssignment, twin: LiveAssignment) -> bool:
    kept, now = entry.fields.get("hmac"), twin.fields.get("hmac")
    # An hmac that either side does not show cannot be compared.
    return not kept or not now or reveal(kept) == reveal(now)


def _elsewhere(
    entry: LiveAssignment, stores: Sequence[LiveAssignment]
) -> LiveAssignment | None:
    """Where the number of an entry that is gone lives now, whatever the type."""
    if _twin(entry, stores) is not None or entry.number is None:
        return None
    return next((other for other in stores if other.number == entry.number), None)


def _twin(
    entry: LiveAssignment, stores: Sequence[LiveAssignment]
) -> LiveAssignment | None:
    return next((other for other in stores if is_same_entry(entry, other)), None)


def closed_gates(
    lost: Sequence[LiveAssignment],
    domain: LiveDomain,
    stores: Sequence[LiveAssignment],
    allow: Mapping[str, int],
) -> list[Gate]:
    """The gates that forbid to rewrite the legacy lists of these entries.

    The same gates as those of an apply: entries that would be sent without their
    `hmac`, lists that Daily does not show, and entries of the other store.
    """
    lost = [entry for entry in lost if not why_not_sent(entry)]
    lists = {entry.type for entry in lost if entry.store == "legacy"}
    bare = [e.label for e in stores if e.type in lists and is_bare(e)]
    others = [e for e in stores if _twin(e, lost) is None]
    risked = may_erase(others) if lists else []
    gates = list_gates(bare, lists - domain.shown_lists, risked, allow)
    return [gate for gate in gates if not gate.open]


@dataclass(slots=True)
class _Restoring:
    """The state of one restore. `stopped`: why the rest is not tried."""

    stores: Stores
    rescue: Rescue
    options: RestoreOptions
    made: list[Restored] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    stopped: str = ""
    unverified: str = ""

    def missing(self, seen: Sequence[LiveAssignment]) -> tuple[LiveAssignment, ...]:
        return missing(self.rescue, seen, self.options.declared)

    def returns(self, entry: LiveAssignment) -> bool:
        """Tell whether an entry that goes by a write of this run is put back by it."""
        managed = self.rescue.managed | self.options.declared
        saved = _twin(entry, self.rescue.entries)
        return saved is not None and saved.number not in managed

    def should_stop(self) -> bool:
        if self.options.stop.is_set():
            self.stopped = self.stopped or "interrupted"
        return bool(self.stopped)

    @property
    def wrote(self) -> bool:
        return any(done.unsure or not done.problem for done in self.made)


def restore(
    client: DailyClient, rescue: Rescue, seen: Entries, options: RestoreOptions
) -> Restoration:
    """Put back what is missing, and look. Once something was sent, nothing is raised.

    Args:
        client: writable.
        rescue: of this client's domain.
        seen: the reading from which it was decided to restore.
        options: see `RestoreOptions`.

    Raises:
        ReconcilerError: a reading or the safety copy failed; nothing was written.
    """
    wanted = missing(rescue, seen, options.declared)
    stores = _stores(client, rescue.domain, wanted, seen, options)
    run = _Restoring(stores, rescue, options)
    try:
        now = run.stores.read()
    except StoresError as error:
        run.stopped, now = str(error), run.stores.known
        run.lost += error.lost
    own = Rescue(rescue.domain, run.stores.known, saved=options.saved)
    copy = save(options.copy, own, _ELSEWHERE)
    run.stores.copy = Copy(copy, own, _ELSEWHERE)
    try:
        lost = _leave_unsendable(run, run.missing(now))
        _restore_legacy(run, [e for e in lost if e.store == "legacy"])
        _restore_current(run)
    except Exception as error:
        # What was written before must be said.
        run.stopped = internal_error(error)
    return _result(run, wanted, copy)


def _stores(
    client: DailyClient,
    domain: str,
    wanted: Sequence[LiveAssignment],
    seen: Entries,
    options: RestoreOptions,
) -> Stores:
    return Stores(
        client,
        domain,
        known=seen,
        is_ours=lambda entry: _twin(entry, wanted) is not None,
        closed=lambda live, entries: closed_gates(wanted, live, entries, options.allow),
    )


def _result(
    run: _Restoring, wanted: Sequence[LiveAssignment], copy: Path
) -> Restoration:
    back = {id(done.entry) for done in run.made if not done.problem}
    left = tuple(entry for entry in wanted if id(entry) not in back)
    others: tuple[Conflict, ...] = ()
    changed: tuple[Differing, ...] = ()
    if not run.unverified:
        try:
            now = run.stores.fresh()[1]
            left = run.missing(now)
            others = conflicts(run.rescue, now, run.options.declared)
            changed = edited(run.rescue, now, run.options.declared)
        except DailyError as error:
            run.unverified = error.message
    if not run.unverified:
        # What is there has come back, whatever the answer was.
        run.made = [d if d.entry in left else Restored(d.entry) for d in run.made]
    keeps_copy = bool(run.lost or (run.wrote and run.unverified))
    if not keeps_copy:
        try:
            copy.unlink(missing_ok=True)
        except OSError:
            # It stays, and is named.
            keeps_copy = True
    return Restoration(
        made=tuple(run.made),
        left=left,
        conflicts=others,
        differing=changed,
        lost=tuple(run.lost),
        stopped=run.stopped,
        unverified=run.unverified,
        rescue_file=str(copy) if keeps_copy else "",
    )


def _leave_unsendable(
    run: _Restoring, entries: Sequence[LiveAssignment]
) -> list[LiveAssignment]:
    """The entries that can be sent; the others are noted with the reason."""
    whys = [(entry, why_not_sent(entry)) for entry in entries]
    run.made += [Restored(entry, why) for entry, why in whys if why]
    return [entry for entry, why in whys if not why]


def _restore_legacy(run: _Restoring, entries: list[LiveAssignment]) -> None:
    """Write the lists with their entries back; one by one only when refused so."""
    if not entries:
        return
    problem = _try(run, lambda: _send_lists(run, entries))
    if isinstance(problem, DailyRejectedError) and len(entries) > 1:
        for entry in entries:
            _note(run, [entry], _try(run, lambda: _send_lists(run, [entry])))  # noqa: B023
        return
    _note(run, entries, problem)


def _restore_current(run: _Restoring) -> None:
    """Write the entries of the current store, one after the other."""
    tried: list[LiveAssignment] = []
    while not run.should_stop():
        todo = [
            entry
            for entry in run.missing(run.stores.known)
            if entry.store == "current"
            and entry not in tried
            and not why_not_sent(entry)
        ]
        if not todo:
            return
        tried.append(todo[0])
        _note(run, todo[:1], _try(run, lambda: _send_entry(run, todo[0])))  # noqa: B023


class _NotNeededError(Exception):
    """The entry came back by itself, or its number was assigned in another way."""


def _try(
    run: _Restoring, send: Callable[[], None]
) -> DailyError | _NotNeededError | None:
    """Do one write and look; what nothing can follow on ends the rest."""
    if run.should_stop():
        return _NotNeededError()
    problem: DailyError | None = None
    try:
        send()
    except StoresError as error:
        run.stopped = str(error)
        run.lost += error.lost
        return _NotNeededError()
    except _NotNeededError as error:
        return error
    except DailyError as error:
        problem = error
        rejected = isinstance(error, DailyRejectedError)
        if rejected and getattr(error, "status", 0) != 401:
            return error
        run.stopped = error.message
    if problem is None or isinstance(problem, AnswerLostError):
        _look(run)
    return problem


def _look(run: _Restoring) -> None:
    try:
        lost = run.stores.look(run.returns)
    except DailyError as error:
        run.stopped = run.unverified = error.message
        return
    except StoresError as error:
        run.stopped = str(error)
        return
    if lost:
        run.lost += lost
        run.stopped = f"other assignments were lost: {lost[0]}"


def _note(
    run: _Restoring,
    entries: Sequence[LiveAssignment],
    problem: DailyError | _NotNeededError | None,
) -> None:
    if isinstance(problem, _NotNeededError):
        return
    unsure = isinstance(problem, AnswerLostError)
    said = problem.message if problem else ""
    run.made += [Restored(entry, said, unsure) for entry in entries]


def _send_lists(run: _Restoring, entries: Sequence[LiveAssignment]) -> None:
    def overlay(now: Entries) -> Mapping[str, object]:
        left = [e for e in run.missing(run.stores.known) if e in entries]
        if not left:
            raise _NotNeededError
        kinds = sorted({entry.type for entry in left})
        return {kind: _list(kind, left, now, run.rescue) for kind in kinds}

    send_lists(run.stores, overlay, lambda now: all(_is_there(e, now) for e in entries))


def _list(
    kind: str, back: Sequence[LiveAssignment], now: Entries, rescue: Rescue
) -> list[dict[str, object]]:
    """One list with its entries back, in the order that it had."""
    back = [entry for entry in back if entry.type == kind]
    there = [e for e in now if e.type == kind and _twin(e, back) is None]
    both = sorted([*there, *back], key=lambda entry: _rank(entry, rescue))
    return [_body(e, _twin(e, now)) if e in back else bystander(e) for e in both]


def _rank(entry: LiveAssignment, rescue: Rescue) -> int:
    """Where the entry stood; what came later than the file goes last."""
    for index, saved in enumerate(rescue.entries):
        if is_same_entry(saved, entry):
            return index
    return len(rescue.entries) + entry.position


def _send_entry(run: _Restoring, entry: LiveAssignment) -> None:
    """Create the entry, or give the one that is there its `hmac` back."""
    seen: Entries | None = run.stores.read()
    twin = _twin_of_missing(run, entry, run.stores.known)
    method = "POST" if twin is None else "PUT"
    path = _PATH + (f"/{quote(twin.id, safe='')}" if twin else "")
    client = run.stores.client

    def build() -> object:
        """The body, on a reading of just now."""
        nonlocal seen
        now, seen = run.stores.read() if seen is None else seen, None
        again = _twin_of_missing(run, entry, now)
        if (again and again.id) != (twin and twin.id):
            raise StoresError(f"{entry.label} was assigned anew meanwhile")
        made = _body(entry, again)
        return {"type": entry.type, **made} if again is None else made

    def is_done(seen: Entries) -> bool | None:
        if _is_there(entry, seen):
            return True
        # Without a number, a second one could be made beside a late first one.
        return False if entry.number else None

    settle(
        lambda: client.send_built(method, path, build),
        lambda: run.stores.fresh()[1],
        is_done,
    )


def _twin_of_missing(
    run: _Restoring, entry: LiveAssignment, now: Entries
) -> LiveAssignment | None:
    if entry not in run.missing(now):
        raise _NotNeededError
    return _twin(entry, now)


def _body(entry: LiveAssignment, twin: LiveAssignment | None) -> dict[str, object]:
    """The entry as it was; one that is there gets its `hmac` and keeps the rest."""
    fields = dict(entry.fields)
    if twin is not None:
        fields = {**twin.fields, "hmac": entry.fields.get("hmac")}
        if twin.store == "legacy":
            return bystander(replace(twin, fields=fields))
    known = {k: v for k, v in fields.items() if k in SETTABLE[entry.type]}
    return wire.assignment_to_json(entry.number, {"type": entry.type, **known})
