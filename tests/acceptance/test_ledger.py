"""What callers have been told is compared with what they find, on every run."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit import World, world

LEDGER = "dialin.ledger"
KEY = "a key for tests, long enough"
ROOM = """
  {name}:
    privacy: private
    expires: {{after: 180d, renew_before: 60d}}
    properties: {{dialin: {{display_name: P, room_numbers: ["{number}"]}}}}
"""
NUMBER = "+12095550100"


@pytest.fixture
def acme(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[World]:
    """A domain with one PIN room, dr-miller, that was applied."""
    with world(tmp_path, monkeypatch, capsys) as made:
        declare(made, "dr-miller")
        made.apply()
        yield made


@pytest.fixture
def keyed(acme: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same, with a key for PINs on this machine."""
    monkeypatch.setenv("DAILY_LEDGER_KEY", KEY)
    return acme


def declare(acme: World, *rooms: str, number: str = NUMBER, more: str = "") -> None:
    """Declare PIN rooms that are reached by one number, and a ledger."""
    numbers = ", ".join(f'"{n}": {{pin_dialin: {{}}}}' for n in {NUMBER, number})
    acme.write(
        f"ledger: {LEDGER}\nphone_numbers: {{{numbers}}}\nrooms:\n"
        + "".join(ROOM.format(name=name, number=number) for name in rooms)
        + more
    )


def ask(acme: World, method: str, path: str, body: Any = None) -> Any:
    """Ask the sandbox as another program would."""
    request = urllib.request.Request(
        acme.sandbox.url + path,
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={
            "Authorization": f"Bearer {acme.sandbox.settings.key}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def recreate(acme: World, name: str = "dr-miller") -> None:
    """Delete a room and create it again, as a colleague would in the dashboard."""
    room = ask(acme, "GET", f"/rooms/{name}")
    ask(acme, "DELETE", f"/rooms/{name}")
    config = {k: v for k, v in room["config"].items() if k in ("exp", "dialin")}
    ask(
        acme,
        "POST",
        "/rooms",
        {"name": name, "privacy": "private", "properties": config},
    )


def record(acme: World, *args: str, expect: int = 0) -> Any:
    """Bring the ledger up to date."""
    ran = acme.run("dialin", "config.yaml", "--update-ledger", *acme.options, *args)
    assert ran.code == expect, ran.out + ran.err
    return ran


def ledger(acme: World) -> str:
    """The file."""
    return (acme.folder / LEDGER).read_bytes().decode()


def ids(document: Any) -> list[str]:
    """The ids of the findings of a JSON document."""
    return [found["id"] for found in document["findings"]]


@pytest.mark.parametrize("key", ["", KEY], ids=["no key", "key"])
def test_a_room_that_was_recreated_is_the_first_thing_that_is_said(
    acme: World, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """With the day on which its callers were told; its id tells it without a key."""
    monkeypatch.setenv("DAILY_LEDGER_KEY", key)
    record(acme)
    day = ledger(acme).split()[-2 if key else -1]
    assert acme.plan().code == 0
    recreate(acme)

    text = acme.plan("--markdown", "comment.md", "--html", "plan.html")
    found = acme.plan_json()["findings"][0]

    assert text.code == 2
    assert found["id"] == "pin-not-as-told"
    assert found["file"] == LEDGER
    said = f"room 'dr-miller' is not as callers were told on {day}: it was recreated"
    assert said in found["message"]
    assert said in text.out
    assert ("it has another PIN" in text.out) == bool(key)


def test_a_pin_that_changed_in_place_is_caught_with_a_key(keyed: World) -> None:
    """The room, its number and its id are the same."""
    record(keyed)
    keyed.sandbox.store.rooms["dr-miller"].dialin_code = "12345678901"

    assert ids(keyed.plan_json())[0] == "pin-not-as-told"
    assert keyed.plan().code == 2
