"""The safety copy of both dial-in stores."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.model import LiveAssignment
from reconciler.core.secrecy import Secret
from reconciler.daily.rescue.file import (
    Rescue,
    additions,
    dismiss,
    load,
    losses,
    save,
    vanished,
)
from reconciler.errors import ReconcilerError

HMAC = "aHVzaC1odXNo"
PIN = LiveAssignment(
    "current", "pin_dialin", "+12095550100", {"name_prefix": "pin"}, id="c1"
)
PINLESS = LiveAssignment(
    "legacy",
    "pinless_dialin",
    "+12095550101",
    {"room_creation_api": "https://example.com/a", "hmac": Secret(HMAC)},
    position=3,
)
SIP = LiveAssignment(
    "legacy", "pinless_dialin", None, {"name_prefix": "sip", "sip_uri": "a@example.com"}
)
ENTRIES = (PIN, PINLESS, SIP)


def without(entry: LiveAssignment, key: str) -> LiveAssignment:
    """The same entry with one field gone."""
    return replace(entry, fields={k: v for k, v in entry.fields.items() if k != key})


def with_field(entry: LiveAssignment, **fields: Any) -> LiveAssignment:
    """The same entry with other values."""
    return replace(entry, fields={**entry.fields, **fields})


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """Every entry comes back as it was, secrets, ids and places included."""
    rescue = Rescue("acme", ENTRIES, frozenset({"+12095550100"}))

    loaded = load(save(tmp_path / "rescue.json", rescue))

    assert loaded == rescue
    assert loaded.entries[1].fields["hmac"] == Secret(HMAC)
    assert HMAC not in repr(loaded)


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """The file holds secrets, so its mode is 0600."""
    path = save(tmp_path / "rescue.json", Rescue("acme", ENTRIES))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_older_file_is_never_overwritten(tmp_path: Path) -> None:
    """An older file may be the only copy of something: the new one gets a number."""
    first = save(tmp_path / "rescue.json", Rescue("acme", (PIN,)))
    second = save(tmp_path / "rescue.json", Rescue("acme", (SIP,)))

    assert first != second
    assert load(first).entries == (PIN,)
    assert load(second).entries == (SIP,)


def test_a_place_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    """No safety copy, no write: the error names the option for another place."""
    with pytest.raises(ReconcilerError) as caught:
        save(tmp_path / "missing" / "rescue.json", Rescue("acme", ENTRIES))

    assert "cannot write the rescue file" in caught.value.message
    assert "--rescue-file" in caught.value.message + caught.value.tip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "null",
        '{"version": 2}',
        '{"version": 1}',
        '{"version": 1, "domain": "acme", "managed": [], "assignments": 7}',
        '{"version": 1, "domain": "acme", "managed": 7, "assignments": []}',
        '{"version": 1, "domain": "acme", "managed": [[]], "assignments": []}',
        '{"version": 1, "domain": "acme", "managed": [], "assignments": [7]}',
        '{"version": 1, "domain": "acme", "managed": [], "assignments": [{}]}',
        '{"version": 1, "domain": "acme", "managed": [], "assignments": '
        '[{"store": "legacy", "type": "pin_dialin", "fields": 7}]}',
        *(
            '{"version": 1, "domain": "acme", "managed": [], "assignments": [], '
            f'"saved": {saved}}}'
            for saved in ("1e999", "-1e999", "NaN", "-1", "1e12", '"now"', "null")
        ),
        "[" * 100_000,
        "\ufeff{}",
    ],
)
def test_a_file_that_is_none_is_one_error(tmp_path: Path, text: str) -> None:
    """A damaged or foreign file is named, whatever is in it."""
    path = tmp_path / "rescue.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ReconcilerError, match=r"rescue\.json is not a") as caught:
        load(path)
    assert caught.value.tip == ""


ENTRY = {"store": "legacy", "type": "pin_dialin", "fields": {}}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        *(
            ({"assignments": value}, "assignments should be a list")
            for value in ({}, "", None, 0, False, "abc")
        ),
        *(
            ({"managed": value}, "managed should be a list of numbers as texts")
            for value in ("+12095550100", {}, None, [7], [""], {"+12095550100": 1})
        ),
        *(({"domain": value}, "domain should be a text") for value in ("", None, 7)),
        *(
            ({"saved": value}, "saved should be a time in Unix seconds")
            for value in (True, "0", [])
        ),
        *(
            ({"assignments": [ENTRY, entry]}, "assignments[1] should be an object")
            for entry in (7, None, [], "x")
        ),
        *(
            ({"assignments": [{**ENTRY, key: value}]}, f"assignments[0].{key} should")
            for key, values in {
                "store": ("foo", None, "", "Legacy", True, [], {}),
                "fields": ([], None, "", 7),
                "phone_number": (12095550100, [], True),
                "id": (7, [], False),
                "position": ("3", None, True, 1.5, -1),
            }.items()
            for value in values
        ),
        *(
            (
                {"assignments": [{k: v for k, v in ENTRY.items() if k != key}]},
                f"assignments[0].{key} is missing",
            )
            for key in ENTRY
        ),
    ],
)
def test_a_damaged_file_is_refused_with_what_is_wrong_where(
    tmp_path: Path, change: dict[str, object], wrong: str
) -> None:
    """A damaged file never passes for one in which nothing is missing."""
    whole = {"version": 1, "domain": "acme", "managed": [], "assignments": [ENTRY]}
    path = tmp_path / "rescue.json"
    path.write_text(json.dumps(whole))
    assert len(load(path).entries) == 1
    path.write_text(json.dumps(whole | change))

    with pytest.raises(ReconcilerError) as caught:
        load(path)

    assert f"rescue.json is not a whole rescue file: {wrong}" in caught.value.message


@pytest.mark.parametrize("version", [True, "1", 2, None, [1]])
def test_another_version_is_refused(tmp_path: Path, version: object) -> None:
    """Only the number counts: true equals 1 in Python."""
    body = {"version": version, "domain": "acme", "managed": [], "assignments": []}
    path = tmp_path / "rescue.json"
    path.write_text(json.dumps(body))

    with pytest.raises(ReconcilerError, match="not a rescue file of version 1"):
        load(path)


def test_bytes_that_are_no_text_are_one_error(tmp_path: Path) -> None:
    """A binary file is not a rescue file."""
    path = tmp_path / "rescue.json"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ReconcilerError):
        load(path)


def test_the_file_can_be_read_by_people(tmp_path: Path) -> None:
    """The file is plain JSON with the domain and every entry."""
    path = save(tmp_path / "rescue.json", Rescue("acme", ENTRIES))

    body = json.loads(path.read_text(encoding="utf-8"))

    assert body["domain"] == "acme"
    assert [e["phone_number"] for e in body["assignments"]] == [
        e.number for e in ENTRIES
    ]
    assert body["assignments"][1]["fields"]["hmac"] == HMAC


@pytest.mark.parametrize(
    ("after", "said"),
    [
        pytest.param(ENTRIES, [], id="untouched"),
        pytest.param(ENTRIES[::-1], [], id="another-order"),
        pytest.param(
            (PIN, PINLESS, with_field(SIP, sip_uri="b@example.com")),
            [],
            id="a-sip-address-moved",
        ),
        pytest.param(
            (PIN, replace(PINLESS, id="new", position=0), SIP), [], id="new-id"
        ),
        pytest.param(
            (
                with_field(
                    PIN,
                    ivr_greeting=None,
                    hold="",
                ),
                PINLESS,
                SIP,
            ),
            [],
            id="empties",
        ),
        pytest.param(
            (PINLESS, SIP),
            ["+12095550100 (pin_dialin, current store) is gone"],
            id="gone",
        ),
        pytest.param(
            (replace(PIN, store="legacy"), PINLESS, SIP),
            ["+12095550100 (pin_dialin, current store) is gone"],
            id="moved-to-the-other-store",
        ),
        pytest.param(
            (PIN, with_field(PINLESS, hmac=Secret("other")), SIP),
            ["+12095550101 (pinless_dialin, legacy store) changed: hmac"],
            id="hmac-rotated",
        ),
        pytest.param(
            (PIN, without(PINLESS, "room_creation_api"), SIP),
            ["+12095550101 (pinless_dialin, legacy store) changed: room_creation_api"],
            id="field-lost",
        ),
        pytest.param(
            (PIN, PINLESS),
            ["SIP entry a@example.com (pinless_dialin, legacy store) is gone"],
            id="sip-entry-gone",
        ),
    ],
)
def test_names_what_was_lost(after: Any, said: Any) -> None:
    """A bystander that is gone or changed is named; what moved only is not."""
    assert losses(ENTRIES, after) == said


def test_no_loss_shows_a_secret() -> None:
    """A changed hmac is named by its key, never by its value."""
    (said,) = losses([PINLESS], [with_field(PINLESS, hmac=Secret("bmV3"))])

    assert HMAC not in said
    assert "bmV3" not in said


@pytest.mark.parametrize(
    ("after", "gone"),
    [
        pytest.param(ENTRIES, [], id="untouched"),
        pytest.param((PIN, SIP), [PINLESS.description + " is gone"], id="gone"),
        pytest.param(
            (PIN, without(PINLESS, "hmac"), SIP),
            [PINLESS.description + " has lost its hmac"],
            id="hmac-not-shown",
        ),
        pytest.param(
            (PIN, with_field(PINLESS, hmac=Secret("bmV3"), name_prefix="x"), SIP),
            [],
            id="edited-by-somebody-else",
        ),
    ],
)
def test_what_a_later_reading_leaves_out_is_named(
    after: tuple[LiveAssignment, ...], gone: list[str]
) -> None:
    """An entry that is missing or shows no hmac any more counts; an edit does not."""
    assert vanished(ENTRIES, after) == gone


def test_two_entries_that_are_alike_need_two_twins() -> None:
    """Of two SIP entries with the same content, one that goes is noticed."""
    assert losses([SIP, SIP], [SIP]) == [f"{SIP.description} is gone"]
    assert additions([SIP], [SIP, SIP]) == (SIP,)


def test_a_dismissed_file_is_renamed(tmp_path: Path) -> None:
    """Its content stays, and no other dismissed file is replaced."""
    first, second = (
        save(tmp_path / "r.json", Rescue("acme", (e,))) for e in ENTRIES[:2]
    )

    names = [dismiss(first), dismiss(second.rename(first))]

    assert [path.name for path in names] == ["r.json.dismissed", "r.json.dismissed.1"]
    assert [load(path).entries for path in names] == [(PIN,), (PINLESS,)]


def test_a_file_says_when_it_was_saved(tmp_path: Path) -> None:
    """Files of earlier versions do not: 0."""
    path = save(tmp_path / "rescue.json", Rescue("acme", (PIN,), saved=1_800_000_000))

    body = json.loads(path.read_text())
    assert load(path).saved == body.pop("saved") == 1_800_000_000
    path.write_text(json.dumps(body))
    assert load(path).saved == 0
