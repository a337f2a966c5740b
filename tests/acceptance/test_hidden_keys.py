"""Keys that Daily may keep without showing them: sent when a revision changed them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kit import NUMBERS, World
from repository import Repository

from reconciler.sandbox.settings import Assume

MakeWorld = Callable[..., World]
ROOM = """phone_numbers: {{"+12095550100": {{pin_dialin: {{}}}}}}
rooms:
  desk:
    privacy: private
    expires: {{after: 180d, renew_before: 60d}}
    properties: {{dialin: {{display_name: Desk{more}}}}}
"""
NUMBER = """phone_numbers:
  "+12095550101":
    pinless_dialin: {{room_creation_api: https://hooks.example.com/daily{more}}}
"""


def committed(make_world: MakeWorld, text: str, **assume: Any) -> World:
    """A domain that equals the committed config."""
    world = make_world(assume=Assume(**assume))
    world.write(text)
    world.apply()
    Repository(world.folder).git("init", "-q", "-b", "main")
    Repository(world.folder).git("add", "config.yaml")
    Repository(world.folder).git("commit", "-q", "-m", "base")
    world.forget()
    return world


def against_base(world: World) -> Any:
    """The plan against HEAD, which is saved as well."""
    return world.plan_json("--base", "git:HEAD", "--out", "plan.json")


CASES = [
    pytest.param(
        ROOM,
        ", wait_for_meeting_start: true",
        "dialin.wait_for_meeting_start",
        id="wait",
    ),
    pytest.param(
        ROOM, f", room_numbers: ['{NUMBERS[0]}']", "dialin.room_numbers", id="numbers"
    ),
    pytest.param(NUMBER, ", hmac: '${DESK_HMAC}'", "hmac", id="hmac"),
]


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that one of the configs uses."""
    monkeypatch.setenv("DESK_HMAC", "aGlkZGVuLWhtYWMtdmFsdWUtb2YtdGhlLWRlc2s=")


@pytest.mark.parametrize(("text", "more", "name"), CASES)
def test_what_a_revision_adds_is_sent_though_daily_hides_it(
    make_world: MakeWorld, text: str, more: str, name: str
) -> None:
    """The plan against the base lists the key; `apply --plan` sends exactly that."""
    world = committed(make_world, text.format(more=""), echo="lossy", hmac="hidden")
    world.write(text.format(more=more))
    path = name.split(".")

    alone = world.plan_json()
    assert (alone["changes"], [f["id"] for f in alone["findings"]]) == (
        [],
        ["unverified"],
    )
    document = against_base(world)

    (change,) = document["changes"]
    assert (change["action"], change["origin"]) == ("update", "change")
    assert [field["path"] for field in change["fields"]] == [path]
    assert "unverified" not in [f["id"] for f in document["findings"]]
    world.forget()
    # `apply` plans again afterwards, without a base, and expects an empty plan.
    ran = world.apply("--plan", "plan.json", "--report", "report.json")
    (write,) = [r for r in world.sent() if r.method != "GET"]
    assert write.method in ("POST", "PUT")
    assert [f["id"] for f in world.plan_json()["findings"]] == ["unverified"]
    assert "DESK_HMAC" in ran.out if name == "hmac" else name.split(".")[-1] in ran.out


@pytest.mark.parametrize(("text", "more", "name"), CASES)
def test_what_the_base_declared_already_is_a_warning(
    make_world: MakeWorld, text: str, more: str, name: str
) -> None:
    """A hidden key that this revision did not touch is no change of it."""
    world = committed(make_world, text.format(more=more), echo="lossy", hmac="hidden")

    document = against_base(world)

    assert document["changes"] == []
    (found,) = [f for f in document["findings"] if f["id"] == "unverified"]
    assert name in found["message"]


def test_a_default_that_is_declared_again_is_sent(make_world: MakeWorld) -> None:
    """From true to false: what Daily does not show may still be true."""
    more = ", wait_for_meeting_start: {}"
    world = committed(make_world, ROOM.format(more=more.format("true")), echo="lossy")
    world.write(ROOM.format(more=more.format("false")))

    (change,) = against_base(world)["changes"]

    assert [field["after"] for field in change["fields"]] == [False]
    world.apply("--plan", "plan.json")
    dialin = world.sandbox.store.rooms["desk"].properties["dialin"]
    assert dialin["wait_for_meeting_start"] is False


def test_write_only_acknowledges_a_hidden_key(make_world: MakeWorld) -> None:
    """What is never compared is no reason to write, with a base as without one."""
    world = committed(make_world, ROOM.format(more=""), echo="lossy")
    text = ROOM.format(more=", wait_for_meeting_start: true")
    world.write(text + "    write_only: [dialin.wait_for_meeting_start]\n")

    document = against_base(world)

    assert (document["changes"], document["findings"]) == ([], [])


def test_an_approved_plan_says_whose_change_it_is(make_world: MakeWorld) -> None:
    """`apply --plan` has no base; the plan that was reviewed had one."""
    world = committed(make_world, ROOM.format(more=""))
    world.sandbox.store.rooms["desk"].privacy = "public"
    text = ROOM.format(more=", wait_for_meeting_start: true")
    world.write(text)
    reviewed = against_base(world)

    ran = world.apply("--plan", "plan.json")

    assert "compared with git:HEAD" in ran.out
    assert "drift" in ran.out
    origins = {f["path"][0]: f["origin"] for f in reviewed["changes"][0]["fields"]}
    assert origins == {"privacy": "drift", "dialin": "change"}


@pytest.mark.parametrize("nested", ["merge", "replace"])
def test_a_hidden_key_that_leaves_the_file_is_listed_and_reset(
    make_world: MakeWorld, nested: str
) -> None:
    """Removed, it is no longer managed; the line that is shown resets it."""
    more = ", wait_for_meeting_start: {}"
    text = ROOM.format(more=more.format("true"))
    world = committed(make_world, text, echo="lossy", nested=nested)
    world.write(ROOM.format(more=""))

    (dropped,) = against_base(world)["no_longer_managed"]

    assert dropped["path"] == ["dialin", "wait_for_meeting_start"]
    assert dropped["to_remove"] == "wait_for_meeting_start: null"
    world.write(ROOM.format(more=more.format("null")))
    (change,) = against_base(world)["changes"]
    assert [field["after"] for field in change["fields"]] == [False]
    world.apply("--plan", "plan.json")
    dialin = world.sandbox.store.rooms["desk"].properties["dialin"]
    assert dialin["wait_for_meeting_start"] is False
    assert world.plan_json()["findings"] == []


@pytest.mark.parametrize("hmac", ["shown", "hidden"])
def test_an_hmac_that_leaves_the_file_is_listed(
    make_world: MakeWorld, hmac: str
) -> None:
    """It stays in Daily, shown or not, and no file holds it any more."""
    declared = NUMBER.format(more=", hmac: '${DESK_HMAC}'")
    world = committed(make_world, declared, hmac=hmac)
    world.write(NUMBER.format(more=""))

    document = against_base(world)

    assert document["changes"] == []
    (dropped,) = document["no_longer_managed"]
    assert (dropped["key"], dropped["path"]) == ("+12095550101", ["hmac"])
    # Null asks for no change of what Daily generates: no line helps.
    assert dropped["to_remove"] == ""
    assert "hmac" in world.plan("--base", "git:HEAD").out


@pytest.mark.parametrize("echo", ["recorded", "lossy"])
@pytest.mark.parametrize("nested", ["merge", "replace"])
@pytest.mark.parametrize("cleared", ["null", "[]"])
def test_a_hidden_list_that_is_cleared_is_sent_as_empty(
    make_world: MakeWorld, echo: str, nested: str, cleared: str
) -> None:
    """The plan against the base lists it, and what is sent clears it in any world."""
    declared = ROOM.format(more=f", room_numbers: ['{NUMBERS[0]}']")
    world = committed(make_world, declared, echo=echo, nested=nested)
    world.write(ROOM.format(more=f", room_numbers: {cleared}"))

    (change,) = against_base(world)["changes"]

    assert (change["action"], change["origin"]) == ("update", "change")
    (field,) = change["fields"]
    assert field["path"] == ["dialin", "room_numbers"]
    world.apply("--plan", "plan.json")
    dialin = world.sandbox.store.rooms["desk"].properties["dialin"]
    assert not dialin.get("room_numbers")
    if echo == "lossy":
        assert field["after"] == []
        assert world.plan_json()["findings"] == []


@pytest.mark.parametrize("cleared", ["null", "[]"])
def test_a_hidden_list_that_the_base_cleared_already_is_left_alone(
    make_world: MakeWorld, cleared: str
) -> None:
    """What was cleared before is no change of this revision, and no warning."""
    declared = ROOM.format(more=f", room_numbers: {cleared}")
    world = committed(make_world, declared, echo="lossy")

    document = against_base(world)

    assert (document["changes"], document["findings"]) == ([], [])


@pytest.mark.parametrize(
    ("before", "after"),
    [("true", "false"), ("true", "null"), ("null", "true"), ("false", "true")],
)
@pytest.mark.parametrize("nested", ["merge", "replace"])
def test_a_hidden_flag_that_changes_is_sent(
    make_world: MakeWorld, before: str, after: str, nested: str
) -> None:
    """To its default or away from it, by value or by null: it is a change."""
    more = ", wait_for_meeting_start: {}"
    declared = ROOM.format(more=more.format(before))
    world = committed(make_world, declared, echo="lossy", nested=nested)
    world.write(ROOM.format(more=more.format(after)))

    (change,) = against_base(world)["changes"]

    assert change["origin"] == "change"
    world.apply("--plan", "plan.json")
    dialin = world.sandbox.store.rooms["desk"].properties["dialin"]
    assert dialin["wait_for_meeting_start"] is (after == "true")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("wait_for_meeting_start: null", "wait_for_meeting_start: false"),
        pytest.param("wait_for_meeting_start: false", "wait_for_meeting_start: null"),
        pytest.param("room_numbers: null", "room_numbers: []"),
        pytest.param("room_numbers: []", "room_numbers: null"),
    ],
)
def test_another_spelling_of_the_default_is_no_change(
    make_world: MakeWorld, before: str, after: str
) -> None:
    """Null, an empty list and the default say the same, so nothing is written."""
    world = committed(make_world, ROOM.format(more=f", {before}"), echo="lossy")
    world.write(ROOM.format(more=f", {after}"))

    document = against_base(world)

    assert (document["changes"], document["findings"]) == ([], [])
