"""Durations and moments in Unix seconds, whoever wrote them."""

from __future__ import annotations

import math

import pytest

from reconciler.core.model import LiveRoom
from reconciler.core.times import (
    DAY,
    expired,
    iso,
    moment,
    seconds_of,
    signed_duration,
    written_date,
)

NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("120d", 120 * DAY), ("-2h", -7200), ("+1m", 60)),
        *(("1d12h", 129_600), ("1w30m5s", 606_605), ("0s", 0)),
    ],
)
def test_a_duration_adds_up_its_units(text: str, seconds: int) -> None:
    """Weeks, days, hours, minutes and seconds are added; a sign goes before all."""
    assert signed_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "-", "+", "1", "d", "1y", "1d-2h", "--1d", "-+1d", "+-1d", "1.5d", "\u0663d"],
)
def test_anything_else_is_no_duration(text: str) -> None:
    """ASCII digits and units only, with one sign at most."""
    with pytest.raises(ValueError, match="is not a duration"):
        signed_duration(text)


@pytest.mark.parametrize("exp", [NOW, NOW - 1, float(NOW), -1, 0, -math.inf])
def test_an_exp_up_to_now_has_passed(exp: float) -> None:
    """Daily ends a room at its exp, not after it."""
    assert expired(exp, NOW)
    assert LiveRoom("a", "1", None, {"exp": exp}).expired(NOW)


@pytest.mark.parametrize(
    "exp", [NOW + 1, NOW + 0.5, math.inf, math.nan, None, True, False, "1", [], {}]
)
def test_nothing_else_has_passed(exp: object) -> None:
    """A later end, no end, and what is no number do not end a room."""
    assert not expired(exp, NOW)
    assert not LiveRoom("a", "1", None, {"exp": exp}).expired(NOW)


@pytest.mark.parametrize("exp", [math.inf, -math.inf, math.nan, True, "1", None, {}])
def test_an_odd_exp_counts_as_none(exp: object) -> None:
    """JSON can hold 1e400; a room with such an exp is read like one without."""
    assert seconds_of(exp) is None
    assert LiveRoom("a", "1", None, {"exp": exp}).exp is None


@pytest.mark.parametrize(
    "text",
    [
        *("2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00"),
        *("2023-11-14T22:13:20", "Tue, 14 Nov 2023 22:13:20 GMT"),
    ],
)
def test_both_forms_of_dates_are_read(text: str) -> None:
    """ISO 8601 and RFC 1123; without an offset a date is in UTC."""
    date = written_date(text)
    assert date is not None
    assert date.timestamp() == 1_700_000_000


def test_a_text_that_is_no_date_is_none() -> None:
    """An unreadable date is not guessed."""
    assert written_date("yesterday") is None
    assert written_date("") is None


@pytest.mark.parametrize("seconds", [0, 1_700_000_000, 253_402_300_799])
def test_a_time_survives_being_written(seconds: int) -> None:
    """What is written as ISO 8601 is read back as the same second."""
    assert moment(iso(seconds)) == seconds


@pytest.mark.parametrize("seconds", [10**18, math.inf, math.nan])
def test_a_time_that_no_calendar_has_stays_a_number(seconds: float) -> None:
    """Nothing is raised where a year has five digits."""
    assert iso(seconds) == str(seconds)
