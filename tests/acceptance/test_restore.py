"""A lost assignment is named with its rescue file, and `restore` brings it back."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import World

from reconciler.daily.rescue import restore as restoring
from reconciler.sandbox.faults import Faults
from reconciler.sandbox.settings import Assume
from reconciler.sandbox.state import entries

LEGACY = """
dialin_store: legacy
phone_numbers:
  "+12095550100":
    pin_dialin: {name_prefix: ours}
"""
FOREIGN = {
    "phone_number": "+12095550101",
    "name_prefix": "theirs",
    "room_creation_api": "https://example.com/theirs",
    "hmac": "dGhlaXJzIGFuZCBub2JvZHkgZWxzZSdz",
}
SIP_ONLY = {
    "name_prefix": "sip-only",
    "room_creation_api": "https://example.com/sip",
    "hmac": "c2lwIG9ubHksIG5vIG51bWJlciBhdCBhbGw=",
}


def _erased(make_world: Callable[..., World]) -> tuple[World, Path]:
    """A world where a legacy write has just erased the current store."""
    world = make_world(assume=Assume(stores="erasing"))
    world.sandbox.store.add_dialin_config("pinless_dialin", FOREIGN)
    world.sandbox.store.add_dialin_config("pinless_dialin", SIP_ONLY)
    world.write(LEGACY)
    world.apply("--allow", "may-erase=2", "--rescue-file", "rescue.json", expect=3)
    return world, world.folder / "rescue.json"


def _contents(world: World) -> list[dict[str, object]]:
    keep = ("phone_number", "name_prefix", "room_creation_api", "hmac")
    return [
        {k: config.fields.get(k) for k in keep}
        for config in world.sandbox.store.dialin_configs.values()
    ]


def test_a_lost_entry_is_named_with_its_rescue_file(
    make_world: Callable[..., World],
) -> None:
    """The report says what is gone and where the copy is; the copy is private."""
    world = make_world(assume=Assume(stores="erasing"))
    world.sandbox.store.add_dialin_config("pinless_dialin", FOREIGN)
    world.write(LEGACY)

    allow = ("--allow", "may-erase=1")
    ran = world.apply(*allow, "--rescue-file", "rescue.json", expect=3)

    assert "LOST: +12095550101 (pinless_dialin, current store) is gone" in ran.out
    assert "daily-reconciler restore rescue.json" in ran.out
    assert FOREIGN["hmac"] not in ran.out + ran.err
    mode = (world.folder / "rescue.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_restore_brings_back_what_is_missing(make_world: Callable[..., World]) -> None:
    """Entries return with their hmac; what is there stays; a second run is idle."""
    world, file = _erased(make_world)
    assert _contents(world) == []

    ran = world.run("restore", file.name, "--yes")

    assert ran.code == 0, ran.out + ran.err
    wanted = [{"phone_number": None, **SIP_ONLY}, FOREIGN]
    assert sorted(_contents(world), key=str) == sorted(wanted, key=str)
    assert "2 assignments brought back" in ran.out
    assert FOREIGN["hmac"] not in ran.out + ran.err
    world.forget()
    assert world.run("restore", file.name, "--yes").out == "nothing is missing\n"
    assert world.writes() == []
    assert world.plan().code == 0


def test_restore_brings_back_a_legacy_entry_in_its_place(
    make_world: Callable[..., World],
) -> None:
    """A legacy list gets its lost entry back where it was, the others untouched."""
    world = make_world()
    store = world.sandbox.store
    for position, number in enumerate(("+12095550101", "+12095550102", "+12095550103")):
        store.add_legacy(
            "pinless_dialin",
            {**FOREIGN, "phone_number": number, "name_prefix": f"n{position}"},
        )
    rescue = {
        "version": 1,
        "domain": "acme",
        "managed": [],
        "assignments": [
            {
                "store": "legacy",
                "type": "pinless_dialin",
                "phone_number": entry["phone_number"],
                "id": "",
                "position": position,
                "fields": {k: v for k, v in entry.items() if k != "phone_number"},
            }
            for position, entry in enumerate(store.legacy["pinless_dialin"])
        ],
    }
    (world.folder / "rescue.json").write_text(json.dumps(rescue))
    before = [dict(entry) for entry in store.legacy["pinless_dialin"]]
    del store.legacy["pinless_dialin"][1]

    ran = world.run("restore", "rescue.json", "--yes")

    after = store.legacy["pinless_dialin"]
    assert ran.code == 0, ran.out + ran.err
    keys = ("phone_number", "name_prefix", "hmac")
    assert [[e[k] for k in keys] for e in after] == [
        [e[k] for k in keys] for e in before
    ]


def test_restore_rotates_nobody_elses_hmac(make_world: Callable[..., World]) -> None:
    """Where Daily hides hmacs, a legacy list is rewritten only when that is allowed."""
    world = make_world(assume=Assume(hmac="hidden"))
    world.sandbox.store.add_legacy("pinless_dialin", FOREIGN)
    lost = {**SIP_ONLY, "phone_number": "+12095550102"}
    rescue = {
        "version": 1,
        "domain": "acme",
        "managed": [],
        "assignments": [
            {
                "store": "legacy",
                "type": "pinless_dialin",
                "phone_number": lost["phone_number"],
                "id": "",
                "position": 1,
                "fields": {k: v for k, v in lost.items() if k != "phone_number"},
            }
        ],
    }
    (world.folder / "rescue.json").write_text(json.dumps(rescue))

    refused = world.run("restore", "rescue.json", "--yes")

    assert refused.code == 4
    assert "--allow hmac-rotation=1" in refused.err
    assert world.writes() == []
    allowed = world.run("restore", "rescue.json", "--yes", "--allow", "hmac-rotation=1")
    assert allowed.code == 0, allowed.out + allowed.err
    assert len(world.sandbox.store.legacy["pinless_dialin"]) == 2


def test_restore_gives_a_rotated_hmac_back(make_world: Callable[..., World]) -> None:
    """An entry that is there with another hmac gets the one it had."""
    world, file = _erased(make_world)
    changed = {**FOREIGN, "hmac": "YW5vdGhlciBvbmU="}
    world.sandbox.store.add_dialin_config("pinless_dialin", changed)

    ran = world.run("restore", file.name, "--yes")

    assert ran.code == 0, ran.out + ran.err
    assert FOREIGN in _contents(world)


def test_restore_leaves_what_the_config_manages_to_apply(
    make_world: Callable[..., World],
) -> None:
    """A number that the interrupted run was to write is not put back as it was."""
    world, file = _erased(make_world)
    world.sandbox.store.legacy["pin_dialin"] = []

    ran = world.run("restore", file.name, "--yes")

    assert ran.code == 0
    assert world.sandbox.store.legacy["pin_dialin"] == []


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        pytest.param("not json", 1, "it is not JSON", id="not-json"),
        pytest.param("{}", 1, "not a rescue file of version 1", id="no-version"),
        pytest.param(
            '{"version": 1, "domain": "acme"}', 1, "not a whole", id="cut-off"
        ),
        pytest.param(
            '{"version": 1, "domain": "other", "managed": [], "assignments": []}',
            4,
            "of domain 'other'",
            id="other-domain",
        ),
    ],
)
def test_restore_refuses_a_wrong_file(
    make_world: Callable[..., World], text: str, code: int, said: str
) -> None:
    """A file that is not this domain's rescue file is refused before any write."""
    world = make_world()
    (world.folder / "rescue.json").write_text(text)

    ran = world.run("restore", "rescue.json", "--yes")

    assert ran.code == code
    assert said in ran.err
    assert world.writes() == []


@pytest.mark.parametrize("ahead", [2, 3650, 10**9])
def test_a_file_from_the_future_is_not_fresh(
    make_world: Callable[..., World], ahead: int
) -> None:
    """Its age cannot be told, so it is refused like a damaged one."""
    world = make_world()
    saved = int(time.time()) + ahead * 86_400
    _rescue(world, _foreign("current"), saved=saved)

    ran = world.run("restore", "rescue.json", "--yes")

    assert ran.code == 1
    assert "is not a whole rescue file" in ran.err
    assert world.sent() == []


def test_a_file_from_a_pipe_is_restored(make_world: Callable[..., World]) -> None:
    """The safety copy lies in the working directory: a pipe is in no folder."""
    world = make_world(assume=Assume(stores="erasing"))
    newer = {**FOREIGN, "phone_number": "+12095550102"}
    world.sandbox.store.add_dialin_config("pinless_dialin", newer)
    _rescue(world, _foreign("legacy"))
    reading, writing = os.pipe()
    os.write(writing, (world.folder / "rescue.json").read_bytes())
    os.close(writing)

    allow = ("--allow", "may-erase=1")
    ran = world.run("restore", f"/dev/fd/{reading}", "--yes", *allow)
    os.close(reading)

    assert ran.code == 3, ran.err
    (copy,) = world.folder.glob("daily-rescue-acme-*.json")
    assert ran.out.splitlines()[-1] == f"daily-reconciler restore {copy.name}"


def test_a_copy_that_cannot_be_written_names_no_foreign_option(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`restore` has no --rescue-file: the error says what to do instead."""
    world = make_world()
    _rescue(world, _foreign("current"))

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    ran = world.run("restore", "rescue.json", "--yes")

    assert ran.code == 1
    assert "a folder that can be written" in ran.err
    assert "--rescue-file" not in ran.err
    assert world.writes() == []


def test_restore_needs_a_terminal_or_yes(make_world: Callable[..., World]) -> None:
    """Without a terminal and without --yes nothing is read or written."""
    world, file = _erased(make_world)
    world.forget()

    ran = world.run("restore", file.name)

    assert ran.code == 64
    assert world.sent() == []


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        pytest.param(
            "lost-answer:POST:/domain-dialin-config*all",
            0,
            "2 assignments brought back",
            id="done-and-the-answer-lost",
        ),
        pytest.param("500:GET:/@4*all", 3, "not verified: ", id="cannot-look"),
        pytest.param(
            "reset:POST:/domain-dialin-config",
            3,
            "still missing: ",
            id="one-of-two-was-not-done",
        ),
        pytest.param(
            "429:POST:/domain-dialin-config*all",
            1,
            "0 assignments brought back",
            id="none-was-done",
        ),
    ],
)
def test_restore_tells_what_was_written(
    make_world: Callable[..., World], fault: str, code: int, said: str
) -> None:
    """The code is 1 only when nothing was written; what is there counts as back."""
    world, file = _erased(make_world)
    world.sandbox.faults.add(fault)

    ran = world.run("restore", file.name, "--yes")

    assert ran.code == code, ran.out + ran.err
    assert said in ran.out
    world.sandbox.faults = Faults()
    assert world.run("restore", file.name, "--yes").code == 0
    assert len(_contents(world)) == 2


def test_restore_keeps_keys_that_nobody_knows(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A legacy list is sent with each key that its other entries have."""
    known = {**entries.FIELDS["pinless_dialin"], "brand_new": entries.TEXT}
    monkeypatch.setitem(entries.FIELDS, "pinless_dialin", known)  # type: ignore[arg-type]
    world = make_world()
    store = world.sandbox.store
    store.add_legacy("pinless_dialin", {**SIP_ONLY, "brand_new": "kept"})
    lost = {k: v for k, v in FOREIGN.items() if k != "phone_number"}
    rescue = {
        "version": 1,
        "domain": "acme",
        "managed": [],
        "assignments": [
            {
                "store": "legacy",
                "type": "pinless_dialin",
                "phone_number": FOREIGN["phone_number"],
                "id": "",
                "position": 0,
                "fields": lost,
            }
        ],
    }
    (world.folder / "rescue.json").write_text(json.dumps(rescue))

    ran = world.run("restore", "rescue.json", "--yes")

    assert ran.code == 0, ran.out + ran.err
    listed = store.legacy["pinless_dialin"] or []
    assert [entry.get("brand_new") for entry in listed] == [None, "kept"]


def _rescue(world: World, *entries: dict[str, object], **more: object) -> None:
    """Write a rescue file with these entries: store, type and fields."""
    assignments = [
        {
            "store": entry["store"],
            "type": entry["type"],
            "phone_number": entry.get("phone_number"),
            "id": "",
            "position": position,
            "fields": {
                k: v
                for k, v in entry.items()
                if k not in ("store", "type", "phone_number")
            },
        }
        for position, entry in enumerate(entries)
    ]
    body = {"version": 1, "domain": "acme", "managed": [], "assignments": assignments}
    (world.folder / "rescue.json").write_text(json.dumps(body | more))


@pytest.mark.parametrize("store", ["current", "legacy"])
@pytest.mark.parametrize("good", ["current", "legacy"])
@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"type": "foo"}, "does not know the type 'foo'"),
        ({"type": None}, "does not know the type 'null'"),
        ({"type": ""}, "does not know the type ''"),
        ({"type": ["pin_dialin"]}, "does not know the type"),
        ({"type": "\ud800"}, "does not know the type"),
        ({"name_prefix": "\ud800"}, "name_prefix: the text cannot be written"),
        ({"hmac": "\udfff"}, "hmac: the text cannot be written"),
    ],
)
def test_an_entry_that_cannot_be_sent_keeps_no_other_away(
    make_world: Callable[..., World],
    store: str,
    good: str,
    broken: dict[str, object],
    why: str,
) -> None:
    """What can come back does; what cannot is named with the reason."""
    world = make_world()
    _rescue(world, _foreign(store, 1) | broken, _foreign(good, 2))

    ran = world.run("restore", "rescue.json", "--yes")

    assert ran.code == 3, ran.out + ran.err
    assert why in ran.out
    assert "still missing: +12095550101" in ran.out
    assert "1 assignment brought back" in ran.out
    held = world.sandbox.store
    there = [c.fields for c in held.dialin_configs.values()]
    there += held.legacy["pinless_dialin"] or []
    assert [entry["phone_number"] for entry in there] == ["+12095550102"]

    world.forget()
    again = world.run("restore", "rescue.json", "--yes")
    assert again.code == 1, again.out + again.err
    assert why in again.out
    assert world.writes() == []


def _foreign(store: str, last: int = 1, **more: object) -> dict[str, object]:
    number = f"+1209555010{last}"
    return {
        **FOREIGN,
        "store": store,
        "type": "pinless_dialin",
        "phone_number": number,
        **more,
    }


@pytest.mark.parametrize("saved_in", ["current", "legacy"])
@pytest.mark.parametrize("lives_in", ["current", "legacy"])
@pytest.mark.parametrize("kind", ["pin_dialin", "pinless_dialin"])
def test_a_number_that_lives_elsewhere_is_not_assigned_twice(
    make_world: Callable[..., World], saved_in: str, lives_in: str, kind: str
) -> None:
    """A number that is assigned in another way is named, and nothing is sent."""
    if (saved_in, kind) == (lives_in, "pinless_dialin"):
        kind, lives_in = "pin_dialin", lives_in
    world = make_world()
    _rescue(world, _foreign(saved_in))
    entry = {"phone_number": FOREIGN["phone_number"], "name_prefix": "new"}
    if kind == "pinless_dialin":
        entry |= {k: FOREIGN[k] for k in ("room_creation_api", "hmac")}
    store = world.sandbox.store
    add = store.add_legacy if lives_in == "legacy" else store.add_dialin_config
    add(kind, entry)

    check = world.run("restore", "rescue.json", "--check")
    ran = world.run("restore", "rescue.json", "--yes")

    assert check.code == ran.code == 0
    for out in (check.out, ran.out):
        assert "not restored: +12095550101 (pinless_dialin" in out
        assert f"assigned as {kind} in the {lives_in} store" in out
    assert world.writes() == []


@pytest.mark.parametrize("nth", [1, 2, 4, 5])
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_interrupted_restore_tells_what_was_written(
    make_world: Callable[..., World], sent: signal.Signals, nth: int
) -> None:
    """After some of five entries: code 3, those are back, the others are missing."""
    world = make_world(numbers=[f"+1209555010{n}" for n in range(6)])
    _rescue(world, *(_foreign("current", n) for n in range(1, 6)))
    respond = world.sandbox.respond
    posts = iter(range(1, 100))

    def interrupting(request: Any, at: float) -> Any:
        if request.method == "POST" and next(posts) == nth:
            os.kill(os.getpid(), sent)
        return respond(request, at)

    world.monkeypatch.setattr(world.sandbox, "respond", interrupting)

    ran = world.run("restore", "rescue.json", "--yes")

    back = len(world.sandbox.store.dialin_configs)
    assert ran.code == (3 if nth < 5 else 0), ran.out + ran.err
    assert nth <= back <= nth + 1
    assert ran.out.count("still missing: ") == 5 - back
    assert "nothing was changed" not in ran.out + ran.err


def test_check_sends_nothing(make_world: Callable[..., World]) -> None:
    """`--check` names what would come back, ends with 2, and needs no --yes."""
    world, file = _erased(make_world)
    world.forget()

    before = world.run("restore", file.name, "--check")
    as_json = world.run("restore", file.name, "--check", "--format", "json")

    assert before.code == as_json.code == as_json.json["exit_code"] == 2
    assert before.out.count("still missing: ") == 2
    assert len(as_json.json["still_missing"]) == 2
    assert world.writes() == []
    world.run("restore", file.name, "--yes")
    assert world.run("restore", file.name, "--check").code == 0


def test_a_wanted_loss_is_dismissed(make_world: Callable[..., World]) -> None:
    """`--dismiss` renames the file, removes nothing and asks Daily nothing."""
    world, file = _erased(make_world)
    held = file.read_text()
    (world.folder / "rescue.json.dismissed").write_text("an older one")
    world.forget()

    ran = world.run("restore", file.name, "--dismiss")

    assert ran.code == 0
    assert "rescue.json.dismissed.1" in ran.out
    assert not file.exists()
    assert (world.folder / "rescue.json.dismissed.1").read_text() == held
    assert (world.folder / "rescue.json.dismissed").read_text() == "an older one"
    assert world.sent() == []


@pytest.mark.parametrize("is_dated", [True, False], ids=["dated", "by-its-mtime"])
def test_an_old_file_is_refused(
    make_world: Callable[..., World], is_dated: bool
) -> None:
    """What went since may have been removed on purpose: say how old it may be."""
    world = make_world()
    old = int(time.time()) - 8 * 86_400
    _rescue(world, _foreign("current"), **({"saved": old} if is_dated else {}))
    if not is_dated:
        os.utime(world.folder / "rescue.json", (old, old))

    refused = world.run("restore", "rescue.json", "--yes")

    assert refused.code == 4
    assert "--max-age" in refused.err
    assert world.sent() == []
    assert world.run("restore", "rescue.json", "--check").code == 2
    assert world.run("restore", "rescue.json", "--yes", "--max-age", "9d").code == 0


@pytest.mark.parametrize(
    "entry",
    ["{state: absent}", "{pin_dialin: {name_prefix: ours}}"],
    ids=["absent", "declared"],
)
def test_what_the_config_declares_now_is_left_to_apply(
    make_world: Callable[..., World], entry: str
) -> None:
    """A number that `--config` declares, also as absent, does not come back."""
    world = make_world()
    _rescue(world, _foreign("current", 1), _foreign("current", 2))
    world.write(f'phone_numbers: {{"+12095550101": {entry}}}\n')

    ran = world.run("restore", "rescue.json", "--yes", "--config", "config.yaml")

    assert ran.code == 0, ran.out + ran.err
    assert "1 assignment brought back" in ran.out
    assert [c["phone_number"] for c in _contents(world)] == ["+12095550102"]


def test_a_config_of_another_domain_is_refused(
    make_world: Callable[..., World],
) -> None:
    """Its numbers say nothing about the domain of the rescue file."""
    world = make_world()
    _rescue(world, _foreign("current"))
    world.write("version: 1\ndomain: other\nrooms: {}\n", head=False)

    ran = world.run("restore", "rescue.json", "--yes", "--config", "config.yaml")

    assert ran.code == 4
    assert world.sent() == []


def test_what_a_restore_costs_is_named_and_saved(
    make_world: Callable[..., World],
) -> None:
    """A legacy write that erases a newer entry: 3, LOST, and a copy that has it."""
    world = make_world(assume=Assume(stores="erasing"))
    newer = {**FOREIGN, "phone_number": "+12095550102"}
    world.sandbox.store.add_dialin_config("pinless_dialin", newer)
    _rescue(world, _foreign("legacy"))
    command = ("restore", "rescue.json", "--yes")

    refused = world.run(*command)

    assert refused.code == 4
    assert "gate may-erase" in refused.err
    assert world.writes() == []
    ran = world.run(*command, "--allow", "may-erase=1")
    assert ran.code == 3
    assert "LOST: +12095550102 (pinless_dialin, current store) is gone" in ran.out
    (copy,) = world.folder.glob("daily-rescue-acme-*.json")
    assert ran.out.splitlines()[-1] == f"daily-reconciler restore {copy.name}"
    assert world.run("restore", copy.name, "--yes").code == 0
    assert {c["phone_number"] for c in _contents(world)} == {"+12095550102"}


def test_no_copy_stays_when_nothing_was_lost(
    make_world: Callable[..., World],
) -> None:
    """The copy of a restore is removed once every other entry was seen again."""
    world, file = _erased(make_world)

    assert world.run("restore", file.name, "--yes").code == 0

    assert list(world.folder.glob("daily-rescue-*")) == []


@pytest.mark.parametrize("store", ["current", "legacy"])
def test_an_hmac_comes_back_without_what_was_edited_since(
    make_world: Callable[..., World], store: str
) -> None:
    """Only the hmac is the file's; everything else stays as somebody has set it."""
    world = make_world()
    edited = {**FOREIGN, "hmac": "YW5vdGhlciBvbmU=", "name_prefix": "edited"}
    held = world.sandbox.store
    add = held.add_legacy if store == "legacy" else held.add_dialin_config
    add("pinless_dialin", edited)
    _rescue(world, _foreign(store))

    ran = world.run("restore", "rescue.json", "--yes")

    assert ran.code == 3, ran.out + ran.err
    assert "it differs from the file in name_prefix" in ran.out
    listed = held.legacy["pinless_dialin"] or [
        config.fields for config in held.dialin_configs.values()
    ]
    assert [(e["hmac"], e["name_prefix"]) for e in listed] == [
        (FOREIGN["hmac"], "edited")
    ]


def test_an_entry_that_daily_refuses_keeps_no_other_away(
    make_world: Callable[..., World],
) -> None:
    """A list that is refused because of one entry is written with the others."""
    world = make_world()
    orphan = _foreign("legacy", phone_number="+12095550177")
    _rescue(world, orphan, _foreign("legacy", 1), _foreign("legacy", 2))

    ran = world.run("restore", "rescue.json", "--yes")

    assert ran.code == 3
    assert "failed: +12095550177" in ran.out
    assert "still missing: +12095550177" in ran.out
    assert "2 assignments brought back" in ran.out
    listed = world.sandbox.store.legacy["pinless_dialin"] or []
    assert [e["phone_number"] for e in listed] == ["+12095550101", "+12095550102"]


def test_a_rescue_file_lies_beside_the_config(
    make_world: Callable[..., World],
) -> None:
    """Wherever apply runs, the file is in the folder of the config, and named so."""
    world = make_world(assume=Assume(stores="erasing"))
    world.sandbox.store.add_dialin_config("pinless_dialin", FOREIGN)
    folder = world.folder / "configs"
    folder.mkdir()
    (folder / "acme.yaml").write_text(f"version: 1\ndomain: acme\n{LEGACY}")

    allow = ("--allow", "may-erase=1")
    ran = world.run("apply", "configs/acme.yaml", "--yes", *allow)

    assert ran.code == 3
    (file,) = folder.glob("daily-rescue-acme-*.json")
    assert f"daily-reconciler restore configs/{file.name}" in ran.out
    assert list(world.folder.glob("daily-rescue-*")) == []


@pytest.mark.parametrize("nth", [1, 2])
def test_a_mistake_of_the_program_hides_no_write(
    make_world: Callable[..., World], nth: int
) -> None:
    """Whatever is raised in the middle: what was written is in the report."""
    world = make_world()
    _rescue(world, *(_foreign("current", n) for n in range(1, 4)))
    body, calls = restoring._body, iter(range(1, 100))

    def broken(*entries: Any) -> dict[str, object]:
        if next(calls) == nth:
            raise RuntimeError("a mistake")
        return body(*entries)

    world.monkeypatch.setattr(restoring, "_body", broken)

    ran = world.run("restore", "rescue.json", "--yes")

    assert ran.code == (1 if nth == 1 else 3), ran.out + ran.err
    assert ran.out.count("still missing: ") == 4 - nth
    assert f"{nth - 1} assignment" in ran.out
    assert "RuntimeError" in ran.out


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("end", ["full", "closed"])
@pytest.mark.parametrize("option", ["--yes", "--dismiss"])
def test_a_result_that_stdout_does_not_take_goes_to_stderr(
    make_world: Callable[..., World], format_: str, end: str, option: str
) -> None:
    """A full disk, a reader that went away: the code stays, as that of an apply.

    Where stderr is gone too, it is 3.
    """
    world = make_world()
    _rescue(world, _foreign("current"))
    words = [sys.executable, "-m", "reconciler", "restore", "rescue.json", option]
    read, write = os.pipe()
    os.close(read)
    if end == "full":
        os.close(write)
        write = os.open("/dev/full", os.O_WRONLY)

    def run(stderr: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*words, "--format", format_],
            cwd=world.folder,
            env=os.environ
            | {"DAILY_API_URL": world.sandbox.url, "DAILY_API_KEY": "sandbox"},
            stdout=write,
            stderr=stderr,
            text=True,
            timeout=60,
            check=False,
        )

    ran = run(subprocess.PIPE)
    world.sandbox.store.dialin_configs.clear()
    _rescue(world, _foreign("current"))
    unheard = run(write)
    os.close(write)

    assert (ran.returncode, unheard.returncode) == (0, 3), ran.stderr
    said = {
        ("--yes", "text"): "1 assignment brought back",
        ("--yes", "json"): '"still_missing": []',
        ("--dismiss", "text"): "dismissed: ",
        ("--dismiss", "json"): '"kind": "dismissed"',
    }
    assert said[option, format_] in ran.stderr
    assert len(world.sandbox.store.dialin_configs) == (option == "--yes")


@pytest.mark.parametrize("also_missing", [False, True])
def test_an_entry_that_differs_is_named_and_left_alone(
    make_world: Callable[..., World], also_missing: bool
) -> None:
    """A later edit is not overwritten: the code is 2, 1, or 3 when written."""
    world = make_world()
    edit = {**FOREIGN, "name_prefix": "edited"}
    world.sandbox.store.add_dialin_config("pinless_dialin", edit)
    others = [_foreign("current", 2)] if also_missing else []
    _rescue(world, _foreign("current", 1), *others)

    checked = world.run("restore", "rescue.json", "--check")
    ran = world.run("restore", "rescue.json", "--yes")
    shown = world.run("restore", "rescue.json", "--check", "--format", "json")

    assert (checked.code, ran.code) == (2, 3 if also_missing else 1)
    for said in (checked.out, ran.out):
        assert "it differs from the file in name_prefix; restore does not" in said
    assert (
        "nothing is missing, 1 assignment with other values" in ran.out
    ) != also_missing
    assert [d["fields"] for d in shown.json["differing"]] == [["name_prefix"]]
    assert shown.json["still_missing"] == []
    assert _contents(world)[0]["name_prefix"] == "edited"
