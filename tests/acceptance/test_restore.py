"""A lost assignment is named with its rescue file, and `restore` brings it back."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from kit import World

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
    world.apply("--rescue-file", "rescue.json", expect=3)
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

    ran = world.apply("--rescue-file", "rescue.json", expect=3)

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
        pytest.param("500:GET:/@3*all", 3, "not verified: ", id="cannot-look"),
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
