"""Finding the schema, and checking with it as any validator would."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import jsonschema
import pytest

from reconciler.config.schema import validator as schema
from reconciler.core.times import duration, moment


def test_the_schema_is_found_and_valid() -> None:
    """It is JSON, and a schema of the draft it names."""
    parsed = json.loads(schema.schema_text())

    jsonschema.Draft202012Validator.check_schema(parsed)
    assert schema.schema() == parsed


@pytest.mark.parametrize(
    "room",
    [
        {},
        {"privacy": "public", "properties": {"max_participants": 12, "exp": None}},
        {"privacy": "org"},
        {"privacy": 1, "x": 2},
        {"properties": {"enable_chatt": True, "enable_chat": 1, "lang": "xx"}},
        {"properties": {"sip": {"display_name": "x"}, "max_participants": True}},
        {"properties": {"dialin": {"room_numbers": ["+1", 5, {}]}}},
        {"properties": {"enable_recording": ["cloud", "x"], "exp": "2026"}},
        {"properties": []},
        [],
    ],
    ids=str,
)
def test_our_shortcut_says_what_the_standard_says(room: object) -> None:
    """Walking what is written finds the errors that the plain validator finds."""
    own = {"$defs": schema.schema()["$defs"], "$ref": "#/$defs/room"}
    plain = jsonschema.Draft202012Validator(own)

    assert told(schema.errors("room", room)) == told(plain.iter_errors(room))


def told(errors: Iterable[Any]) -> list[tuple[str, str]]:
    """What each error is about."""
    return sorted((str(list(e.absolute_path)), str(e.validator)) for e in errors)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("180d", 15_552_000), ("2w3d", 1_468_800), ("1h30m5s", 5405), ("0s", 0),
     ("", None), ("1", None), ("1.5h", None), ("-1d", None), ("1:30", None),
     ("1M", None), ("99999999999999999999d", None), (5, None), (None, None)],
)  # fmt: skip
def test_durations(text: object, seconds: int | None) -> None:
    """Whole weeks, days, hours, minutes and seconds; nothing that needs guessing."""
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(0, 0), (1767225600, 1767225600), (1767225600.0, 1767225600), (1.5, None),
     ("2026-01-01T00:00:00Z", 1767225600), ("2026-01-01 01:00+0100", 1767225600),
     ("2026-01-01T00:00:00.9Z", 1767225600), ("2026-01-01T00:00:00", None),
     ("2026-01-01", None), ("2026-13-01T00:00Z", None), ("x", None),
     (True, None), (None, None)],
)  # fmt: skip
def test_moments(value: object, seconds: int | None) -> None:
    """Unix seconds, or ISO 8601 with an offset; fractions of a second are dropped."""
    assert moment(value) == seconds
