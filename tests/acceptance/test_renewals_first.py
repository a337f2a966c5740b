"""Renewals come first in every apply, whatever else is wrong with it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from kit import World, without_waiting

from reconciler.environment import Environment
from reconciler.operations.session import Session

MakeWorld = Callable[..., World]

DAY = 86_400
ROOM = """
  doctor:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Patient}}
"""


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A domain with a PIN room that ends in 5 days."""
    made = make_world()
    made.write(f"rooms:{ROOM}")
    made.apply()
    end_in(made, "doctor", 5)
    made.forget()
    return made


def end_in(world: World, name: str, days: float) -> None:
    """Let a room end in so many days."""
    room = world.sandbox.store.rooms[name]
    room.properties["exp"] = int(world.clock() + days * DAY)


def days_left(world: World, name: str = "doctor") -> int:
    """Whole days until a room ends."""
    exp: Any = world.sandbox.store.rooms[name].properties["exp"]
    return round((exp - world.clock()) / DAY)


WRONG = {
    "typo-in-another-room": f"rooms:{ROOM}  other: {{privacy: privat}}\n",
    "unknown-property-in-the-room-itself": f"rooms:{ROOM}    enable_chat: 1\n",
    "unset-variable": f"rooms:{ROOM}  other:\n    privacy: private\n"
    "    properties: {meeting_join_hook: 'https://h.example.com/${UNSET_HERE}'}\n",
    "typo-in-a-number": f'phone_numbers: {{"+12095550100": {{pin_dialn: {{}}}}}}\n'
    f"rooms:{ROOM}",
    "typo-in-the-defaults": "defaults: {rooms: {properties: {enable_chatt: true}}}\n"
    f"rooms:{ROOM}",
    "wrong-limits": f"limits: {{delete: many}}\nrooms:{ROOM}",
    "unknown-section": f"room: {{}}\nrooms:{ROOM}",
    "room-twice": f"rooms:{ROOM}  other: {{privacy: public}}\n"
    "  other: {privacy: private}\n",
    "name-of-another-room": f"rooms:{ROOM}  'other room': {{privacy: public}}\n",
    "number-not-purchased": f"rooms:{ROOM}"
    "  other:\n    privacy: private\n    expires: {after: 180d, renew_before: 60d}\n"
    '    properties: {dialin: {room_numbers: ["+12095550177"]}}\n',
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("only", [(), ("--only-renewals",)], ids=["apply", "only"])
def test_a_room_is_renewed_whatever_else_is_wrong(
    world: World, text: str, only: tuple[str, ...]
) -> None:
    """Nothing else is written; a plain apply is refused as before, and names it."""
    world.write(text)

    ran = world.apply(*only, "--quiet", expect=0 if only else 1)

    assert world.writes() == ["POST /rooms/doctor"]
    assert days_left(world) == 180
    assert "doctor" in ran.out + ran.err


def test_a_closed_gate_does_not_hold_renewals(world: World) -> None:
    """The run ends with the code of the gate; text, JSON and metrics name the room."""
    gone = {f"gone-{number}": {"state": "absent"} for number in range(6)}
    for name in gone:
        world.sandbox.store.add_room(name)
    rooms = "".join(f"  {name}: {{state: absent}}\n" for name in gone)
    world.write(f"rooms:{ROOM}{rooms}")

    ran = world.apply(
        *("--quiet", "--metrics", "m.prom", "--report", "r.json", "--format", "json"),
        expect=4,
    )

    report = json.loads((world.folder / "r.json").read_text())
    assert world.writes() == ["POST /rooms/doctor"]
    assert ran.json["renewed"] == report["renewed"] == ["doctor"]
    assert ran.json["exit_code"] == report["exit_code"] == 4
    assert "doctor" in ran.err
    metrics = (world.folder / "m.prom").read_text()
    assert "last_successful_renewal_timestamp_seconds" in metrics
    assert gone.keys() < world.sandbox.store.rooms.keys()


MANY_GONE = "".join(f"  gone-{n}: {{state: absent}}\n" for n in range(6))
REFUSED = {
    "gate": (4, f"rooms:{ROOM}{MANY_GONE}"),
    "file": (1, WRONG["typo-in-another-room"]),
    "finding": (1, WRONG["number-not-purchased"]),
    "reading": (
        1,
        f'phone_numbers: {{"+12095550100": {{pin_dialin: {{}}}}}}\nrooms:{ROOM}',
    ),
}


@pytest.mark.parametrize("due", [True, False])
@pytest.mark.parametrize(("code", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_says_what_was_written(
    world: World, code: int, text: str, due: bool
) -> None:
    """Every output says "nothing was changed" only where that is so."""
    for number in range(6):
        world.sandbox.store.add_room(f"gone-{number}")
    world.sandbox.faults.add("500:GET:/domain-dialin-config*all")
    end_in(world, "doctor", 5 if due else 170)
    world.write(text)

    ran = world.apply("--report", "r.json", "--markdown", "r.md", expect=code)
    asked = len(world.sent())

    outputs = [ran.err]
    if due:
        outputs += [(world.folder / n).read_text() for n in ("r.json", "r.md")]
        outputs.append(ran.out)
        report = json.loads((world.folder / "r.json").read_text())
        assert report["requests"]["sent"] == asked
    for output in outputs:
        assert ("; nothing but the listed renewals was written" in output) == due
        assert ("; nothing was changed" in output) == (not due)
        assert "nothing was sent" not in output


@pytest.mark.parametrize("only", [(), ("--only-renewals",)], ids=["apply", "only"])
def test_a_failing_dial_in_endpoint_does_not_hold_renewals(
    world: World, only: tuple[str, ...]
) -> None:
    """`--only-renewals` does not ask for it; a plain apply fails after it renewed."""
    world.write(
        f'phone_numbers: {{"+12095550100": {{pin_dialin: {{}}}}}}\nrooms:{ROOM}'
    )
    world.sandbox.faults.add("500:GET:/domain-dialin-config*all")

    world.apply(*only, expect=0 if only else 1)

    assert days_left(world) == 180
    assert world.writes() == ["POST /rooms/doctor"]


def test_a_working_directory_that_cannot_be_written_holds_no_renewal(
    world: World,
) -> None:
    """The rescue file cannot be saved: the number is refused, the room renewed."""
    world.write(
        f'phone_numbers: {{"+12095550100": {{pin_dialin: {{}}}}}}\nrooms:{ROOM}'
    )

    ran = world.apply("--rescue-file", "missing/rescue.json", expect=1)

    assert days_left(world) == 180
    assert "POST /domain-dialin-config" not in world.writes(), ran.out


@pytest.mark.parametrize("plan", ["unapproved", "unusable"])
def test_an_approval_does_not_hold_renewals(world: World, plan: str) -> None:
    """A change that was not approved, or a plan file that is none, stops the rest."""
    world.plan("--out", "plan.json")
    world.write(f"rooms:{ROOM}  other: {{privacy: private}}\n")
    if plan == "unusable":
        (world.folder / "plan.json").write_text("{}")
    world.forget()

    world.apply("--plan", "plan.json", expect=4 if plan == "unapproved" else 1)

    assert world.writes() == ["POST /rooms/doctor"]
    assert [r.method for r in world.sent(path="/rooms/doctor")][-2:] == ["GET", "POST"]


UNCLEAR = {
    "not-yaml": "rooms: [}\n",
    "no-domain": "NOHEADversion: 1\nrooms:" + ROOM,
    "no-version": "NOHEADdomain: acme\nrooms:" + ROOM,
    "another-version": "NOHEADversion: 2\ndomain: acme\nrooms:" + ROOM,
    "state": f"rooms:{ROOM}    state: abssent\n",
    "expires": f"rooms:{ROOM}".replace("60d", "200d"),
    "expires-typo": f"rooms:{ROOM}".replace("renew_before", "renew_befor"),
}


@pytest.mark.parametrize("text", UNCLEAR.values(), ids=UNCLEAR.keys())
@pytest.mark.parametrize("only", [(), ("--only-renewals",)], ids=["apply", "only"])
def test_what_cannot_be_told_is_not_renewed_and_said(
    world: World, text: str, only: tuple[str, ...]
) -> None:
    """Without a version, a domain, a state or an end there is nothing to go by."""
    world.write(text.removeprefix("NOHEAD"), head=not text.startswith("NOHEAD"))

    ran = world.apply(*only, expect=1)

    assert world.writes() == []
    assert "error" in ran.err


def test_another_room_of_an_unclear_one_is_renewed(world: World) -> None:
    """`--only-renewals` renews what it can, and ends with 1 since one may be due."""
    bad = "  bad: {privacy: private, expires: {after: 9d}}\n"
    world.write(f"rooms:{ROOM}{bad}")

    ran = world.apply("--only-renewals", expect=1)

    assert days_left(world) == 180
    assert "bad" in ran.err


def test_another_domain_is_not_renewed(world: World) -> None:
    """The key belongs to another domain than the file: nothing is written."""
    text = world.config.read_text().replace("acme", "other")
    world.config.write_text(text + "  wrong: {privacy: x}\n")

    world.apply(expect=1)

    assert world.writes() == []


def test_only_narrows_renewals_and_names_what_it_leaves_out(world: World) -> None:
    """`--only room:other` does not renew the room, and says that it is due."""
    world.write(f"rooms:{ROOM}  other: {{privacy: private}}\n")

    ran = world.apply("--only", "room:other", expect=0)

    assert days_left(world) == 5
    assert "doctor" in ran.err


@pytest.mark.parametrize("answer", ["y", "n"])
@pytest.mark.parametrize("wrong", [True, False], ids=["refused", "fine"])
def test_on_a_terminal_renewals_are_part_of_the_question(
    world: World, answer: str, wrong: bool
) -> None:
    """No writes nothing; yes renews after the room was read again."""
    if wrong:
        world.write(f"rooms:{ROOM}  other: {{privacy: privat}}\n")
    asked: list[str] = []

    def confirm(text: str, **_more: Any) -> bool:
        asked.append(text)
        assert world.writes() == []
        return answer == "y"

    world.monkeypatch.setattr("click.confirm", confirm)
    world.monkeypatch.setattr(
        "sys.stdin", type("Tty", (), {"isatty": lambda _s: True})()
    )

    ran = world.run("apply", "config.yaml")

    assert len(asked) == 1
    assert days_left(world) == (180 if answer == "y" else 5)
    if answer == "y":
        assert ran.code == (1 if wrong else 0)
        sent = [r.method for r in world.sent(path="/rooms/doctor")]
        assert sent[:2] == ["GET", "POST"]
    else:
        assert world.writes() == []


def test_an_end_that_another_run_moved_is_kept(world: World) -> None:
    """While the question waits another run renews the room: it is not written."""

    def confirm(_text: str, **_more: Any) -> bool:
        end_in(world, "doctor", 179)
        return True

    world.monkeypatch.setattr("click.confirm", confirm)
    world.monkeypatch.setattr(
        "sys.stdin", type("Tty", (), {"isatty": lambda _s: True})()
    )

    ran = world.run("apply", "config.yaml")

    assert ran.code == 0, ran.err
    assert world.writes() == []
    assert days_left(world) == 179


def test_a_reading_older_than_30_seconds_is_made_again(world: World) -> None:
    """Where reading the domain took long, the room is read again before the write."""

    def slow(stop: threading.Event) -> Environment:
        real = without_waiting(stop)
        return replace(real, now=lambda: real.now() + 31 * bool(world.sent()))

    world.environment = slow

    world.run("apply", "config.yaml", "--yes")

    sent = [r.method for r in world.sent(path="/rooms/doctor")]
    assert sent[:2] == ["GET", "POST"]


def test_only_renewals_asks_for_rooms_only(world: World) -> None:
    """`GET /` and the rooms; never the dial-in endpoints or purchased numbers."""
    world.write(
        f'phone_numbers: {{"+12095550100": {{pin_dialin: {{}}}}}}\nrooms:{ROOM}'
    )

    world.apply("--only-renewals")

    paths = {request.path for request in world.sent()}
    assert paths == {"/", "/rooms", "/rooms/doctor"}


def test_a_pin_never_gets_an_end_beyond_364_days(world: World) -> None:
    """An `after` that Daily would refuse is cut, and the room is renewed."""
    world.write(f"rooms:{ROOM}".replace("180d", "400d"))

    world.apply("--only-renewals")

    assert days_left(world) == 364


def test_renewals_and_resend_do_not_go_together(world: World) -> None:
    """`--only-renewals --resend` is wrong usage, and nothing is sent."""
    world.apply("--only-renewals", "--resend", "room:doctor", expect=64)

    assert world.sent() == []


@pytest.mark.parametrize(
    "number", ["", 'phone_numbers: {"+12095550100": {pin_dialin: {}}}\n']
)
def test_a_signal_after_a_renewal_was_written_is_3(world: World, number: str) -> None:
    """The run stopped part-way, whether it would have read or written next."""
    world.write(f"{number}rooms:{ROOM}  lobby: {{privacy: public}}\n")

    def ended_by_signal(stop: threading.Event) -> Environment:
        real = without_waiting(stop)

        def clock() -> float:
            if world.sent("POST", "/rooms/doctor"):
                stop.set()
            return real.clock()

        return replace(real, clock=clock)

    world.environment = ended_by_signal

    world.apply("--metrics", "m.prom", expect=3)

    assert world.writes() == ["POST /rooms/doctor"]
    assert days_left(world) == 180
    assert '_exit_code{domain="acme"} 3' in (world.folder / "m.prom").read_text()


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("renewed", [True, False])
def test_a_refusal_that_no_stream_takes_is_3_after_a_renewal(
    world: World, format_: str, renewed: bool
) -> None:
    """A written renewal that no stream names ends the run with 3, a refusal with 4."""
    if not renewed:
        end_in(world, "doctor", 150)
    gone = "".join(f"  gone-{number}: {{state: absent}}\n" for number in range(6))
    for number in range(6):
        world.sandbox.store.add_room(f"gone-{number}")
    world.write(f"rooms:{ROOM}{gone}")
    world.monkeypatch.setattr(Session, "deliver", lambda _self, _text: False)

    files = ("--metrics", "m.prom", "--report", "report.json")
    code = 3 if renewed else 4
    world.apply("--format", format_, *files, expect=code)

    assert len(world.writes()) == renewed
    # Where there is a file, it is the one thing that names the code.
    metrics = (world.folder / "m.prom").read_text()
    assert re.search(rf"_exit_code\{{.*\}} {code}$", metrics, re.MULTILINE)
    if renewed:
        report = json.loads((world.folder / "report.json").read_text())
        assert report["exit_code"] == code


@pytest.mark.parametrize("place", ["/dev/full", "/dev/null", "-"])
def test_a_rescue_file_that_is_no_file_is_wrong_usage_before_a_renewal(
    world: World, place: str
) -> None:
    """64 says that nothing was changed, renewals included."""
    ran = world.run("apply", "config.yaml", "--yes", "--rescue-file", place)

    assert (ran.code, world.writes(), days_left(world)) == (64, [], 5)
    assert "name a regular file" in ran.err


def test_a_rescue_file_that_cannot_be_written_stops_no_renewal(world: World) -> None:
    """Only the rest is refused, which is not wrong usage."""
    args = ("--yes", "--rescue-file", "missing/rescue.json")
    ran = world.run("apply", "config.yaml", *args)

    assert (ran.code, days_left(world)) == (1, 180)
    assert "missing" in ran.err


def test_a_signal_with_the_last_write_leaves_the_code_of_what_was_done(
    world: World,
) -> None:
    """All that was planned was done and verified: nothing is left to look after."""
    stops: list[threading.Event] = []

    def environment(stop: threading.Event) -> Environment:
        stops.append(stop)
        return without_waiting(stop)

    def show(_session: Session, *_args: Any) -> Any:
        @contextmanager
        def stopping() -> Any:
            yield lambda _result: stops[-1].set()

        return stopping()

    end_in(world, "doctor", 180)
    world.write(f"rooms:{ROOM}  lobby: {{privacy: private}}\n")
    world.environment = environment
    world.monkeypatch.setattr("reconciler.operations.apply.showing", show)

    ran = world.run("apply", "config.yaml", "--yes")

    assert stops[-1].is_set()
    assert (ran.code, "lobby" in world.sandbox.store.rooms) == (0, True), ran.out
