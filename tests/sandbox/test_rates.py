"""The rate limits, with times of ours: nothing here waits."""

import pytest
from sandbox.world import AUTH

from reconciler.sandbox.api.routes import Request
from reconciler.sandbox.rates import LIMITS, RateLimits, rate_class
from reconciler.sandbox.settings import Settings


@pytest.mark.parametrize("name", LIMITS)
def test_windows(name):
    """Each class admits what its short window allows, and no more, until it slid."""
    limits = RateLimits()
    (count, length), _ = LIMITS[name]

    assert [limits.admit(name, 0.0) for _ in range(count)] == [None] * count
    assert limits.admit(name, 0.25) == pytest.approx(length - 0.25)
    assert limits.admit(name, length) is None


@pytest.mark.parametrize("name", LIMITS)
def test_long_windows(name):
    """At an even pace below the short limit, the long window is what refuses."""
    limits = RateLimits()
    (short, _), (count, length) = LIMITS[name]
    times = [index / short for index in range(count * 3)]

    admitted = [at for at in times if limits.admit(name, at) is None]

    assert len([at for at in admitted if at < length]) == min(count, short * length)


def test_windows_slide():
    """What counts is the last second, not the second of a clock."""
    limits = RateLimits()
    for index in range(20):
        limits.admit("most", 0.9 + index / 1000)

    assert limits.admit("most", 1.1) is not None
    assert limits.admit("most", 1.91) is None


def test_refused_requests_do_not_count():
    """A client that hammers is served as soon as one that waited."""
    limits = RateLimits()
    for _ in range(20):
        limits.admit("most", 0.0)
    for index in range(1000):
        assert limits.admit("most", index / 1000) is not None

    assert limits.admit("most", 1.0) is None


def test_classes_count_alone():
    """A full class leaves the others free."""
    limits = RateLimits()
    for _ in range(3):
        limits.admit("delete_room", 0.0)

    assert limits.admit("most", 0.0) is None
    assert limits.admit("start", 0.0) is None


@pytest.mark.parametrize("scale", [0, float("inf")])
def test_limits_switched_off(scale):
    """A scale of nothing, or of infinity, means no limits."""
    limits = RateLimits(scale)

    assert {limits.admit("start", 0.0) for _ in range(1000)} == {None}


def test_scaled_limits():
    """A scale multiplies every limit; at least one request always passes."""
    generous, stingy = RateLimits(10), RateLimits(0.01)

    assert [generous.admit("delete_room", 0.0) for _ in range(20)] == [None] * 20
    assert generous.admit("delete_room", 0.0) is not None
    assert stingy.admit("start", 0.0) is None
    assert stingy.admit("start", 0.0) is not None


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "", "most"),
        ("POST", "rooms", "most"),
        ("GET", "rooms/r", "most"),
        ("DELETE", "rooms/r", "delete_room"),
        ("DELETE", "batch/rooms", "most"),
        ("DELETE", "domain-dialin-config/x", "most"),
        ("GET", "recordings", "delete_room"),
        ("POST", "rooms/r/recordings/start", "start"),
        ("POST", "rooms/r/dialOut/start", "start"),
    ],
)
def test_classes(method, path, name):
    """Deleting a room is slow, starting media slower, the rest is ordinary."""
    assert rate_class(method, tuple(path.split("/")) if path else ()) == name


@pytest.mark.parametrize("retry_after", [False, True])
def test_answer_over_the_limit(start, retry_after):
    """Over the limit is a 429; Retry-After is sent only when asked for."""
    sandbox, _ = start(Settings(retry_after=retry_after))
    request = Request("DELETE", "/v1/rooms/none", "", AUTH)

    answers = [sandbox.respond(request, at) for at in (0.0, 0.1, 0.2, 1.0)]

    assert [one.status for one in answers] == [404, 404, 429, 404]
    assert b'"rate-limit-error"' in answers[2].body
    assert ("Retry-After" in answers[2].headers) is retry_after
