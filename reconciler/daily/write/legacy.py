"""Writing the legacy lists, where Daily replaces a whole list with each write.

Source: Daily's page on domain configuration (`pin_dialin`, `pinless_dialin`).

A list is read, overlaid and written back: bystanders as they are and in their
order, with every `hmac` (Daily makes a new one when none is sent), without
`sip_uri`; new entries come last. Only lists that change are sent, both in one call
when a number moves from one to the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from reconciler.core.body.doubtful import without_unknown
from reconciler.core.kinds import SETTABLE
from reconciler.core.model import Desired, LiveAssignment
from reconciler.core.plan.gates import hmacs_listed
from reconciler.core.plan.model import Action, Change
from reconciler.core.report import Outcome
from reconciler.daily import wire
from reconciler.daily.write.one_number import as_it_is_now, plan_again
from reconciler.daily.write.run import (
    Run,
    explain,
    held_back,
    left_for_number,
)
from reconciler.daily.write.sending.bystanders import stop_unsafe
from reconciler.daily.write.sending.people import busy_now
from reconciler.daily.write.sending.settle import NothingLeftError
from reconciler.daily.write.stores import StoresError, send_lists
from reconciler.errors import AnswerLostError, DailyError, DailyRejectedError

Problem: TypeAlias = DailyError | StoresError | None
"""Why a write did not end well."""


def write_lists(run: Run, changes: list[Change], look: Callable[[], None]) -> None:
    """Write all changes in one call; one by one only when Daily refuses them so."""
    if not changes:
        return
    problem = _try(run, changes, look)
    if not isinstance(problem, DailyRejectedError):
        _note(run, changes, problem)
        return
    # Nothing was written: find out whose fault it is.
    for change in changes:
        if run.ended(change) is not None:
            continue
        if run.should_stop():
            run.note(change, Outcome.NOT_TRIED, run.stopped)
            continue
        alone = problem if len(changes) == 1 else _try(run, [change], look)
        _note(run, [change], _spared(run, change, look, alone))


def _spared(
    run: Run, change: Change, look: Callable[[], None], problem: Problem
) -> Problem:
    """Write an entry that Daily refused without the live keys that nobody knows."""
    spared, without = without_unknown(change)
    refused = isinstance(problem, DailyRejectedError) and problem.status == 400
    if not refused or not without or run.should_stop():
        return problem
    problem = _try(run, [replace(change, send=spared)], look)
    if problem is None:
        what = f"Daily refused {', '.join(without)}, which was left out"
        run.remark(change, change, what)
    return problem


def _try(run: Run, changes: list[Change], look: Callable[[], None]) -> Problem:
    try:
        _write(run, changes)
    except StoresError as error:
        return error
    except NothingLeftError:
        return None
    except DailyError as error:
        run.stop_if_hopeless(error)
        if isinstance(error, AnswerLostError):
            look()
        return error
    look()
    return None


def _note(run: Run, changes: list[Change], problem: Problem) -> None:
    if isinstance(problem, StoresError):
        stop_unsafe(run, changes, problem)
        return
    for change in changes:
        if run.ended(change) is not None:
            # A reading right before the write ended it.
            continue
        if problem is None:
            run.note(change, Outcome.DONE)
        elif isinstance(problem, AnswerLostError):
            run.note(change, Outcome.UNKNOWN, problem.message)
        else:
            run.note(change, Outcome.FAILED, explain(problem))


def _write(run: Run, changes: list[Change]) -> None:
    left = list(changes)
    listed = hmacs_listed(run.plan.changes)
    numbers = run.plan.config.of_kind("number")
    declared = tuple(number for number in numbers if number.key in listed)
    lost = False

    def planned_again() -> list[Change]:
        """What is left to write; the rest is noted, unless it may be written."""
        if lost:
            return [as_it_is_now(run, c, run.stores.known) for c in left]
        again = (plan_again(run, c, run.stores.known) for c in left)
        return list(filter(None, again))

    def hold_busy() -> None:
        """Leave out what people in a meeting would lose; after a lost answer, stop."""
        for key, reason in busy_now(run, left).items():
            if lost:
                raise reason
            held = [c for c in left if c.key == key]
            left[:] = [c for c in left if c.key != key]
            for change in held:
                run.note(change, held_back(reason), str(reason))
        if not left:
            raise NothingLeftError

    def lists(now: tuple[LiveAssignment, ...]) -> dict[str, list[dict[str, object]]]:
        left[:] = planned_again()
        if not left:
            raise NothingLeftError
        return overlay(now, left, declared)

    def is_done(entries: tuple[LiveAssignment, ...]) -> bool:
        nonlocal lost
        lost = True
        left[:] = [c for c in left if _is_left(run, c, entries)]
        return not left

    send_lists(run.stores, lists, is_done, hold_busy)


def _is_left(run: Run, change: Change, entries: tuple[LiveAssignment, ...]) -> bool:
    """Tell whether a write is still needed; one sent on request always is."""
    on_request = change.action is Action.UPDATE and not change.fields
    return on_request or bool(left_for_number(run, change, entries))


def overlay(
    entries: tuple[LiveAssignment, ...],
    changes: list[Change],
    declared: tuple[Desired, ...],
) -> dict[str, list[dict[str, object]]]:
    """The lists to send: only those that change, whole, in their order."""
    by_number = {change.key: change for change in changes}
    touched = {e.type for e in entries if e.number in by_number}
    touched |= {str(c.send["type"]) for c in changes if "type" in c.send}
    known = {number.key: number for number in declared if not number.absent}
    return {
        kind: _list(kind, entries, by_number, known)
        for kind in wire.LEGACY_LISTS
        if kind in touched
    }


def _list(
    kind: str,
    entries: tuple[LiveAssignment, ...],
    changes: dict[str, Change],
    known: dict[str, Desired],
) -> list[dict[str, object]]:
    made = []
    placed = set()
    for live in sorted(
        (e for e in entries if e.type == kind), key=lambda e: e.position
    ):
        change = changes.get(live.number or "")
        if change is None:
            made.append(bystander(live, known.get(live.number or "")))
        elif change.action is not Action.DELETE and change.send["type"] == kind:
            made.append(wire.assignment_to_json(change.key, change.send))
            placed.add(change.key)
    new = (c for c in changes.values() if c.send.get("type") == kind)
    made += [wire.assignment_to_json(c.key, c.send) for c in new if c.key not in placed]
    return made


def bystander(
    live: LiveAssignment, declared: Desired | None = None
) -> dict[str, object]:
    """An entry that is only sent along, as it is.

    Keys that nobody knows are sent too: leaving one out would lose it for sure.
    A number that the file declares brings its `hmac`, which Daily may hide, where the
    plan lists it.
    """
    fields: dict[str, object] = {"type": live.type, **live.fields}
    if declared is not None and not live.fields.get("hmac"):
        fields["hmac"] = declared.fields.get("hmac")
    body = wire.assignment_to_json(live.number, fields)
    known = SETTABLE.get(live.type, frozenset())
    unknown = live.fields.keys() - known - {"sip_uri", "id", "type"}
    for key in sorted(unknown):
        if live.fields[key] is not None:
            body[key] = live.fields[key]
    return body
