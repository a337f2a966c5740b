"""Carrying out a plan, in order, and looking at what became of it.

Numbers come before the rooms that use them, removals last. What fails takes down
only what depends on it. Nothing is raised once writing has begun: the report says
what was done, what was not, and why.

After the last write the domain is read once more and planned again. What is left
over is read again after a pause, since a list may lag behind a write; then it is
named as something that Daily kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.core.compare.diff import FieldChange
from reconciler.core.model import Live, LiveRoom
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Action, Change, Plan
from reconciler.core.report import Kept, Outcome, PinFate, Report, Result, ordered
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import read_live, read_room, read_stores
from reconciler.daily.write.numbers import apply_numbers, delete_numbers
from reconciler.daily.write.rooms import apply_rooms, delete_rooms
from reconciler.daily.write.run import (
    SETTLING,
    Options,
    Run,
    left_for_number,
    left_for_room,
)
from reconciler.errors import DailyError


def apply_plan(client: DailyClient, plan: Plan, options: Options) -> Report:
    """Do what a plan says.

    Args:
        client: a writable client of the domain that the plan was made for.
        plan: checked by whoever calls: its gates are not looked at again.
        options: see `Options`.

    Returns:
        A report. Errors of Daily are in it, not raised.
    """
    run = Run(client, plan, options)
    started = client.clock()
    apply_numbers(run)
    apply_rooms(run)
    delete_rooms(run)
    delete_numbers(run)
    run.skip([c for c in plan.changes if run.ended(c) is None], run.stopped)
    return replace(
        _verified(run),
        requests=client.counters.requests,
        throttled=client.counters.throttled,
        seconds=client.clock() - started,
    )


def _verified(run: Run) -> Report:
    problem = ""
    kept: tuple[Kept, ...] = ()
    if Report(tuple(run.results)).wrote:
        try:
            run.client.rest()
            live = read_live(run.client, run.plan.config)
            kept = tuple(_check(run, live))
            _compare_pins(run, live)
        except DailyError as error:
            problem = error.message
    _release_rescue(run, problem)
    return Report(
        results=ordered(run.results, run.plan.changes),
        kept=kept,
        pins=tuple(sorted(run.pins.values(), key=lambda news: news.room)),
        lost=tuple(run.lost),
        rescue_file=str(run.rescued) if run.rescued else "",
        stopped=run.stopped,
        allowed_pins=run.allowed("new-pin"),
        verified=not problem,
        unverified_reason=problem,
    )


def _release_rescue(run: Run, problem: str) -> None:
    """Remove the safety copy once every foreign entry was seen again."""
    if run.rescued is None or run.lost or run.stores_unread or problem:
        return
    run.rescued.unlink(missing_ok=True)
    run.rescued = None


def _check(run: Run, live: Live) -> Iterable[Kept]:
    """Compare what was written with what Daily shows now."""
    again = make_plan(run.plan.config, live, now=run.options.now())
    left = {(c.kind, c.key) for c in again.changes}
    doubtful = [
        r
        for r in run.results
        if r.outcome in (Outcome.DONE, Outcome.UNKNOWN)
        and (r.change.kind, r.change.key) in left
    ]
    settled = [r for r in run.results if r.outcome is Outcome.UNKNOWN]
    for result in settled:
        if result not in doubtful:
            _replace_result(run, result, Outcome.DONE)
    if not doubtful:
        return
    run.client.sleep(SETTLING)
    for result, changes in zip(
        doubtful,
        run.client.parallel(lambda r: _look_again(run, r.change), doubtful),
        strict=True,
    ):
        yield from _name(run, result, changes)


def _look_again(run: Run, change: Change) -> list[Change]:
    if change.kind == "number":
        return left_for_number(run, change, read_stores(run.client)[1])
    return left_for_room(run, change, read_room(run.client, change.key))


def _name(run: Run, result: Result, left: list[Change]) -> Iterable[Kept]:
    """Say once, per field, what Daily kept."""
    wanted = {field.path for field in result.change.fields}
    fields = [f for change in left for f in change.fields if _concerns(f, wanted)]
    if not left or (not fields and _is_done(result, left)):
        if result.outcome is Outcome.UNKNOWN:
            _replace_result(run, result, Outcome.DONE)
        return
    if result.outcome is Outcome.UNKNOWN:
        return
    if any(change.action is result.change.action for change in left) and not fields:
        yield Kept(result.change, FieldChange((), None, result.change.action))
    for field in fields:
        yield Kept(result.change, field)


def _concerns(field: FieldChange, wanted: set[tuple[str | int, ...]]) -> bool:
    """The leftover field lies at, above or below one that was written."""
    return any(
        field.path[: len(path)] == path or path[: len(field.path)] == field.path
        for path in wanted
    )


def _is_done(result: Result, left: list[Change]) -> bool:
    """What is left was not part of this change: somebody else moved meanwhile."""
    return all(change.action is not result.change.action for change in left)


def _replace_result(run: Run, result: Result, outcome: Outcome) -> None:
    index = run.results.index(result)
    run.results[index] = Result(result.change, outcome)


def _compare_pins(run: Run, live: Live) -> None:
    """Every PIN that callers used before the run must still be there."""
    ended = {
        c.key
        for c in run.plan.changes
        if c.kind == "room" and (c.action is Action.DELETE or c.ends_dialin)
    }
    wanted = {
        r.change.key
        for r in run.results
        if r.outcome is Outcome.DONE
        and r.change.kind == "room"
        and r.change.send.get("dialin") is not None
    }
    for name in (room.key for room in run.plan.config.of_kind("room")):
        before, after = run.plan.live.rooms.get(name), live.rooms.get(name)
        if after is None or name in ended:
            continue
        if before and before.pin:
            _compare_pin(run, name, before, after)
        elif name in wanted and name not in run.pins:
            # Its write was done, though its answer was lost.
            run.tell_pin(name, PinFate.NEW if after.pin else PinFate.MISSING)


def _compare_pin(run: Run, name: str, before: LiveRoom, after: LiveRoom) -> None:
    created = any(c.key == name and c.action is Action.CREATE for c in run.plan.changes)
    if after.pin == before.pin or created:
        return
    run.tell_pin(name, PinFate.CHANGED if after.pin else PinFate.LOST)
