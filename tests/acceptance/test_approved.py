"""What was reviewed is what is done: by a plan file, and by an answer to a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from kit import NUMBERS, World

from reconciler.sandbox.faults import Faults

MakeWorld = Callable[..., World]
GONE = f"""phone_numbers:
  "{NUMBERS[0]}": {{state: absent}}
rooms:
  old: {{state: absent}}
"""
HOOK = "https://hooks.example.com/x?key=hidden"
PIN_NUMBER = {"type": "pin_dialin", "phone_number": NUMBERS[0], "name_prefix": "old"}
PINLESS = {
    "type": "pinless_dialin",
    "phone_number": NUMBERS[0],
    "name_prefix": "support",
    "room_creation_api": HOOK,
}


class Colleague:
    """Somebody who writes to the same domain."""

    def __init__(self, world: World) -> None:
        self._url = world.sandbox.url
        self._headers = {"Authorization": f"Bearer {world.sandbox.settings.key}"}

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(
            method, f"{self._url}{path}", json=body, headers=self._headers
        )
        assert answer.is_success, answer.text
        return answer.json()

    def make_old(self, **properties: Any) -> None:
        room = {"name": "old", "privacy": "private", "properties": properties}
        self.send("POST", "/rooms", room)

    def make_old_anew(self, **properties: Any) -> None:
        self.send("DELETE", "/rooms/old")
        self.make_old(**properties)

    def assign_anew(self, body: Any) -> None:
        listed = self.send("GET", "/domain-dialin-config")["data"]
        self.send("DELETE", f"/domain-dialin-config/{listed[0]['id']}")
        self.send("POST", "/domain-dialin-config", body)


@pytest.fixture(name="world")
def _world(make_world: MakeWorld) -> World:
    world = make_world()
    world.write(GONE)
    return world


@pytest.fixture(name="colleague")
def _colleague(world: World) -> Colleague:
    colleague = Colleague(world)
    colleague.make_old(enable_chat=True)
    colleague.send("POST", "/domain-dialin-config", PIN_NUMBER)
    return colleague


EDITS: list[Any] = [
    pytest.param(lambda c: c.make_old_anew(enable_chat=True), id="a-new-room"),
    pytest.param(
        lambda c: c.send("POST", "/rooms/old", {"privacy": "public"}), id="public"
    ),
    pytest.param(lambda c: c.assign_anew(PINLESS), id="another-type"),
    pytest.param(lambda c: c.assign_anew(PIN_NUMBER), id="assigned-anew"),
]


@pytest.mark.parametrize("edit", EDITS)
def test_a_plan_file_deletes_what_was_reviewed_only(
    world: World, colleague: Colleague, edit: Callable[[Colleague], None]
) -> None:
    """Something else under the same name stays."""
    world.run("plan", "config.yaml", "--out", "plan.json")
    edit(colleague)
    world.forget()

    ran = world.run("apply", "config.yaml", "--yes", "--plan", "plan.json")

    assert (ran.code, world.writes()) == (4, []), ran.err
    assert "not approved: delete" in ran.err


@pytest.mark.parametrize("edit", EDITS)
def test_a_question_is_answered_for_what_it_showed_only(
    world: World, colleague: Colleague, edit: Callable[[Colleague], None]
) -> None:
    """What took its place while the question waited stays."""
    world.monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    def confirm(_text: str, **_options: Any) -> bool:
        edit(colleague)
        world.forget()
        return True

    world.monkeypatch.setattr("click.confirm", confirm)

    ran = world.run("apply", "config.yaml")

    assert (ran.code, world.writes()) == (4, []), ran.err


@pytest.mark.parametrize("format_", ["text", "markdown", "json", "html"])
def test_every_format_lists_what_a_deletion_takes_away(
    world: World, colleague: Colleague, format_: str
) -> None:
    """Hidden is what is secret: the query of a hook, an hmac, and a PIN."""
    exp = int(world.clock()) + 90 * 86_400
    colleague.make_old_anew(dialin={"display_name": "Reception"}, exp=exp)
    colleague.assign_anew(PINLESS)
    [entry] = colleague.send("GET", "/domain-dialin-config")["data"]
    pin = str(colleague.send("GET", "/rooms/old")["config"]["dialin_code"])

    if format_ == "html":
        world.run("plan", "config.yaml", "--html", "plan.html")
        text = (world.folder / "plan.html").read_text()
    else:
        text = world.run("plan", "config.yaml", "--format", format_).out

    for shown in ("pinless_dialin", "hooks.example.com", "Reception", "support"):
        assert shown in text
    assert "hmac" in text
    for hidden in ("key=hidden", entry["config"]["hmac"], pin):
        assert hidden not in text


@pytest.mark.parametrize("stores", [("current", "legacy"), ("legacy", "current")])
def test_a_plan_file_holds_for_the_store_that_it_names(
    world: World, stores: tuple[str, str]
) -> None:
    """The other store is written by another call, which was not reviewed."""
    entry = f'phone_numbers: {{"{NUMBERS[1]}": {{pin_dialin: {{name_prefix: x}}}}}}\n'
    world.write(f"dialin_store: {stores[0]}\n{entry}")
    world.run("plan", "config.yaml", "--out", "plan.json")
    world.write(f"dialin_store: {stores[1]}\n{entry}")
    world.forget()

    ran = world.run("apply", "config.yaml", "--yes", "--plan", "plan.json")

    assert (ran.code, world.writes()) == (4, [])
    assert f"writes the {stores[0]} dial-in store" in ran.err


def moving(prefix: str = "x") -> str:
    """A room moves from the first number, which goes, to the second, which comes."""
    return f"""phone_numbers:
  "{NUMBERS[0]}": {{state: absent}}
  "{NUMBERS[1]}": {{pin_dialin: {{name_prefix: {prefix}}}}}
rooms:
  doc:
    privacy: private
    expires: {{after: 180d, renew_before: 60d}}
    properties: {{dialin: {{display_name: P, room_numbers: ["{NUMBERS[1]}"]}}}}
"""


def on_the_first_number(world: World, colleague: Colleague) -> None:
    """The room as it is before it moves."""
    exp = int(world.clock()) + 100 * 86_400
    dialin = {"display_name": "P", "room_numbers": [{"phone_number": NUMBERS[0]}]}
    properties = {"exp": exp, "dialin": dialin}
    room = {"name": "doc", "privacy": "private", "properties": properties}
    colleague.send("POST", "/rooms", room)


def assigned(colleague: Colleague) -> list[str]:
    """The numbers that are assigned."""
    listed = colleague.send("GET", "/domain-dialin-config")["data"]
    return sorted(entry["config"]["phone_number"] for entry in listed)


def test_what_hangs_on_a_change_that_was_not_approved_is_left_out_too(
    world: World, colleague: Colleague
) -> None:
    """The room does not move to a number that does not come; its own number stays."""
    on_the_first_number(world, colleague)
    world.write(moving())
    world.run("plan", "config.yaml", "--out", "plan.json")
    world.write(moving("another"))
    world.forget()

    args = ("--yes", "--plan", "plan.json", "--skip-unapproved")
    ran = world.run("apply", "config.yaml", *args)

    assert (ran.code, world.writes()) == (3, [])
    assert f"update room doc: it needs number {NUMBERS[1]}, left out" in ran.err
    assert f"delete number {NUMBERS[0]}: it waits for room doc, left out" in ran.err


def test_a_number_stays_while_the_move_of_a_room_was_not_approved(
    world: World, colleague: Colleague
) -> None:
    """Callers of that room still use it."""
    on_the_first_number(world, colleague)
    world.write(moving())
    world.run("plan", "config.yaml", "--out", "plan.json")
    edit = {"properties": {"enable_chat": True, "dialin": {"display_name": "Q"}}}
    colleague.send("POST", "/rooms/doc", edit)

    args = ("--yes", "--plan", "plan.json", "--skip-unapproved")
    ran = world.run("apply", "config.yaml", *args)

    assert ran.code == 3
    assert assigned(colleague) == sorted(NUMBERS[:2])


@pytest.mark.parametrize(
    "config",
    [moving(), moving().replace("doc:", "other: {privacy: private}\n  doc:")],
    ids=["alone", "beside-another"],
)
@pytest.mark.parametrize("fault", ["500", "html-502", "plan-gate"])
def test_a_number_waits_for_the_room_that_was_to_leave_it(
    make_world: MakeWorld, config: str, fault: str
) -> None:
    """A room whose write failed is still called by it; the next run goes on."""
    world = make_world()
    colleague = Colleague(world)
    colleague.send("POST", "/domain-dialin-config", PIN_NUMBER)
    on_the_first_number(world, colleague)
    world.write(config)
    world.sandbox.faults.add(f"{fault}:POST:/rooms/doc*all")

    ran = world.run("apply", "config.yaml", "--yes")

    outcome = "failed" if fault == "plan-gate" else "unknown"
    assert ran.code == 3
    assert f"it waits for room doc, which was: {outcome}" in ran.err
    assert NUMBERS[0] in assigned(colleague)
    world.sandbox.faults = Faults()
    world.apply()
    assert assigned(colleague) == [NUMBERS[1]]


@pytest.mark.parametrize("store", ["current", "legacy"])
@pytest.mark.parametrize("fault", ["500", "plan-gate", ""])
def test_a_number_asks_for_pins_until_its_room_has_left(
    make_world: MakeWorld, store: str, fault: str
) -> None:
    """Turning pinless cuts its callers off, as going does: the room comes first."""
    world = make_world()
    colleague = Colleague(world)
    kinds = f"dialin_store: {store}\nphone_numbers:\n"
    pin = f'{kinds}  "{NUMBERS[0]}": {{pin_dialin: {{}}}}\n'
    world.write(pin)
    world.apply()
    on_the_first_number(world, colleague)
    hook = "{room_creation_api: https://example.com/in}"
    room = moving().partition("rooms:")[2]
    turned = (
        f'{kinds}  "{NUMBERS[0]}": {{pinless_dialin: {hook}}}\n'
        f'  "{NUMBERS[1]}": {{pin_dialin: {{}}}}\nrooms:{room}'
    )
    world.write(turned)
    if fault:
        world.sandbox.faults.add(f"{fault}:POST:/rooms/doc*all")

    ran = world.run("apply", "config.yaml", "--yes")

    assert ran.code == (3 if fault else 0)
    waits = f"replace number {NUMBERS[0]}: it waits for room doc" in ran.err
    assert waits is bool(fault)
    world.sandbox.faults = Faults()
    world.apply()
    assert not world.plan_json()["changes"]
