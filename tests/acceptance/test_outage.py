"""A Daily that keeps failing ends the run soon, and the report says what is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from kit import World

from reconciler.environment import real
from reconciler.sandbox.faults import Faults

ROOMS = "limits: {update: 300, delete: 300}\nrooms:\n" + "".join(
    f"  room-{n:03}: {{privacy: private, properties: {{enable_chat: true}}}}\n"
    for n in range(200)
)
GONE = "limits: {delete: 300}\nrooms:\n" + "".join(
    f"  room-{n:03}: {{state: absent}}\n" for n in range(200)
)


BEFORE_THE_LAST_LOOK = 10
"""Seconds."""


@pytest.fixture
def big(make_world: Callable[..., World]) -> World:
    """200 rooms, each of which the file changes."""
    world = make_world()
    for n in range(200):
        world.sandbox.store.add_room(f"room-{n:03}", privacy="private")
    world.write(ROOMS)
    return world


def _break_after_reading(world: World, *specs: str, later: int = 0) -> None:
    """Once the plan is made, and `later` more reads, these faults last."""
    world.plan()
    reads = len(world.sent("GET")) + later
    world.sandbox.faults = Faults([spec.replace("N", str(reads + 1)) for spec in specs])
    world.forget()


@pytest.mark.parametrize("config", [ROOMS, GONE], ids=["update", "delete"])
@pytest.mark.parametrize("kind", ["503", "500", "reset", "html-502"])
def test_an_outage_during_an_apply_ends_it(big: World, kind: str, config: str) -> None:
    """A few dozen requests, most changes not tried, none called done.

    Deletions repeat. One has failed where its room was there, or was not read before.
    """
    big.write(config)
    writes = "DELETE" if config is GONE else "POST"
    # A room is read again before it is deleted, and not before a plain update.
    later = 20 if config is GONE else 0
    faults = (f"{kind}:{writes}*all", f"{kind}:GET@N*all")
    _break_after_reading(big, *faults, later=later)

    ran = big.run("apply", "config.yaml", "--yes", "--format", "json")

    outcomes = [result["outcome"] for result in ran.json["results"]]
    # Where a reading saw each room of a deletion still there, nothing was changed.
    assert ran.code == 3 or (config is GONE and "unknown" not in outcomes)
    assert len(big.sent()) < 100
    # Who is inside cannot be told any more either, and closes the gate `busy`.
    held = {"moved since the plan"} if config is GONE else set()
    assert set(outcomes) <= {"unknown", "failed", "not tried", *held}
    assert outcomes.count("not tried") >= 150
    tried = outcomes.count("unknown") + outcomes.count("failed")
    assert tried >= len(set(big.writes()))
    assert len(big.writes()) <= 30
    if config is ROOMS:
        assert "failed" not in outcomes
    assert ran.json["stopped"] in (
        "Daily keeps failing",
        "Daily can no longer be reached",
    )


def test_an_outage_of_writes_alone_ends_an_apply(big: World) -> None:
    """Reads that still work do not keep a run going whose writes all fail."""
    _break_after_reading(big, "503:POST*all")

    ran = big.run("apply", "config.yaml", "--yes", "--format", "json")

    outcomes = [result["outcome"] for result in ran.json["results"]]
    assert ran.code in (1, 3)
    assert len(big.sent()) < 120
    assert outcomes.count("not tried") >= 150
    assert "done" not in outcomes


def test_after_an_outage_the_last_look_tells_what_was_done(big: World) -> None:
    """Answers were lost, then nothing could be read, then Daily is back: all is known.

    The writes were done by Daily. One look after the pause finds them.
    """
    _break_after_reading(big, "lost-answer:POST*all", "503:GET@N*all")

    def sleep(seconds: float) -> None:
        if seconds == BEFORE_THE_LAST_LOOK:
            big.sandbox.faults = Faults()

    big.environment = lambda stop: replace(real(stop), sleep=sleep)

    ran = big.run("apply", "config.yaml", "--yes", "--format", "json")

    outcomes = [result["outcome"] for result in ran.json["results"]]
    written = sum(
        "enable_chat" in r.properties for r in big.sandbox.store.rooms.values()
    )
    assert ran.code == 3
    assert set(outcomes) == {"done", "not tried"}
    assert outcomes.count("done") == written > 0
    big.apply()


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_an_outage_while_reading_changes_nothing(big: World, command: str) -> None:
    """Reading that gets no answer ends with 1 and a message after a few requests."""
    big.sandbox.faults = Faults(["503:GET*all"])
    args = ["--yes"] if command == "apply" else []

    ran = big.run(command, "config.yaml", *args)

    assert ran.code == 1
    assert "GET /" in ran.err
    assert len(big.sent()) <= 40
