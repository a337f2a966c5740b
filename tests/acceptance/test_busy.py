"""Rooms with people inside are not deleted, and their numbers not changed, unasked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from kit import NUMBERS, World

MakeWorld = Callable[..., World]

GONE = {"state": "absent"}
HOOK = {"room_creation_api": "https://example.com/incoming"}
DAY = 86_400


def declared(world: World, **config: Any) -> None:
    """Write the config."""
    world.write("".join(f"{key}: {json.dumps(config[key])}\n" for key in config))


def desk(make_world: MakeWorld, people: int) -> World:
    """A domain whose `front-desk` is to be deleted, with so many people in it."""
    world = make_world()
    exp = int(world.clock() + 100 * DAY)
    dialin = {"display_name": "Desk", "room_numbers": [NUMBERS[1]]}
    add = world.sandbox.store.add_room
    add("front-desk", {"exp": exp, "dialin": dialin}, privacy="private")
    add("attic", privacy="private")
    world.sandbox.set_present("front-desk", people)
    declared(world, rooms={"front-desk": GONE})
    return world


def asked(world: World) -> int:
    """How often it was asked who is where."""
    return len(world.sent("GET", "/presence"))


def test_a_room_with_people_inside_is_not_deleted(make_world: MakeWorld) -> None:
    """The apply ends with 4, sends no DELETE, and names the room and the option."""
    world = desk(make_world, 2)

    ran = world.apply(expect=4)

    assert world.writes() == []
    assert "(busy)" in ran.err
    assert "2 people are in rooms whose calls this ends or interrupts" in ran.out
    assert "front-desk (2)" in ran.out
    assert "--allow busy=2" in ran.out + ran.err
    assert asked(world) == 1
    world.apply("--allow", "busy=1", expect=4)
    assert world.writes() == []
    world.apply("--allow", "busy=2")
    assert [r.path for r in world.sent("DELETE")] == ["/rooms/front-desk"]


def test_an_empty_room_costs_one_request_before_the_plan_and_one_before_the_write(
    make_world: MakeWorld,
) -> None:
    """Both are in the numbers that the plan shows."""
    world = desk(make_world, 0)

    plan = world.plan_json()
    planned = len(world.sent())
    assert asked(world) == 1
    assert plan["requests"]["used"] == planned
    assert [g["name"] for g in plan["gates"]] == ["delete"]

    world.forget()
    world.run("apply", "config.yaml", "--yes")
    assert asked(world) == 2
    assert len(world.sent()) - planned == sum(plan["requests"]["to_apply"].values())


def test_plan_shows_the_gate_in_every_format(make_world: MakeWorld) -> None:
    """And keeps its exit code."""
    world = desk(make_world, 1)

    plan = world.plan("--markdown", "p.md", "--html", "p.html", "--out", "p.json")

    assert plan.code == 2
    texts = [(world.folder / f"p.{end}").read_text() for end in ("md", "html", "json")]
    for text in (plan.out, *texts):
        assert "1 person is in rooms whose calls this ends or interrupts" in text
        assert "--allow busy=1" in text
    (gate,) = (g for g in json.loads(texts[-1])["gates"] if g["name"] == "busy")
    assert (gate["count"], gate["limit"], gate["open"]) == (1, 0, False)


def test_what_was_allowed_for_a_plan_file_is_no_leave_to_eject_others(
    make_world: MakeWorld,
) -> None:
    """Who is inside is a fact of the moment: `apply --plan` is given the number."""
    world = desk(make_world, 0)
    world.plan("--out", "empty.json")
    world.sandbox.set_present("front-desk", 1)
    world.plan("--out", "busy.json", "--allow", "busy=1")

    world.apply("--plan", "empty.json", expect=4)
    world.apply("--plan", "busy.json", expect=4)
    assert world.writes() == []
    world.apply("--plan", "empty.json", "--allow", "busy=1")


@pytest.mark.parametrize("wanted", [GONE, {"pinless_dialin": HOOK}])
def test_callers_in_rooms_of_no_file_keep_a_number(
    make_world: MakeWorld, wanted: dict[str, Any]
) -> None:
    """A number whose change interrupts calls waits for those who use it."""
    world = desk(make_world, 3)
    declared(world, phone_numbers={NUMBERS[1]: {"pin_dialin": {}}})
    world.apply()
    declared(world, phone_numbers={NUMBERS[1]: wanted})
    world.forget()

    ran = world.apply(expect=4)

    assert "front-desk (3)" in ran.out
    assert world.writes() == []
    world.sandbox.set_present("front-desk", 0)
    world.apply()


@pytest.mark.parametrize("fault", ["plan-gate", "500", "html-502", "wrong-json"])
def test_a_question_without_an_answer_closes_the_gate(
    make_world: MakeWorld, fault: str
) -> None:
    """It is not known then that the room is empty; the option says that it may be."""
    world = desk(make_world, 0)
    world.sandbox.faults.add(f"{fault}:GET:/presence*all")

    ran = world.apply(expect=4)

    assert "whether people are in front-desk is not known: GET /presence" in ran.out
    assert world.writes() == []
    world.apply("--allow", "busy=1")


def test_other_changes_ask_nothing(make_world: MakeWorld) -> None:
    """Also where people are in the room."""
    world = desk(make_world, 5)
    declared(
        world, rooms={"attic": {"privacy": "public"}, "new": {"privacy": "public"}}
    )

    world.apply()

    assert asked(world) == 0
