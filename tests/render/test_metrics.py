"""What a run leaves for Prometheus."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest

from reconciler.core.model import Config, Desired, Live, LiveDomain, LiveRoom
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Action, Change
from reconciler.core.report import Outcome, PinFate, PinNews, Report, Result
from reconciler.render.metrics import (
    Earlier,
    Metrics,
    earlier_of,
    failure_of,
    metrics_of,
    metrics_text,
)

NOW = 1_800_000_000
DAY = 86_400


def nearest(report: Report, *, absent: bool = False, **ends: object) -> float | None:
    """The time to the nearest end of declared rooms with these live ends."""
    rooms = {n: LiveRoom(n, n, "private", {"exp": exp}) for n, exp in ends.items()}
    declared = tuple(Desired("room", name, absent=absent) for name in ends)
    live = Live(LiveDomain("acme", "d", {}), rooms, len(rooms), complete=True)
    plan = make_plan(Config("acme", resources=declared), live, now=NOW)
    return metrics_of(plan, report, 0, Earlier(), renewed=True).nearest_expiry


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


BAD = Report(
    lost=("+12095550103", "sip-only"),
    pins=(
        PinNews("a", PinFate.NEW),
        PinNews("b", PinFate.CHANGED),
        PinNews("c", PinFate.LOST),
        PinNews("d", PinFate.GONE),
    ),
)
EMPTY = make_plan(
    Config("acme"),
    Live(LiveDomain("acme", "d", {}), {}, 0, complete=True),
    now=NOW,
)


def succeeded(before: str, report: Report) -> str:
    """The file after a run with this report."""
    return metrics_text(metrics_of(EMPTY, report, 0, earlier_of(before), renewed=True))


def failed(before: str, report: Report) -> str:
    """The file after a run that an error ended."""
    return metrics_text(failure_of(report, 1, earlier_of(before), NOW + 60))


def counters(text: str) -> tuple[int, int]:
    """Lost entries and changed PINs."""
    earlier = earlier_of(text)
    return earlier.lost_entries, earlier.changed_pins


def test_counters_go_on_from_run_to_run() -> None:
    """From 0; each loss is added once, and a run that fails takes nothing away."""
    text = succeeded("", Report())
    assert counters(text) == (0, 0)
    text = succeeded(text, BAD)
    assert counters(text) == (2, 3)
    for after in (
        failed(text, Report()),
        succeeded(text, Report()),
        failed(failed(text, Report()), Report()),
    ):
        assert counters(after) == (2, 3)
    assert counters(failed(text, BAD)) == (4, 6)
    assert counters(succeeded(failed(text, Report()), BAD)) == (4, 6)


def test_pins_that_were_allowed_to_change_are_not_counted() -> None:
    """As for the exit code; a PIN that is gone always counts."""
    allowed = Report(pins=BAD.pins, allowed_pins=1)

    assert counters(succeeded("", allowed)) == (0, 2)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "\0\0\0",
        "daily_reconciler_lost_entries_total",
        'daily_reconciler_lost_entries_total{domain="acme"} many',
        'daily_reconciler_lost_entries_total{domain="acme"} -3',
        'daily_reconciler_lost_entries_total{domain="acme"} 2junk',
        f'daily_reconciler_lost_entries_total{{domain="acme"}} {"9" * 400}',
        'daily_reconciler_lost_entries_total{domain="acme',
    ],
)
@pytest.mark.parametrize("run", [succeeded, failed])
def test_a_broken_file_starts_counters_at_0(
    broken: str, run: Callable[[str, Report], str]
) -> None:
    """And no other line of it."""
    rest = 'daily_reconciler_changed_pins_total{domain="acme"} 4\n'

    assert counters(run(broken, BAD)) == (2, 3)
    assert counters(run(f"{broken}\n{rest}", Report())) == (0, 4)


@pytest.mark.parametrize("run", [succeeded, failed])
def test_every_file_has_both_counters(run: Callable[[str, Report], str]) -> None:
    """An increase can only be seen from a value that was there before."""
    for name in ("lost_entries_total", "changed_pins_total"):
        assert f"# TYPE daily_reconciler_{name} counter\n" in run("", Report())
        assert re.search(
            rf"^daily_reconciler_{name}\{{.*\}} 0$", run("", Report()), re.M
        )
