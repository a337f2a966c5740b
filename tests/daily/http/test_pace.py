"""The pace of requests, on a clock that only sleeping moves."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from itertools import pairwise

import pytest
from answers import Clock

from reconciler.daily.http.pace import SLACK, WINDOWS, Pace, RateClass, interval


def times(rate_class: RateClass, share: float, count: int) -> list[float]:
    """When each of `count` requests may go, if answers come at once."""
    clock = Clock()
    pace = Pace(rate_class, share, clock=clock, sleep=clock.sleep)
    sent = []
    for _ in range(count):
        ticket = pace.enter()
        sent.append(clock.now)
        pace.leave(ticket)
    return sent


def busiest(moments: list[float], window: float) -> int:
    """The most moments that any window of this length holds."""
    ordered, start, most = sorted(moments), 0, 0
    for end, moment in enumerate(ordered):
        while moment - ordered[start] >= window:
            start += 1
        most = max(most, end - start + 1)
    return most


@pytest.mark.parametrize("rate_class", ["general", "deletion"])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_requests_are_evenly_spaced(rate_class: RateClass, share: float) -> None:
    """Requests leave one by one, never in a burst, at the share that was asked for."""
    sent = times(rate_class, share, 60)

    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert min(gaps) >= interval(rate_class, share) * 0.999
    assert max(gaps) <= interval(rate_class, share) * 1.05


@pytest.mark.parametrize("rate_class", ["general", "deletion"])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_no_window_is_exceeded(rate_class: RateClass, share: float) -> None:
    """No sliding window ever holds more than the share of what Daily allows."""
    sent = times(rate_class, share, 150)

    for most, seconds in WINDOWS[rate_class]:
        assert busiest(sent, seconds) <= max(1, most * share)


@pytest.mark.parametrize("rate_class", ["general", "deletion"])
def test_the_whole_share_costs_little_more_than_the_limits(
    rate_class: RateClass,
) -> None:
    """At full share, many requests take at most 1.1 times what the limits allow."""
    sent = times(rate_class, 1.0, 300)

    need = max(seconds / most for most, seconds in WINDOWS[rate_class]) * 299
    assert sent[-1] - sent[0] <= need * 1.1
    assert SLACK < 1.1


def test_above_the_limits_there_is_no_window() -> None:
    """A share above 1, which is for loopback, is a mere even pace."""
    sent = times("general", 1000.0, 1000)

    assert sent[-1] - sent[0] < 1


def test_a_pause_holds_everything_back() -> None:
    """After a pause the next request goes when it is over, then the pace goes on."""
    clock = Clock()
    pace = Pace("general", 1.0, clock=clock, sleep=clock.sleep)
    pace.leave(pace.enter())
    start = clock.now

    pace.pause(9)
    pace.pause(3)
    pace.leave(pace.enter())

    assert clock.now - start == pytest.approx(9, abs=0.1)


def test_idle_time_is_not_saved_up() -> None:
    """After a long rest requests are spaced as before: no burst."""
    clock = Clock()
    pace = Pace("general", 1.0, clock=clock, sleep=clock.sleep)
    pace.leave(pace.enter())
    clock.now += 3600
    sent = []

    for _ in range(25):
        ticket = pace.enter()
        sent.append(clock.now)
        pace.leave(ticket)

    assert min(b - a for a, b in pairwise(sent)) >= interval("general", 1.0) * 0.999


def arrivals(seed: int, jitter: float, count: int) -> Iterator[float]:
    """When requests reach a server that is `jitter` seconds away, more or less.

    One thread plays many workers: answers that are due are given back before the
    next request asks for its turn, as they would be by their own threads.
    """
    chance = random.Random(seed)
    clock = Clock()
    pending: list[tuple[float, int, object]] = []
    pace: Pace

    def sleep(seconds: float) -> None:
        until = clock.now + seconds
        while pending and pending[0][0] <= until:
            clock.now = max(clock.now, pending[0][0])
            pace.leave(heapq.heappop(pending)[2])  # type: ignore[arg-type]
        clock.now = max(clock.now, until)

    pace = Pace("general", 1.0, clock=clock, sleep=clock.sleep)
    pace._sleep = sleep
    for number in range(count):
        ticket = pace.enter()
        there = clock.now + 0.05 + chance.random() * jitter
        yield there
        heapq.heappush(pending, (there + 0.05, number, ticket))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("jitter", [0.0, 0.02, 0.1, 0.5])
def test_a_server_sees_no_crowded_window(seed: int, jitter: float) -> None:
    """Uneven travel never makes a server count more than it allows.

    At Daily's real limits, at full share, with many requests under way at once.
    """
    landed = list(arrivals(seed, jitter, 400))

    for most, seconds in WINDOWS["general"]:
        assert busiest(landed, seconds) <= most
