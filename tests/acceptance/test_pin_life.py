"""PINs that end, and rooms without one, are named in every run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from kit import World

MakeWorld = Callable[..., World]

DAY = 86_400
DIALIN = {"display_name": "Patient"}


def declare(world: World, **body: Any) -> None:
    """One room, declared like this."""
    world.write(f"rooms: {json.dumps({'doctor': {'privacy': 'private', **body}})}\n")


def live(world: World, days: float, **more: Any) -> None:
    """The same room in Daily; it ends in so many days."""
    properties = {"exp": int(world.clock() + days * DAY), **more}
    world.sandbox.store.add_room("doctor", properties, privacy="private")


def metric(world: World, id_: str) -> str:
    """What the last run counted of a finding."""
    text = (world.folder / "m.prom").read_text()
    head = f'daily_reconciler_findings{{domain="acme",id="{id_}"}} '
    (line,) = (line for line in text.splitlines() if line.startswith(head))
    return line.removeprefix(head)


def test_a_fixed_end_is_announced_and_then_reported(make_world: MakeWorld) -> None:
    """`exp` in 9 days: validate, plan and a quiet apply warn; later apply does."""
    world = make_world()
    live(world, 9, dialin=DIALIN)
    exp = int(world.clock() + 9 * DAY)
    world.sandbox.store.rooms["doctor"].properties["exp"] = exp
    declare(world, properties={"exp": exp, "dialin": DIALIN})

    early = [
        world.run("validate", "config.yaml"),
        world.plan(),
        world.apply("--quiet", "--metrics", "m.prom"),
    ]
    assert all("[pin-ends]" in ran.out + ran.err for ran in early)
    assert [ran.code for ran in early] == [0, 0, 0]
    assert metric(world, "pin-ends") == "1"

    world.travel(10)
    late = world.apply(
        "--quiet", "--detailed-exitcode", "--metrics", "m.prom", expect=2
    )
    assert "[expired]" in late.err
    assert metric(world, "expired") == "1"
    text = (world.folder / "m.prom").read_text()
    assert 'nearest_expiry_seconds{domain="acme"} -' in text
    shown = world.run("dialin", "config.yaml", *world.options)
    assert "apply leaves it out" in shown.out


def test_an_end_that_is_meant_is_no_warning(make_world: MakeWorld) -> None:
    """`ends: true`: silence before the end and after it, and code 0."""
    world = make_world()
    exp = int(world.clock() + 9 * DAY)
    declare(world, ends=True, properties={"exp": exp, "dialin": DIALIN})
    world.apply()

    for days in (0, 10):
        world.travel(days)
        ran = world.apply("--quiet", "--detailed-exitcode")
        assert (ran.out, ran.err) == ("", "")


def test_dial_in_without_a_pin_is_named_in_every_run(make_world: MakeWorld) -> None:
    """Daily gave none: 3 for the apply that sent dialin, then 2, and 3 for `dialin`."""
    world = make_world()
    world.monkeypatch.setattr(world.sandbox.store, "new_pin", lambda: None)
    rolling = {"after": "180d", "renew_before": "60d"}
    declare(world, expires=rolling, properties={"dialin": DIALIN})

    world.apply(expect=3)
    plan = world.plan("--format", "json")
    again = world.apply(
        "--quiet", "--detailed-exitcode", "--metrics", "m.prom", expect=2
    )
    sheet = world.run("dialin", "config.yaml")

    assert (plan.code, plan.json["changes"]) == (2, [])
    assert [f["id"] for f in plan.json["findings"]] == ["no-pin"]
    assert "[no-pin]" in again.err
    assert metric(world, "no-pin") == "1"
    assert sheet.code == 3


@pytest.mark.parametrize("days", [20, 100])
def test_dial_in_that_is_added_beside_a_renewal_gets_its_pin(
    make_world: MakeWorld, days: int
) -> None:
    """A room without dial-in, perhaps due, gets `expires` and `dialin`: no alarm."""
    world = make_world()
    live(world, days)
    rolling = {"after": "180d", "renew_before": "60d"}
    declare(world, expires=rolling, properties={"dialin": DIALIN})

    ran = world.apply("--format", "json")

    assert ran.json["pins"] == [{"room": "doctor", "fate": "new"}]
    assert world.sandbox.store.rooms["doctor"].dialin_code
