"""The example config: valid, applied, in sync, and complete."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kit import Ran, World

from reconciler.environment import real
from reconciler.sandbox.settings import ASSUMPTIONS, Assume

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "config.example.yaml"
# Years after it was written, it still has to be an example.
DAYS = (0, 400, 3_650)
# The kit takes all waiting away; a sandbox of its own has Daily's real limits.


def copied(make_world: Callable[..., World], **settings: Any) -> World:
    """A world whose config is the example."""
    world = make_world(**settings)
    shutil.copy(EXAMPLE, world.config)
    return world


def run(world: World, command: str, *more: str) -> Ran:
    """One command on the example with a sandbox of its own, as a reader would."""
    return world.run(command, "config.yaml", "--sandbox", "--rate", "1", *more)


def test_the_example_is_valid_without_any_variable(
    make_world: Callable[..., World],
) -> None:
    """Nothing has to be set, and nothing in it is an error or a warning."""
    world = copied(make_world)

    ran = world.run("validate", "config.yaml", "--format", "json")

    assert ran.code == 0
    assert ran.json["findings"] == []


@pytest.mark.parametrize("day", DAYS)
def test_the_example_does_not_expire(
    make_world: Callable[..., World], day: int
) -> None:
    """Plan says 2, apply 0, plan 0, on whichever day somebody tries it."""
    world = copied(make_world)
    world.travel(day)

    assert world.plan().code == 2
    world.apply()

    dialin = world.run("dialin", "config.yaml")
    assert re.search(r"\+12095550100,,\d{11}", dialin.out)


@pytest.mark.slow
def test_the_example_tells_its_story_in_its_own_sandbox(
    make_world: Callable[..., World],
) -> None:
    """`--sandbox` needs no account, no variable and no other process."""
    world = copied(make_world)
    world.environment = real

    before = run(world, "plan", "--detailed-exitcode")
    applied = run(world, "apply", "--yes")
    after = run(world, "plan", "--detailed-exitcode")

    assert [before.code, applied.code, after.code] == [2, 0, 0], applied.out
    assert "3 rooms and 1 assignment left alone" in after.out
    assert (world.folder / ".daily-sandbox.json").exists()
    assert world.sent() == []


@pytest.mark.parametrize(
    "assume",
    [
        pytest.param({name: value}, id=f"{name}-{value}")
        for name, values in ASSUMPTIONS.items()
        for value in values[1:]
    ],
)
@pytest.mark.parametrize("store", ["current", "legacy"])
def test_the_example_converges_in_every_world(
    make_world: Callable[..., World], assume: dict[str, str], store: str
) -> None:
    """In every world that Daily may be, and in both stores."""
    world = copied(make_world, assume=Assume(**assume))
    text = EXAMPLE.read_text(encoding="utf-8")
    world.write(text.replace("_store: current", f"_store: {store}"), head=False)
    blind = store == "legacy" and assume == {"lists": "absent"}

    assert world.plan().code == 2
    world.apply(expect=4 if blind else 0)


def own_keys(schema: dict[str, Any]) -> Iterator[str]:
    """Every key of this tool's own: at the top, of limits, of rooms and numbers."""
    kinds = schema["$defs"]
    yield from schema["properties"]
    yield from schema["properties"]["limits"]["properties"]
    yield from schema["properties"]["defaults"]["properties"]
    for kind in ("room", "number", "expires"):
        yield from kinds[kind]["properties"]


def test_the_example_shows_every_key_of_ours() -> None:
    """A reader of the example meets each key that this tool adds to Daily's."""
    schema = json.loads((REPOSITORY / "schemas/config.schema.json").read_text())
    text = EXAMPLE.read_text(encoding="utf-8")

    missing = [key for key in own_keys(schema) if not re.search(rf"\b{key}:", text)]

    assert missing == []


def test_the_example_shows_both_kinds_whole() -> None:
    """Each field of both kinds of assignment, and of dialin, stands in the example."""
    schema = json.loads((REPOSITORY / "schemas/config.schema.json").read_text())
    text = EXAMPLE.read_text(encoding="utf-8")
    roles = schema["$defs"]["number"]["properties"]
    dialin = schema["$defs"]["room_properties"]["properties"]["dialin"]

    fields = {
        *roles["pin_dialin"]["properties"],
        *roles["pinless_dialin"]["properties"],
        *dialin["properties"],
    }

    assert {field for field in fields if f"{field}:" not in text} == set()


def test_the_example_is_yaml_for_everybody() -> None:
    """Another YAML reader takes it too, anchors and merge keys included."""
    read = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))

    assert read["rooms"]["team-blue"]["properties"]["enable_hand_raising"] is True
