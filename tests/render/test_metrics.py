"""What a run leaves for Prometheus."""

from __future__ import annotations

import math

import pytest

from reconciler.core.model import Config, Desired, Live, LiveDomain, LiveRoom
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Action, Change
from reconciler.core.report import Outcome, Report, Result
from reconciler.render.metrics import Metrics, metrics_of, metrics_text

NOW = 1_800_000_000
DAY = 86_400


def nearest(report: Report, *, absent: bool = False, **ends: object) -> float | None:
    """The time to the nearest end of declared rooms with these live ends."""
    rooms = {n: LiveRoom(n, n, "private", {"exp": exp}) for n, exp in ends.items()}
    declared = tuple(Desired("room", name, absent=absent) for name in ends)
    live = Live(LiveDomain("acme", "d", {}), rooms, len(rooms), complete=True)
    plan = make_plan(Config("acme", resources=declared), live, now=NOW)
    return metrics_of(plan, report, 0, None).nearest_expiry


def pushed(name: str, exp: object) -> Report:
    """A report of one room that was written with this exp."""
    desired = Desired("room", name)
    change = Change(Action.RENEW, "room", name, "x", desired, send={"exp": exp})
    return Report(results=(Result(change, Outcome.DONE),))


def test_the_nearest_end_counts() -> None:
    """Of all declared rooms; one without an end does not count."""
    assert nearest(Report(), a=NOW + 9, b=NOW + 5, c=None) == 5
    assert nearest(Report(), a=None) is None
    assert nearest(Report(), a=NOW + 9, absent=True) is None


def test_an_end_that_was_written_replaces_the_live_one() -> None:
    """Unless the write took none along."""
    assert nearest(pushed("a", NOW + DAY), a=NOW + 9) == DAY
    assert nearest(pushed("a", None), a=NOW + 9) == 9


@pytest.mark.parametrize("odd", [True, math.inf, math.nan, "soon", {}])
def test_an_odd_end_is_none(odd: object) -> None:
    """What is no time does not become the nearest end."""
    assert nearest(Report(), a=NOW + 9, b=odd) == 9


@pytest.mark.parametrize("held", [False, True])
def test_a_held_lock_is_a_metric(held: bool) -> None:
    """1 only when the run ended because another one held the lock."""
    text = metrics_text(Metrics("acme", 1, None, 4 if held else 0, lock_held=held))

    assert f'daily_reconciler_lock_held{{domain="acme"}} {int(held)}' in text
