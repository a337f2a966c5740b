"""`plan --quiet --metrics`: an alarm on drift that writes nothing to Daily."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from kit import World

from reconciler.sandbox.faults import Faults

ROOMS = "rooms:\n  a: {privacy: private}\n  b: {privacy: private}\n"
DAY = 86_400


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """An empty domain with its own sandbox."""
    return make_world()


def _values(world: World) -> dict[str, float]:
    """The series of the file, without the ones that are 0 in every run."""
    text = (world.folder / "m.prom").read_text(encoding="utf-8")
    found = re.findall(r"^(daily_reconciler_\S+) (-?[0-9]+)$", text, re.MULTILINE)
    return {name.replace('domain="acme",', ""): float(value) for name, value in found}


def _pending(world: World) -> dict[str, float]:
    return {k: v for k, v in _values(world).items() if "_pending{" in k}


def test_pending_changes_are_counted_and_nothing_is_said_once_in_sync(
    world: World,
) -> None:
    """Every action and origin has a series, also with 0; in sync stdout is empty."""
    world.write(ROOMS)

    ran = world.run("plan", "config.yaml", "--quiet", "--metrics", "m.prom")

    assert ran.code == 0
    assert "create room a" in ran.out
    create = 'daily_reconciler_pending{action="create",origin="unknown"}'
    series = _pending(world)
    assert series[create] == 2
    assert len(series) == 5 * 3
    assert not world.writes()
    world.apply()
    world.forget()
    quiet = world.run("plan", "config.yaml", "--quiet", "--metrics", "m.prom")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert _pending(world) == dict.fromkeys(series, 0)
    assert not world.writes()


def test_drift_is_told_from_changes(world: World) -> None:
    """With `--base`, what Daily moved away from has the origin drift."""
    world.write(ROOMS)
    world.apply()
    (world.folder / "base.yaml").write_text(
        (world.folder / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    world.sandbox.store.rooms["a"].privacy = "public"

    args = ("--quiet", "--base", "base.yaml", "--metrics", "m.prom")
    world.run("plan", "config.yaml", *args)

    drift = 'daily_reconciler_pending{action="update",origin="drift"}'
    assert _pending(world)[drift] == 1


def test_the_first_end_of_a_pin_room_that_no_file_names(world: World) -> None:
    """Throw-away rooms do not count, and a room that leaves takes its series along."""
    world.write(ROOMS)
    name = 'daily_reconciler_unmanaged_pin_nearest_expiry_seconds{domain="acme"}'
    for room, days in (("far", 200), ("near", 30)):
        exp = int(world.clock() + days * DAY)
        properties = {"exp": exp, "dialin": {"display_name": "x"}}
        world.sandbox.store.add_room(room, properties, privacy="private")

    world.run("plan", "config.yaml", "--quiet", "--metrics", "m.prom")

    assert _values(world)[name] == pytest.approx(30 * DAY, abs=60)


def test_a_failing_plan_keeps_what_the_last_one_found(world: World) -> None:
    """An alert on pending changes does not end because Daily cannot be read."""
    world.write(ROOMS)
    world.run("plan", "config.yaml", "--quiet", "--metrics", "m.prom")
    before = _pending(world)
    world.sandbox.faults = Faults(["plan-gate:GET*all"])

    ran = world.run("plan", "config.yaml", "--quiet", "--metrics", "m.prom")

    assert ran.code == 1
    assert _pending(world) == before
    assert _values(world)['daily_reconciler_plan_exit_code{domain="acme"}'] == 1


def test_quiet_still_says_what_is_urgent(world: World) -> None:
    """A PIN that nothing renews ends soon: on stderr, although nothing is to do."""
    exp = int(world.clock() + 20 * DAY)
    world.write(
        f"rooms:\n  a: {{privacy: private, properties: {{exp: {exp}, "
        "dialin: {display_name: x}}}\n"
    )
    world.apply()

    ran = world.run("plan", "config.yaml", "--quiet", "--metrics", "m.prom")

    assert ran.out == ""
    assert "[pin-ends]" in ran.err
    findings = 'daily_reconciler_plan_findings{id="pin-ends"}'
    assert _values(world)[findings] == 1


def test_json_is_a_document_also_quietly(world: World) -> None:
    """`--quiet` is about text."""
    world.write("rooms: {}\n")

    ran = world.run("plan", "config.yaml", "--quiet", "--format", "json")

    assert ran.json["changes"] == []
