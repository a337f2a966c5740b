"""Every exit code, reached through the command line."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from kit import World

from reconciler.sandbox.faults import Faults
from reconciler.sandbox.state.store import Store

ROOM = "rooms:\n  lobby: {privacy: private, properties: {enable_chat: true}}\n"
EXP = int(time.time()) + 90 * 86_400
UNKNOWN = "rooms:\n  lobby: {privacy: private, extra_properties: {brand_new: 1}}\n"
BOTH = ROOM + "  den: {privacy: private, extra_properties: {brand_new: 1}}\n"
SIX = "rooms:\n" + "".join(f"  room-{n}: {{state: absent}}\n" for n in range(6))
PIN = (
    "rooms:\n  lobby:\n    privacy: private\n"
    f"    properties: {{exp: {EXP}, dialin: {{display_name: Phone}}}}\n"
)


def _nothing(_world: World) -> None:
    """The world as it is."""


def _in_sync(world: World) -> None:
    world.apply()


def _six(world: World) -> None:
    for number in range(6):
        world.sandbox.store.add_room(f"room-{number}")


def _seven(world: World) -> None:
    _six(world)
    world.sandbox.store.add_room("lobby", {"enable_chat": False}, privacy="private")


def _lost(world: World) -> None:
    """The only write is answered by nobody, and nothing can be read afterwards."""
    world.sandbox.faults.add("lost-answer:POST:/rooms*all")
    world.sandbox.faults.add("500:GET:/rooms@2*all")
    world.sandbox.faults.add("500:GET:/rooms/*@2*all")


def _down(world: World) -> None:
    world.sandbox.faults.add("html-502*all")


def _other(world: World) -> None:
    world.write("version: 1\ndomain: other\n" + ROOM, head=False)


def _forgetful(world: World) -> None:
    """Daily says yes and keeps something else."""
    store: Store = world.sandbox.store
    world.monkeypatch.setattr(
        world.sandbox,
        "_on_request",
        lambda one: (
            one.method == "POST"
            and store.rooms["lobby"].properties.update(enable_chat=False)
        ),
    )


PLAN, DETAILED = ["plan"], ["plan", "--detailed-exitcode"]
APPLY = ["apply", "--yes"]

CASES = [
    ("validate-good", ROOM, _nothing, ["validate"], 0),
    ("validate-bad", "rooms: []\n", _nothing, ["validate"], 1),
    ("plan-in-sync", ROOM, _in_sync, PLAN, 0),
    ("plan-in-sync-detailed", ROOM, _in_sync, DETAILED, 0),
    ("plan-differences", ROOM, _nothing, PLAN, 0),
    ("plan-differences-detailed", ROOM, _nothing, DETAILED, 2),
    ("plan-beyond-limits", SIX, _six, PLAN, 0),
    ("plan-beyond-limits-detailed", SIX, _six, DETAILED, 2),
    ("plan-bad-config", "rooms: []\n", _nothing, DETAILED, 1),
    ("plan-no-answer", ROOM, _down, DETAILED, 1),
    ("plan-wrong-domain", ROOM, _other, DETAILED, 4),
    ("apply-done", ROOM, _nothing, APPLY, 0),
    ("apply-done-detailed", ROOM, _nothing, [*APPLY, "--detailed-exitcode"], 2),
    ("apply-in-sync", ROOM, _in_sync, APPLY, 0),
    ("apply-in-sync-detailed", ROOM, _in_sync, [*APPLY, "--detailed-exitcode"], 0),
    ("apply-bad-config", "rooms: []\n", _nothing, APPLY, 1),
    ("apply-no-answer", ROOM, _down, APPLY, 1),
    ("apply-refused-by-daily", UNKNOWN, _nothing, APPLY, 1),
    ("apply-refused-detailed", UNKNOWN, _nothing, [*APPLY, "--detailed-exitcode"], 1),
    ("apply-part-way", BOTH, _nothing, APPLY, 3),
    ("apply-part-way-detailed", BOTH, _nothing, [*APPLY, "--detailed-exitcode"], 3),
    ("apply-answer-lost", ROOM, _lost, APPLY, 3),
    ("apply-kept-otherwise", ROOM, _forgetful, APPLY, 3),
    ("apply-wrong-domain", ROOM, _other, APPLY, 4),
    ("apply-beyond-limits", SIX, _six, APPLY, 4),
    ("apply-allowed", SIX, _six, [*APPLY, "--allow", "delete=6"], 0),
    ("apply-allowed-too-little", SIX, _six, [*APPLY, "--allow", "delete=5"], 4),
    ("apply-no-terminal", ROOM, _nothing, ["apply"], 64),
    ("apply-bad-option", ROOM, _nothing, ["apply", "--nope"], 64),
    ("dialin", PIN, _in_sync, ["dialin"], 0),
    ("dialin-bad-config", "rooms: []\n", _nothing, ["dialin"], 1),
    ("no-command", ROOM, _nothing, ["reconcile"], 64),
]


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize(
    ("config", "prepare", "args", "code"),
    [pytest.param(*case, id=name) for name, *case in CASES],
)
def test_the_code_says_how_it_ended(
    make_world: Callable[..., World],
    config: str,
    prepare: Callable[[World], None],
    args: list[str],
    code: int,
    *,
    as_json: bool,
) -> None:
    """One code per end, the same in text and in JSON, and the JSON repeats it."""
    world = make_world()
    world.write(config)
    prepare(world)
    world.forget()

    ran = world.run(*args, "config.yaml", *(["--format", "json"] if as_json else []))

    assert ran.code == code, ran.out + ran.err
    assert "Traceback" not in ran.err
    if as_json:
        # A plan has no exit code: the option decides it.
        assert ran.json.get("exit_code", code) == code
    if args[0] != "apply" or code in (4, 64):
        assert world.writes() == []
    world.sandbox.faults = Faults()


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["plan", "--help"], []])
def test_help_is_no_failure(make_world: Callable[..., World], args: list[str]) -> None:
    """Help and version end with 0; no command at all shows the help."""
    world = make_world()

    ran = world.run(*args)

    assert ran.code == (0 if args else 64)
    assert "daily-reconciler" in ran.out + ran.err
