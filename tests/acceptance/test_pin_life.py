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
    report = ("--report", "r.json", "--markdown", "r.md")
    options = (*report, "--quiet", "--detailed-exitcode", "--format", "json")
    told = world.apply(*options, expect=2)
    sheet = world.run("dialin", "config.yaml")

    written = json.loads((world.folder / "r.json").read_text())
    assert written["findings"] == told.json["findings"] == plan.json["findings"]
    assert "(`no-pin`)" in (world.folder / "r.md").read_text()
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


ROLLING = {"after": "180d", "renew_before": "60d"}


def test_renewals_name_a_pin_room_that_is_missing(make_world: MakeWorld) -> None:
    """A deleted or expired PIN room is named, also where the files are wrong: 2."""
    world = make_world()
    declare(world, expires=ROLLING, properties={"dialin": DIALIN})
    world.apply()
    asked = ("--only-renewals", "--detailed-exitcode", "--metrics", "m.prom")
    assert "no-pin" not in world.apply(*asked).out

    world.travel(181)
    over = world.apply(*asked, "--quiet", expect=2)
    world.sandbox.store.rooms.pop("doctor", None)
    gone = world.apply(*asked, "--quiet", expect=2)
    loud = world.apply(*asked, expect=2)
    with (world.folder / "config.yaml").open("a") as file:
        file.write("webhooks: {}\n")
    wrong = world.apply(*asked, "--quiet", expect=2)

    assert all("[no-pin]" in ran.err for ran in (over, gone, wrong))
    assert "[no-pin]" in loud.out
    assert metric(world, "no-pin") == "1"
    assert "doctor" not in world.sandbox.store.rooms


@pytest.mark.parametrize("quiet", [(), ("--quiet",)], ids=["loud", "quiet"])
def test_renewals_name_a_room_without_its_pin(
    make_world: MakeWorld, quiet: tuple[str, ...]
) -> None:
    """Daily shows no PIN for declared dial-in: a warning, a metric and 2."""
    world = make_world()
    live(world, 100)
    declare(world, expires=ROLLING, properties={"dialin": DIALIN})
    asked = ("--only-renewals", "--detailed-exitcode", "--metrics", "m.prom")

    ran = world.apply(*asked, *quiet, expect=2)

    assert "[no-pin]" in ran.out + ran.err
    assert metric(world, "no-pin") == "1"


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"properties": {}}, 1),
        ({"ends": True}, 0),
        ({"expires": {"after": "180d", "renew_before": "2d"}}, 0),
        ({"properties": {"dialin": None}}, 0),
        ({"state": "absent"}, 0),
    ],
)
def test_renewals_name_a_pin_that_ends(
    make_world: MakeWorld, body: dict[str, Any], count: int
) -> None:
    """A live PIN that nothing renews ends in 3 days: named under --quiet too."""
    world = make_world()
    live(world, 3, dialin=DIALIN)
    declare(world, **body)

    ran = world.apply("--only-renewals", "--quiet", "--metrics", "m.prom")

    assert ran.err.count("[pin-ends]") == count
    assert metric(world, "pin-ends") == str(count)
