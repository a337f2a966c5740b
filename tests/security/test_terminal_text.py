"""No control character of Daily's, or of a config, reaches a terminal or a log."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from kit import World

from reconciler.sandbox.api.routes import Request, Response, answer

MakeWorld = Callable[..., World]
EVIL = "\x1b[2J\x1b]0;title\x07\u202eevil\u2066\x9b31m\x00\x08\r\n::error::evil\u2028"


def _tame(text: str) -> list[str]:
    """The lines that a terminal would obey or show out of order."""
    return [line for line in text.split("\n") if not line.isprintable()]


def _evil(value: Any) -> Any:
    """The same JSON with more in every text; names keep what makes them findable."""
    if isinstance(value, dict):
        return {key: _evil(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_evil(item) for item in value]
    return value + EVIL if isinstance(value, str) else value


def _answering(world: World, change: Callable[[Request, Response], Response]) -> None:
    perform = world.sandbox._perform
    world.monkeypatch.setattr(
        world.sandbox, "_perform", lambda request: change(request, perform(request))
    )


def _fill(world: World) -> None:
    live = world.sandbox.store
    live.add_room("lobby", {"lang": "de"}, privacy="private")
    live.add_room("other", {"dialin": {"display_name": "Old"}, "exp": 4e9})
    live.add_dialin_config(
        "pin_dialin", {"phone_number": "+12095550100", "name_prefix": "pin"}
    )
    world.write("rooms: {lobby: {privacy: private, properties: {lang: en}}}\n")


_COMMANDS = {
    "plan": ["plan", "config.yaml", "--show-unmanaged", "-v"],
    "plan-json": ["plan", "config.yaml", "--show-unmanaged", "--format", "json"],
    "apply": ["apply", "config.yaml", "--yes", "-vv"],
    "apply-json-log": ["apply", "config.yaml", "--yes", "-v", "--log-format", "json"],
    "dialin": ["dialin", "config.yaml", "-v"],
    "import": ["import", "--include-expiring"],
}


@pytest.mark.parametrize("spared", [(), ("domain_name", "name")])
@pytest.mark.parametrize("command", _COMMANDS)
def test_nothing_that_daily_answers_controls_a_terminal(
    make_world: MakeWorld, command: str, spared: tuple[str, ...]
) -> None:
    """Every text of every answer may be hostile: output stays lines of plain text."""
    world = make_world()
    _fill(world)

    def change(_request: Request, response: Response) -> Response:
        honest = json.loads(response.body)
        return answer(response.status, _but(honest, _evil(honest), spared))

    _answering(world, change)

    ran = world.run(*_COMMANDS[command])

    assert ran.code in (0, 1, 3, 4), ran.err
    assert _tame(ran.out) == []
    assert _tame(ran.err) == []


def _but(honest: Any, evil: Any, spared: tuple[str, ...]) -> Any:
    """`evil`, with the honest texts of some keys."""
    if isinstance(honest, dict):
        return {
            key: honest[key] if key in spared else _but(honest[key], evil[key], spared)
            for key in honest
        }
    if isinstance(honest, list):
        return [_but(*pair, spared) for pair in zip(honest, evil, strict=True)]
    return evil


@pytest.mark.parametrize("status", [400, 401, 404, 418, 429, 500])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_no_error_of_daily_controls_a_terminal(
    make_world: MakeWorld, command: str, status: int
) -> None:
    """Words and types of a refusal are made harmless, whatever the status."""
    world = make_world()
    _fill(world)
    refused = answer(status, {"error": EVIL, "info": EVIL})
    writes = command == "apply"
    _answering(world, lambda q, r: r if writes and q.method == "GET" else refused)

    ran = world.run(*_COMMANDS[command])

    assert ran.code in (0, 1, 3)  # a write with status 500 may be found done
    assert _tame(ran.out + ran.err) == []
    assert "::error::evil" not in [line.strip() for line in ran.err.split("\n")]


def test_no_config_controls_a_terminal(make_world: MakeWorld) -> None:
    """Names, values and file names are made harmless in every message."""
    world = make_world()
    texts = ", ".join(json.dumps(f"k{n}{c}") for n, c in enumerate(EVIL))
    world.write(f"rooms: {{{json.dumps(EVIL)}: {{write_only: [{texts}], x: 1}}}}\n")

    ran = world.run("validate", "config.yaml")

    assert ran.code == 1
    assert _tame(ran.out + ran.err) == []
