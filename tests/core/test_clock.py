"""Two clocks that are apart: which time counts, and when it is said."""

from __future__ import annotations

import pytest

from reconciler.core.clock import check_clock, corrected, days_apart

DAY = 86_400


@pytest.mark.parametrize(
    ("skew", "now", "findings"),
    [
        (None, 1_000_000, 0),
        (0.0, 1_000_000, 0),
        (300.0, 1_000_000, 0),
        (-300.0, 1_000_000, 0),
        (301.0, 1_000_301, 1),
        (-301.0, 999_699, 1),
        (200.0 * DAY, 1_000_000 + 200 * DAY, 1),
    ],
)
def test_daily_s_time_counts_where_ours_is_wrong(
    skew: float | None, now: float, findings: int
) -> None:
    """Five minutes are nothing; beyond them plans are made for Daily's time."""
    assert corrected(1_000_000, skew) == now
    assert [f.id for f in check_clock(skew)] == ["clock-skew"] * findings


@pytest.mark.parametrize(
    ("skew", "words"),
    [
        (3_600.0, "1 hour behind Daily's"),
        (-3_600.0, "1 hour ahead of Daily's"),
        (200.5 * DAY, "200 days behind Daily's"),
    ],
)
def test_the_finding_says_how_far_and_which_way(skew: float, words: str) -> None:
    """A slow clock is behind, a fast one ahead."""
    (finding,) = check_clock(skew)

    assert words in finding.message


@pytest.mark.parametrize(
    ("skew", "days"),
    [(None, 0), (0.0, 0), (DAY - 1.0, 0), (1.0 - DAY, 0), (DAY, 1), (-3.5 * DAY, 3)],
)
def test_days_apart(skew: float | None, days: int) -> None:
    """Whole days, whichever clock is ahead."""
    assert days_apart(skew) == days
