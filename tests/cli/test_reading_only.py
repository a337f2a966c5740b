"""Commands that read send GET and nothing else, and could not do otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from answers import Clock
from kit import World

from reconciler.cli import main
from reconciler.core.secrecy import Secret
from reconciler.daily.http.client import DailyClient, ReadOnlyError

CONFIG = """
phone_numbers:
  '+12095550100': {pin_dialin: {name_prefix: pin}}
  '+12095550101': {state: absent}
rooms:
  lobby: {privacy: private, properties: {enable_chat: true}}
  gone: {state: absent}
"""
COMMANDS = {
    "validate": ["validate", "config.yaml"],
    "plan": ["plan", "config.yaml"],
    "plan-unmanaged": ["plan", "config.yaml", "--show-unmanaged"],
    "check": ["check", "config.yaml", "--only", "room:*"],
    "dialin": ["dialin", "config.yaml"],
    "import": ["import"],
    "numbers": ["numbers", "config.yaml"],
}
THERE = {name: args for name, args in COMMANDS.items() if args[0] in main.COMMANDS}


@pytest.mark.parametrize("args", THERE.values(), ids=THERE)
def test_a_reading_command_sends_get_only(
    make_world: Callable[..., World], args: list[str]
) -> None:
    """Whatever there is to do, the sandbox sees no write and stays as it was."""
    world = make_world()
    world.sandbox.store.add_room("gone")
    world.sandbox.store.add_dialin_config(
        "pin_dialin", {"phone_number": "+12095550101"}
    )
    world.write(CONFIG)

    ran = world.run(*args)

    assert ran.code == 0, ran.out + ran.err
    assert {request.method for request in world.sent()} <= {"GET"}
    assert bool(world.sent()) is (args[0] != "validate")
    assert "gone" in world.sandbox.store.rooms
    assert len(world.sandbox.store.dialin_configs) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_reading_client_refuses_to_write(
    make_world: Callable[..., World], method: str
) -> None:
    """A write on a client that was made for reading raises, and nothing leaves."""
    world = make_world()
    key = Secret(world.sandbox.settings.key)
    surroundings = Clock().environment()

    with (
        DailyClient(
            world.sandbox.url, key, environment=surroundings, user_agent="t"
        ) as client,
        pytest.raises(ReadOnlyError, match="refused to send"),
    ):
        client.send(method, "/rooms/gone")

    assert world.sent() == []
