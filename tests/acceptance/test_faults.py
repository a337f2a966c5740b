"""Every fault of the sandbox at every kind of write and read.

One fault is survived within the run. A fault that stays ends the run with a report
that names what is missing, and the next run finishes the work. Whatever happens,
no PIN changes, nothing exists twice, and no foreign entry is touched.
"""

from __future__ import annotations

import copy
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import pytest
from answers import Clock
from kit import Ran, World

from reconciler.sandbox.faults import KINDS, Faults
from reconciler.sandbox.running import Recorded
from reconciler.sandbox.state.store import Store

EXP = int(time.time()) + 90 * 86_400
FOREIGN = "+12095550103"
HOOK = "https://example.com/daily/incoming"
PIN = {"phone_number": "+12095550100", "name_prefix": "old"}
ONE = "phone_numbers:\n  '+12095550100': {pin_dialin: {name_prefix: pin-dialin}}\n"
TURNED = (
    "phone_numbers:\n  '+12095550100': {pinless_dialin: "
    f"{{name_prefix: support, room_creation_api: '{HOOK}'}}}}\n"
)
GONE = "phone_numbers:\n  '+12095550100': {state: absent}\n"
LEGACY = "dialin_store: legacy\n"


def _nothing(_store: Store) -> None:
    """An empty domain but for the foreign entries."""


def _room(store: Store) -> None:
    store.add_room("lobby", {"enable_chat": False}, privacy="private")


def _pin_room(store: Store) -> None:
    properties = {"dialin": {"display_name": "Old"}, "exp": EXP}
    store.add_room("lobby", properties, privacy="private")


def _current(store: Store) -> None:
    store.add_dialin_config("pin_dialin", PIN)


def _legacy(store: Store) -> None:
    store.add_legacy("pin_dialin", PIN)


@dataclass(frozen=True)
class Write:
    """One kind of write: what Daily has, what the file says, the request it takes."""

    live: Callable[[Store], None]
    config: str
    request: str
    named: str


PLAIN = "  lobby: {privacy: private, properties: {enable_chat: true}}\n"
DIALIN = (
    "  lobby:\n    privacy: private\n"
    f"    properties: {{exp: {EXP}, dialin: {{display_name: Phone}}}}\n"
)
ROLLING = (
    "  lobby:\n    privacy: private\n"
    "    expires: {after: 300d, renew_before: 120d}\n"
    "    properties: {dialin: {display_name: Old}}\n"
)
MANY = "".join(
    f"  many-{n}: {{privacy: private, properties: {{enable_chat: true}}}}\n"
    for n in range(12)
)

WRITES = {
    "create-room": Write(_nothing, f"rooms:\n{PLAIN}", "POST /rooms", "lobby"),
    "create-pin-room": Write(_nothing, f"rooms:\n{DIALIN}", "POST /rooms", "lobby"),
    "create-batch": Write(_nothing, f"rooms:\n{MANY}", "POST /batch/rooms", "many-11"),
    "update-room": Write(_room, f"rooms:\n{PLAIN}", "POST /rooms/lobby", "lobby"),
    "update-pin-room": Write(
        _pin_room, f"rooms:\n{DIALIN}", "POST /rooms/lobby", "lobby"
    ),
    "renew-room": Write(_pin_room, f"rooms:\n{ROLLING}", "POST /rooms/lobby", "lobby"),
    "delete-room": Write(
        _room, "rooms:\n  lobby: {state: absent}\n", "DELETE /rooms/lobby", "lobby"
    ),
    "create-number": Write(_nothing, ONE, "POST /domain-dialin-config", "+12095550100"),
    "update-number": Write(
        _current, ONE, "PUT /domain-dialin-config/*", "+12095550100"
    ),
    "replace-number-delete": Write(
        _current, TURNED, "DELETE /domain-dialin-config/*", "+12095550100"
    ),
    "replace-number-create": Write(
        _current, TURNED, "POST /domain-dialin-config", "+12095550100"
    ),
    "delete-number": Write(
        _current, GONE, "DELETE /domain-dialin-config/*", "+12095550100"
    ),
    "legacy-create": Write(_nothing, LEGACY + ONE, "POST /", "+12095550100"),
    "legacy-update": Write(_legacy, LEGACY + ONE, "POST /", "+12095550100"),
    "legacy-replace": Write(_legacy, LEGACY + TURNED, "POST /", "+12095550100"),
    "legacy-delete": Write(_legacy, LEGACY + GONE, "POST /", "+12095550100"),
}
LISTS_ONLY = {"duplicate-page"}
FINAL = {"plan-gate"}
"""Refusals, which asking again does not change."""
WRITE_KINDS = sorted(set(KINDS) - LISTS_ONLY - FINAL - {"slow"})
UNDONE = {"429", "429-retry-after", "500", "503", "reset", "html-502"}
ASKED_AGAIN = {"429", "429-retry-after"}


def _spec(kind: str, request: str, suffix: str = "") -> str:
    method, path = request.split()
    return f"{kind}:{method}:{path}{suffix}"


def _foreign(store: Store) -> None:
    """What no file mentions, in both stores and among the rooms."""
    properties = {"dialin": {"display_name": "Theirs"}, "exp": EXP}
    store.add_room("theirs", properties, privacy="private")
    entry = {"name_prefix": "theirs", "room_creation_api": HOOK}
    store.add_dialin_config("pinless_dialin", {**entry, "phone_number": FOREIGN})
    store.add_legacy("pinless_dialin", {**entry, "name_prefix": "sip-only"})


def _kept(store: Store) -> Any:
    """What must be the same after every run, hmacs and PINs included."""
    return copy.deepcopy(
        (
            [c for c in store.dialin_configs.values() if _number(c.fields) == FOREIGN],
            [e for e in store.legacy["pinless_dialin"] or () if not _number(e)],
            store.rooms["theirs"],
            {name: room.dialin_code for name, room in store.rooms.items()},
        )
    )


def _number(entry: Any) -> object:
    return entry.get("phone_number")


def _assert_kept(before: Any, store: Store) -> None:
    now = _kept(store)
    assert now[:3] == before[:3]
    assert {name: now[3].get(name, pin) for name, pin in before[3].items()} == before[3]
    entries = [c.fields for c in store.dialin_configs.values()]
    entries += [e for entries in store.legacy.values() for e in entries or ()]
    numbers = [number for e in entries if (number := _number(e))]
    assert len(numbers) == len(set(numbers))


def _world(make_world: Callable[..., World], write: Write) -> tuple[World, Any]:
    world = make_world()
    _foreign(world.sandbox.store)
    write.live(world.sandbox.store)
    world.write(write.config)
    return world, _kept(world.sandbox.store)


def _blind_repeats(world: World) -> Iterator[str]:
    """Writes that follow the same write with no reading in between."""
    last = ""
    for request in world.sandbox.requests:
        this = f"{request.method} {request.path}"
        if request.method != "GET" and this == last:
            yield this
        last = this


ERASE = ("--allow", "may-erase=9")
"""The legacy lists are written beside foreign entries of the current store."""


def _wait_for_the_sandbox() -> None:
    """Until every request is done, that of a client which has gone included."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(30)


def _apply(world: World, *options: str) -> Ran:
    return world.run("apply", "config.yaml", "--yes", *ERASE, *options)


@pytest.mark.parametrize("kind", WRITE_KINDS)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_one_fault_at_a_write_is_survived(
    make_world: Callable[..., World], write: Write, kind: str
) -> None:
    """A write that goes wrong once is looked at, and done by the same run, once."""
    world, before = _world(make_world, write)
    world.sandbox.faults.add(_spec(kind, write.request))

    ran = world.apply(*ERASE)

    assert "failed" not in ran.out
    _assert_kept(before, world.sandbox.store)
    if kind not in ASKED_AGAIN:
        assert not list(_blind_repeats(world))


@pytest.mark.parametrize("kind", WRITE_KINDS)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_lasting_fault_at_a_write_is_named_and_the_next_run_converges(
    make_world: Callable[..., World], write: Write, kind: str
) -> None:
    """A write that keeps failing ends in a report that names it, or was done."""
    world, before = _world(make_world, write)
    world.sandbox.faults.add(_spec(kind, write.request, "*all"))

    ran = _apply(world)

    assert ran.code in ((1, 3) if kind in UNDONE else (0, 3)), ran.out + ran.err
    if ran.code:
        assert re.search(f"(failed|unknown|kept:).*{re.escape(write.named)}", ran.out)
    if kind not in ASKED_AGAIN:
        assert not list(_blind_repeats(world))
    _assert_kept(before, world.sandbox.store)
    world.sandbox.faults = Faults()
    world.apply(*ERASE)
    _assert_kept(before, world.sandbox.store)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_whose_fate_stays_unknown_is_part_way(
    make_world: Callable[..., World], write: Write
) -> None:
    """With the answer lost and no reading possible afterwards, the code is 3.

    The DELETE of a replacement is followed by its POST, whose answer tells.
    """
    world, before = _world(make_world, write)
    method, path = write.request.split()
    world.sandbox.faults.add(f"lost-answer:{method}:{path}*all")
    reads = _reads_before_write(world, write)
    world.forget()
    world.sandbox.faults = Faults(
        [f"lost-answer:{method}:{path}*all", f"500:GET@{reads + 1}*all"]
    )

    ran = _apply(world)

    assert ran.code == 3, ran.out + ran.err
    outcome = "done" if write is WRITES["replace-number-delete"] else "unknown|failed"
    said = ran.out + ran.err
    assert re.search(f"({outcome}).*{re.escape(write.named)}", said)
    assert sum(fnmatchcase(one, write.request) for one in world.writes()) == 1
    world.sandbox.faults = Faults()
    world.apply(*ERASE)
    _assert_kept(before, world.sandbox.store)


def _reads_before_write(world: World, write: Write) -> int:
    """How many GETs come before the first request of this kind, in a copy."""
    state = copy.deepcopy(
        (
            world.sandbox.store.index,
            world.sandbox.store.legacy,
            world.sandbox.store.dialin_configs,
        )
    )
    world.sandbox.faults = Faults()
    _apply(world)
    reads = 0
    for request in world.sandbox.requests:
        if request.method != "GET":
            break
        reads += 1
    store = world.sandbox.store
    store.index, store.legacy, store.dialin_configs = state
    return reads


# Reading.

READS = {
    "domain": "/",
    "room": "/rooms/lobby",
    "rooms": "/rooms",
    "assignments": "/domain-dialin-config",
    "purchased": "/purchased-phone-numbers",
}
READ_KINDS = sorted(set(KINDS) - {"slow", "wrong-json"} - LISTS_ONLY)
BOTH = ONE + f"rooms:\n{PLAIN}"


@pytest.mark.parametrize("kind", sorted(set(READ_KINDS) - FINAL))
@pytest.mark.parametrize("path", READS.values(), ids=READS)
def test_one_fault_at_a_read_is_survived(
    make_world: Callable[..., World], path: str, kind: str
) -> None:
    """A reading that goes wrong is asked again, and the plan is the same."""
    world = make_world()
    world.write(BOTH)
    unspoiled = world.plan().out.splitlines()[:-1]
    world.sandbox.faults.add(f"{kind}:GET:{path}")

    ran = world.plan()

    assert ran.code == 2
    assert ran.out.splitlines()[:-1] == unspoiled


@pytest.mark.parametrize("kind", [*READ_KINDS, "wrong-json"])
@pytest.mark.parametrize("path", READS.values(), ids=READS)
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_lasting_fault_at_a_read_ends_the_run_before_it_writes(
    make_world: Callable[..., World], command: str, path: str, kind: str
) -> None:
    """What cannot be read ends in one message and code 1, and nothing is sent."""
    world = make_world()
    world.write(BOTH)
    world.sandbox.faults.add(f"{kind}:GET:{path}*all")

    ran = world.run(command, "config.yaml", *(["--yes"] if command == "apply" else []))

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: ")
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) <= 2
    assert world.writes() == []


def test_a_list_that_repeats_its_first_page_is_an_error(
    make_world: Callable[..., World],
) -> None:
    """A cursor that never moves on ends the run instead of turning for ever."""
    world = make_world()
    for number in range(250):
        world.sandbox.store.add_room(f"room-{number}")
    world.write(f"rooms:\n{PLAIN}")
    world.sandbox.faults.add("duplicate-page:GET:/rooms*all")

    ran = world.plan("--show-unmanaged")

    assert ran.code == 1
    assert "the list /rooms repeats itself" in ran.err


def test_one_repeated_page_is_read_over(make_world: Callable[..., World]) -> None:
    """A page that comes twice is counted once, and the rest is read."""
    world = make_world()
    for number in range(250):
        world.sandbox.store.add_room(f"room-{number}")
    world.write(f"rooms:\n{PLAIN}")
    world.sandbox.faults.add("duplicate-page:GET:/rooms@2")

    ran = world.plan_json("--show-unmanaged")

    assert len(ran["unmanaged"]["rooms"]) == 250


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"slow"} - LISTS_ONLY))
@pytest.mark.parametrize(
    "write", [WRITES[n] for n in ("create-pin-room", "update-number", "legacy-create")]
)
def test_a_domain_that_cannot_be_read_afterwards_is_not_called_verified(
    make_world: Callable[..., World], write: Write, kind: str
) -> None:
    """What was written and could not be looked at is part-way, and says so."""
    world, before = _world(make_world, write)
    reads = _reads_before_write(world, write)
    world.forget()
    world.sandbox.faults = Faults([f"{kind}:GET@{reads + 1}*all"])

    ran = _apply(world)

    assert ran.code == 3, ran.out + ran.err
    assert "not verified" in ran.out
    assert "1 done" in ran.out
    if write.named.startswith("+"):
        assert "both dial-in stores as they were before: daily-rescue-" in ran.out
    world.sandbox.faults = Faults()
    world.apply(*ERASE)
    _assert_kept(before, world.sandbox.store)


# Time, repetition, and what is never repeated.


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_slower_than_the_timeout_is_looked_at(
    make_world: Callable[..., World], write: Write
) -> None:
    """A write that is done after the client gave up is neither lost nor doubled."""
    world, before = _world(make_world, write)
    world.sandbox.faults.add(_spec("slow=0.5", write.request))

    ran = _apply(world, "--timeout", "0.2")
    _wait_for_the_sandbox()

    assert ran.code in (0, 3), ran.out + ran.err
    assert not list(_blind_repeats(world))
    world.apply(*ERASE)
    _assert_kept(before, world.sandbox.store)


@pytest.mark.parametrize("kind", ["429", "429-retry-after=7"])
def test_a_throttled_write_waits_and_is_repeated(
    make_world: Callable[..., World], kind: str
) -> None:
    """Retry-After is kept to when it is given, a growing pause when it is not."""
    world = make_world()
    world.write(f"rooms:\n{PLAIN}")
    clock = Clock()
    world.environment = lambda _stop: replace(clock.environment(0.5), now=world.clock)
    world.sandbox.faults.add(f"{kind}:POST:/rooms*2")

    ran = _apply(world)

    assert ran.code == 0
    assert "2 answered with 429" in ran.out
    assert world.writes() == ["POST /rooms"] * 3
    long = [wait for wait in clock.slept if wait > 0.4]
    if "retry" in kind:
        assert long == [pytest.approx(7), pytest.approx(7)]
    else:
        assert 0.5 <= long[0] <= 1 <= long[1] <= 2


@pytest.mark.parametrize(
    ("live", "config", "expected"),
    [
        pytest.param(
            _nothing,
            "rooms:\n  lobby: {privacy: private, extra_properties: {brand_new: 1}}\n",
            ["POST /rooms"],
            id="create",
        ),
        pytest.param(
            _room,
            "rooms:\n  lobby: {privacy: private, extra_properties: {brand_new: 1}}\n",
            ["POST /rooms/lobby"],
            id="update",
        ),
    ],
)
def test_a_refused_write_is_never_repeated(
    make_world: Callable[..., World],
    live: Callable[[Store], None],
    config: str,
    expected: list[str],
) -> None:
    """A 400 is reported in Daily's words, once, and nothing was changed."""
    world = make_world()
    live(world.sandbox.store)
    world.write(config)

    ran = _apply(world)

    assert ran.code == 1
    assert world.writes() == expected
    assert "invalid property name 'brand_new'" in ran.out
    assert f"[{expected[0]} -> 400 invalid-request-error]" in ran.out


# PIN to pinless, half-way.


def test_a_replacement_that_daily_refuses_is_put_back(
    make_world: Callable[..., World],
) -> None:
    """When the new entry is refused, the number answers as it did before."""
    world, before = _world(make_world, WRITES["replace-number-create"])
    world.sandbox.faults.add("429:POST:/domain-dialin-config*6")

    ran = _apply(world)

    assert ran.code == 3
    assert "+12095550100 was put back as it was (pin_dialin)" in ran.out
    entries = [c.fields for c in world.sandbox.store.dialin_configs.values()]
    assert PIN in entries
    world.apply(*ERASE)
    _assert_kept(before, world.sandbox.store)


def test_a_replacement_that_cannot_be_put_back_is_named(
    make_world: Callable[..., World],
) -> None:
    """A number that is left without an assignment is said so, and code 3."""
    world, before = _world(make_world, WRITES["replace-number-create"])
    world.sandbox.faults.add("500:POST:/domain-dialin-config*all")

    ran = _apply(world)

    assert ran.code == 3
    assert "+12095550100 IS NOW UNASSIGNED" in ran.out
    world.sandbox.faults = Faults()
    world.apply(*ERASE)
    _assert_kept(before, world.sandbox.store)


@pytest.mark.parametrize("reads_fail", [False, True], ids=["reads-work", "reads-fail"])
@pytest.mark.parametrize("times", ["", "*all"], ids=["once", "for-ever"])
@pytest.mark.parametrize("kind", [*WRITE_KINDS, "plan-gate"])
@pytest.mark.parametrize("write", ["replace-number-delete", "replace-number-create"])
def test_a_replacement_leaves_no_number_unassigned_in_silence(
    make_world: Callable[..., World],
    write: str,
    kind: str,
    times: str,
    reads_fail: bool,
) -> None:
    """Whatever happens between DELETE and POST: assigned, or named as unassigned."""
    world, _ = _world(make_world, WRITES[write])
    world.sandbox.faults.add(_spec(kind, WRITES[write].request, times))
    respond = world.sandbox.respond
    deleted: list[str] = []

    def failing(request: Any, at: float) -> Any:
        if request.method == "DELETE" and not deleted and reads_fail:
            deleted.append(request.path)
            world.sandbox.faults.add("503:GET*all")
        return respond(request, at)

    world.monkeypatch.setattr(world.sandbox, "respond", failing)

    ran = _apply(world)

    held = [c.fields.get("phone_number") for c in _configs(world)]
    assert held.count("+12095550100") <= 1
    if "+12095550100" not in held:
        assert ran.code == 3
        assert re.search(r"\+12095550100 (IS NOW|MAY BE) UNASSIGNED", ran.out)


def _configs(world: World) -> list[Any]:
    return list(world.sandbox.store.dialin_configs.values())


# What fails takes down only what depends on it.

USES = """
phone_numbers:
  '+12095550100': {pin_dialin: {name_prefix: bad}}
  '+12095550101': {pin_dialin: {name_prefix: good}}
rooms:
"""


def _using(room: str, number: str) -> str:
    return (
        f"  {room}:\n    privacy: private\n    properties:\n      exp: {EXP}\n"
        f"      dialin: {{display_name: Phone, room_numbers: ['{number}']}}\n"
    )


@pytest.mark.parametrize("store", ["current", "legacy"])
def test_a_failed_number_blocks_its_rooms_and_nothing_else(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    """Rooms of a failed number wait for it; other numbers and rooms are done."""
    world = make_world()

    def release(request: Recorded) -> None:
        """Somebody gives the number back as soon as the plan was made."""
        if request.path == "/purchased-phone-numbers":
            world.sandbox.store.numbers.pop("+12095550100", None)

    monkeypatch.setattr(world.sandbox, "_on_request", release)
    world.write(
        f"dialin_store: {store}\n{USES}"
        + _using("waits", "+12095550100")
        + _using("goes", "+12095550101")
        + PLAIN
    )

    ran = _apply(world, "--format", "json")

    ended = {r["key"]: (r["outcome"], r["why"]) for r in ran.json["results"]}
    assert ran.code == 3
    assert ended["+12095550100"][0] == "failed"
    assert "not associated with domain" in ended["+12095550100"][1]
    assert ended["waits"][0] == "blocked"
    assert "+12095550100" in ended["waits"][1]
    assert [ended[k] for k in ("+12095550101", "goes", "lobby")] == [("done", "")] * 3


def test_a_failed_number_does_not_let_a_pin_die(
    make_world: Callable[..., World],
) -> None:
    """A room of a failed number is still renewed: its expiry needs no number.

    The rest was refused before it changed anything, so the code is that of the refusal.
    """
    world = make_world()
    number = "+12095550100"
    _current(world.sandbox.store)
    dialin = {"display_name": "Old", "room_numbers": [{"phone_number": number}]}
    room = world.sandbox.store.add_room(
        "lobby", {"dialin": dialin, "exp": EXP}, privacy="private"
    )
    world.write(
        ONE + "rooms:\n  lobby:\n    privacy: private\n"
        "    expires: {after: 300d, renew_before: 120d}\n"
        "    properties:\n"
        f"      dialin: {{display_name: Old, room_numbers: ['{number}']}}\n"
    )
    world.sandbox.faults.add("429:PUT*all")

    ran = _apply(world, "--format", "json")

    assert ran.code == 1
    assert [r["outcome"] for r in ran.json["results"]] == ["failed", "done"]
    assert ran.json["renewed"] == ["lobby"]
    assert int(room.properties["exp"]) > EXP


def test_what_was_not_tried_says_why(make_world: Callable[..., World]) -> None:
    """When the stores cannot be saved first, nothing is tried, and that is said."""
    world = make_world()
    world.write(ONE + "rooms:\n" + PLAIN)
    world.sandbox.faults.add("reset:GET:/domain-dialin-config@2*all")

    ran = _apply(world, "--format", "json")

    assert ran.code == 1
    ends = [(r["outcome"], bool(r["why"])) for r in ran.json["results"]]
    assert ends == [("not tried", True), ("not tried", True)]
    assert world.writes() == []
