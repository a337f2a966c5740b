"""Carrying out a plan, in order, and looking at what became of it.

Numbers come before the rooms that use them, removals last. What fails takes down
only what depends on it. Nothing is raised once writing has begun: the report says
what was done, what was not, and why.
"""

from __future__ import annotations

from reconciler.core.plan.model import Plan
from reconciler.core.report import Outcome, Report, ordered
from reconciler.daily.http.client import DailyClient
from reconciler.daily.write.numbers import apply_last_numbers, apply_numbers
from reconciler.daily.write.rooms import apply_rooms, delete_rooms
from reconciler.daily.write.run import Options, Run, internal_error
from reconciler.daily.write.verify import Verified, verify


def apply_plan(client: DailyClient, plan: Plan, options: Options) -> Report:
    """Do what a plan says.

    Args:
        client: a writable client of the domain that the plan was made for.
        plan: checked by the caller: its gates are not looked at again.
        options: see `Options`.

    Returns:
        A report. It holds every error, those of this program among them.
    """
    run = Run(client, plan, options)
    written = client.counters.written
    _write(run)
    writes = options.renewed.writes + client.counters.written - written
    seen = Verified()
    if writes or Report(run.results).wrote:
        seen = verify(run)
        _release_rescue(run, seen.foreign_seen)
    else:
        _release_rescue(run, seen=True)
    return _report(run, seen, writes, client.clock() - run.started)


def _write(run: Run) -> None:
    left = Outcome.NOT_TRIED
    try:
        for phase in (apply_numbers, apply_rooms, delete_rooms, apply_last_numbers):
            phase(run)
    except Exception as error:
        run.stop(internal_error(error))
        # Which of them were written, only the reading afterwards can show.
        left = Outcome.UNKNOWN if run.client.counters.written else left
    for change in run.plan.changes:
        if run.ended(change) is None:
            run.note(change, left, run.stopped)


def _release_rescue(run: Run, seen: bool) -> None:
    """Remove the safety copy once every foreign entry was seen again."""
    if run.rescued is None or run.lost or not seen:
        return
    try:
        run.rescued.unlink(missing_ok=True)
    except OSError:
        # It stays, and the report names it.
        return
    run.rescued = None


def _ended_all_the_same(run: Run, seen: Verified) -> bool:
    """A signal came, and everything was done and verified before it took effect."""
    done = all(result.outcome is Outcome.DONE for result in run.results)
    return run.options.stop.is_set() and done and not seen.problem


def _report(run: Run, seen: Verified, writes: int, seconds: float) -> Report:
    """The only place that makes the report of an apply."""
    return Report(
        results=ordered(run.results, run.plan.changes),
        kept=seen.kept,
        left=seen.left,
        after=seen.live,
        pins=run.pins,
        lost=run.lost,
        rescue_file=str(run.rescued) if run.rescued else "",
        stopped="" if _ended_all_the_same(run, seen) else run.stopped,
        interrupted=run.options.stop.is_set(),
        verified=not seen.problem,
        unverified_reason=seen.problem,
        requests=run.client.counters.requests,
        throttled=run.client.counters.throttled,
        writes=writes,
        seconds=seconds,
        allowed_pins=run.allowed("new-pin"),
    )
