"""What the tool sends and what the sandbox answers, against Daily's own document."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from conformance.document import (
    Exchange,
    Judge,
    read_document,
)
from every_property import one_key_each, properties
from kit import World

from reconciler.sandbox.api.routes import Request, Response, relative
from reconciler.sandbox.settings import ASSUMPTIONS, Assume

MakeWorld = Callable[..., World]
Tape = list[Exchange]
Node = dict[str, Any]
NUMBERS = """
dialin_store: STORE
phone_numbers:
  '+12095550100': {pin_dialin: {name_prefix: pin, ivr_greeting: {message: Hello}}}
  '+12095550102': {pin_dialin: {name_prefix: other}}
  '+12095550101':
    pinless_dialin:
      name_prefix: support
      room_creation_api: https://example.com/in
      hmac: aGVsbG8gaGVsbG8gaGVsbG8=
      hold_music_url: https://example.com/hold.mp3
      timeout_config: {message: Bye}
"""
LATER = {
    "name_prefix: pin,": "name_prefix: changed,",
    "name_prefix: support": "name_prefix: helpdesk",
    "{pin_dialin: {name_prefix: other}}": "{state: absent}",
}


def record(world: World) -> Tape:
    """Everything that goes over the wire from now on."""
    tape: Tape = []
    perform = world.sandbox._perform

    def recorded(request: Request) -> Response:
        response = perform(request)
        tape.append(
            Exchange(
                request.method,
                relative(request.path),
                request.query,
                request.body,
                response.status,
                response.body,
            )
        )
        return response

    world.monkeypatch.setattr(world.sandbox, "_perform", recorded)
    return tape


def _rooms(whole: dict[str, Any], privacy: str = "private") -> str:
    has_objects = any(isinstance(value, dict) for value in whole.values())
    parts = one_key_each(whole) if has_objects else []
    small = {f"small-{n:02}": room for n, room in enumerate(parts)}
    plain = {f"plain-{n}": {"lang": "de"} for n in range(40)}
    body = {
        name: {"privacy": privacy, "properties": room}
        for name, room in {"whole": whole, **small, **plain}.items()
    }
    return f"rooms: {json.dumps(body)}\n"


def broad_run(world: World, store: str) -> None:
    """Every kind of action on every property, alone and in batches, to the end."""
    numbers = NUMBERS.replace("STORE", store)
    first, second = properties(time.time())
    world.write(numbers + _rooms(first))
    world.apply()
    for old, new in LATER.items():
        assert old in numbers
        numbers = numbers.replace(old, new)
    changed = {
        **second,
        "dialin": {**second["dialin"], "room_numbers": ["+12095550100"]},
    }
    world.write(numbers + _rooms(changed, "public"))
    world.apply("--allow", "update=99")
    world.write(numbers + _rooms({**dict.fromkeys(first), "exp": first["exp"]}))
    world.apply("--allow", "update=99")
    gone = "".join(f"  plain-{n}: {{state: absent}}\n" for n in range(3))
    world.write(f"{numbers}rooms:\n{gone}")
    world.apply()
    world.write("rooms: {ghost: {privacy: private}}\n")
    world.plan()
    world.run("dialin", "config.yaml")
    world.run("import", "--include-expiring")


def _whole_tape(make_world: MakeWorld, store: str, echo: str) -> Tape:
    world = make_world(assume=Assume(echo=echo))
    tape = record(world)
    broad_run(world, store)
    return tape


@pytest.mark.slow
@pytest.mark.parametrize("store", ["current", "legacy"])
def test_every_request_is_documented(make_world: MakeWorld, store: str) -> None:
    """Method, path, query and body of all that is sent are what Daily documents."""
    judge = Judge(read_document())
    tape = _whole_tape(make_world, store, "recorded")

    wrong = [text for exchange in tape for text in judge.request(exchange)]

    assert sorted(set(wrong)) == []
    calls = {(e.method, e.path.split("/")[1]) for e in tape}
    assert {("POST", "rooms"), ("POST", "batch"), ("DELETE", "rooms")} <= calls
    assert (
        ("POST", "") if store == "legacy" else ("PUT", "domain-dialin-config")
    ) in calls


@pytest.mark.slow
@pytest.mark.parametrize("echo", ASSUMPTIONS["echo"])
def test_every_answer_of_the_sandbox_is_documented(
    make_world: MakeWorld, echo: str
) -> None:
    """Status and body of what the sandbox answers are what Daily documents."""
    judge = Judge(read_document())
    tape = _whole_tape(make_world, "current", echo)

    wrong = [text for exchange in tape for text in judge.answer(exchange)]

    assert sorted(set(wrong)) == []
    assert {200, 404} <= {exchange.status for exchange in tape}


def _ask(world: World, path: str) -> None:
    """Ask the sandbox for something that the tool does not ask for."""
    key = {"Authorization": f"Bearer {world.sandbox.settings.key}"}
    httpx.get(world.sandbox.url + path, headers=key, trust_env=False)


def test_the_api_log_is_documented(make_world: MakeWorld) -> None:
    """Every filter, page and refusal of the log, on calls of each sort."""
    judge = Judge(read_document())
    world = make_world()
    world.write("rooms: {lobby: {privacy: private}}\n")
    world.apply()
    _ask(world, "/rooms/nowhere")
    (newest, *_) = world.sandbox.store.calls
    tape = record(world)
    queries = ("", "limit=2", "source=api&url=/v1/rooms", "source=webhook")
    cursors = (f"starting_after={newest.id}", f"ending_before={newest.id}")
    wrong = ("source=mail", "limit=0", "starting_after=x")
    for query in (*queries, *cursors, *wrong):
        _ask(world, f"/logs/api?{query}")

    assert [e.status for e in tape] == [200] * 6 + [400] * 3
    assert [w for e in tape for w in (*judge.request(e), *judge.answer(e))] == []
    _holds_every_field(judge, tape[0], json.loads(tape[0].answer)[0])


def test_presence_is_documented(make_world: MakeWorld) -> None:
    """Rooms with participants and none at all."""
    judge = Judge(read_document())
    world = make_world()
    tape = record(world)
    _ask(world, "/presence")
    world.sandbox.set_present("lobby", 2)
    _ask(world, "/presence")

    assert [w for e in tape for w in (*judge.request(e), *judge.answer(e))] == []
    _holds_every_field(judge, tape[1], json.loads(tape[1].answer)["lobby"][0])


def _holds_every_field(judge: Judge, exchange: Exchange, item: Node) -> None:
    """An item has the fields that the document gives it, and no other."""
    assert set(item) == judge.fields(exchange)


def test_a_batch_of_deletions_is_documented(make_world: MakeWorld) -> None:
    """The sandbox takes and answers the one call whose body the document leaves out."""
    judge = Judge(read_document())
    world = make_world()
    tape = record(world)
    world.sandbox.store.add_room("lobby")
    with httpx.Client(trust_env=False) as client:
        client.request(
            "DELETE",
            f"{world.sandbox.url}/batch/rooms",
            headers={"Authorization": f"Bearer {world.sandbox.settings.key}"},
            json={"room_names": ["lobby"]},
        )

    assert [e.status for e in tape] == [200]
    assert [w for e in tape for w in (*judge.request(e), *judge.answer(e))] == []
