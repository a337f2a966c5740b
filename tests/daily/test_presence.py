"""Who is in which room, as Daily shows it, or that it is not known."""

from __future__ import annotations

import httpx
import pytest
from answers import client_on

from reconciler.core.model import Presence
from reconciler.daily.presence import read_presence

ALICE = {"room": "lobby", "id": "a", "userName": "Alice"}


def presence(answer: httpx.Response) -> tuple[Presence, int]:
    """What an answer shows, and how many requests that took."""
    with client_on(lambda _request: answer) as client:
        return read_presence(client), client.counters.requests


@pytest.mark.parametrize(
    ("shown", "people"),
    [
        ({}, {}),
        ({"lobby": [ALICE, {**ALICE, "id": "b"}], "hall": []}, {"lobby": 2, "hall": 0}),
        ({"lobby": [{"id": "a"}]}, {"lobby": 1}),
        ({"Lobby": [ALICE]}, {"Lobby": 1}),
        ({"data": [{"room": "data"}]}, {"data": 1}),
    ],
)
def test_people_are_counted_by_room(shown: object, people: dict[str, int]) -> None:
    """One request for the domain."""
    assert presence(httpx.Response(200, json=shown)) == (Presence(people), 1)


@pytest.mark.parametrize(
    "shown",
    [
        None,
        [],
        [ALICE],
        "lobby",
        {"total_count": 1, "data": [ALICE]},
        {"data": [ALICE]},
        {"lobby": None},
        {"lobby": 2},
        {"lobby": {"a": ALICE}},
        {"lobby": ["a"]},
        {"lobby": [{**ALICE, "room": 7}]},
        {"error": "not-found", "info": "no such thing"},
    ],
)
def test_another_shape_is_not_known(shown: object) -> None:
    """An answer that may leave people out proves nothing."""
    found, _ = presence(httpx.Response(200, json=shown))

    assert found.people == {}
    assert found.problem.startswith("GET /presence failed: ")


@pytest.mark.parametrize("status", [400, 403, 404, 500, 502])
def test_a_refusal_is_not_known(status: int) -> None:
    """A key that may not ask, a plan without it, or a failure."""
    found, _ = presence(httpx.Response(status, json={"error": "forbidden"}))

    assert found.people == {}
    assert found.problem.startswith("GET /presence failed: ")
