"""What an apply does between the plan that it shows and the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kit import World

MakeWorld = Callable[..., World]
CONFIG = """rooms:
  lobby:
    privacy: private
    properties: {enable_chat: true}
  phone:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Phone}}
"""


class Terminal:
    """A terminal on which one question is answered, after something happened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.answer = True
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("click.confirm", self._confirm)

    def _confirm(self, text: str, **_options: Any) -> bool:
        self.asked.append(text)
        self.meanwhile()
        return self.answer


@pytest.fixture(name="terminal")
def _terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch)


@pytest.fixture(name="world")
def _world(make_world: MakeWorld) -> World:
    world = make_world()
    world.write(CONFIG)
    return world


def test_the_lock_is_free_while_the_question_waits(
    world: World, terminal: Terminal
) -> None:
    """Another run can write meanwhile; then the plan is another one, and is refused."""
    others = []
    terminal.meanwhile = lambda: others.append(
        world.run("apply", "config.yaml", "--yes", "--lock-file", "lock").code
    )

    ran = world.run("apply", "config.yaml", "--lock-file", "lock")

    assert others == [0]
    assert ran.code == 4
    assert "was changed while the question waited" in ran.err
    assert world.plan().code == 0


def test_what_is_agreed_to_is_written_although_the_answer_came_late(
    world: World, terminal: Terminal
) -> None:
    """Time passes while a question waits; the plan and its dates stay as shown."""
    terminal.meanwhile = lambda: setattr(world.clock, "ahead", 3 * 3600)

    ran = world.run("apply", "config.yaml")

    assert ran.code == 0, ran.err
    assert set(world.sandbox.store.rooms) == {"lobby", "phone"}


@pytest.mark.parametrize("chat", [False, True], ids=["conflicting", "the-same"])
def test_a_colleague_who_is_faster_is_not_overwritten(
    world: World, terminal: Terminal, chat: bool
) -> None:
    """A room that changed under the question refuses the run, and stays as it is."""
    world.apply()
    world.write(CONFIG.replace("enable_chat: true", "enable_chat: false, lang: de"))
    room = world.sandbox.store.rooms["lobby"]

    def edit() -> None:
        room.properties["enable_chat"] = chat
        room.properties["lang"] = "fr"

    terminal.meanwhile = edit
    world.forget()

    ran = world.run("apply", "config.yaml")

    assert ran.code == 4
    assert world.writes() == []
    assert room.properties["lang"] == "fr"


def test_no_writes_nothing(world: World, terminal: Terminal) -> None:
    """A question that is declined ends with 4 and leaves the lock free."""
    terminal.answer = False

    ran = world.run("apply", "config.yaml")

    assert (ran.code, world.writes()) == (4, [])
    assert "declined; nothing was changed" in ran.err
    world.apply()


def test_a_held_lock_is_said_before_the_question(
    world: World, terminal: Terminal
) -> None:
    """Nobody answers a question for a run that cannot go on."""
    terminal.meanwhile = lambda: inner.append(world.run("apply", "config.yaml").code)
    inner: list[int] = []
    world.monkeypatch.setattr(
        "reconciler.operations.lock._take_now",
        lambda _descriptor: (_ for _ in ()).throw(BlockingIOError(11, "held")),
    )

    ran = world.run("apply", "config.yaml")

    assert ran.code == 4
    assert terminal.asked == []
    assert "another run holds the lock" in ran.err
