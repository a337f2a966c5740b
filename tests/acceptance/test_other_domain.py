"""The key belongs to another domain from some moment of the run on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from kit import World

MakeWorld = Callable[..., World]
NUMBERS = """phone_numbers:
  "+12095550100": {pin_dialin: {name_prefix: one}}
  "+12095550101": {pin_dialin: {name_prefix: two}}
"""
ROOM = "rooms:\n  lobby: {privacy: private}\n"


def _from_reading(world: World, nth: int) -> None:
    """From the nth reading of the domain on, the answer is that of another domain."""
    store = world.sandbox.store
    world.forget()

    def look(_one: object) -> None:
        # It is called after the answer: the next one is the nth.
        if len(world.sent("GET", "/")) >= nth - 1:
            store.settings = replace(store.settings, domain="other")

    world.monkeypatch.setattr(world.sandbox, "_on_request", look)


@pytest.mark.parametrize("store", ["current", "legacy"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_domain_that_changes_during_an_apply_stops_it(
    make_world: MakeWorld, store: str, nth: int
) -> None:
    """No number is written once it was seen, and the report is delivered.

    4 at the first reading, 1 before any write, 3 after one.
    """
    world = make_world()
    world.write(f"dialin_store: {store}\n{NUMBERS}{ROOM}")
    if nth == 1:
        settings = world.sandbox.store.settings
        world.sandbox.store.settings = replace(settings, domain="other")
    else:
        _from_reading(world, nth)
    files = ("--report", "report.json", "--format", "json")

    ran = world.run("apply", "config.yaml", "--yes", *files)

    wrote = world.writes()
    assert ran.code == (3 if wrote else 4 if nth == 1 else 1), ran.err
    assert "other" in ran.out
    assert "Traceback" not in ran.err
    asked = [f"{r.method} {r.path}" for r in world.sent()]
    readings = [i for i, what in enumerate(asked) if what == "GET /"]
    after = asked[readings[nth - 1] :]
    assert [what for what in after if "GET" not in what and "rooms" not in what] == []
    if nth > 1:
        report = json.loads((world.folder / "report.json").read_text())
        assert report["exit_code"] == ran.code
