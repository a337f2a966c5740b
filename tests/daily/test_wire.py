"""Daily's JSON to our nouns and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.secrecy import Secret, reveal
from reconciler.daily import wire
from reconciler.errors import DailyAnswerError

ROOM = {"id": "i", "name": "lobby", "privacy": "private", "config": {"lang": "de"}}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "config", "data", "type", "phone_number", "hmac"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "wrap", [lambda r: r, lambda r: {"data": r}], ids=["bare", "data"]
)
def test_a_batch_answers_in_two_ways(wrap: Any) -> None:
    """The rooms of a batch come as a bare array or inside `data`."""
    rooms = wire.rooms_from_batch(wrap([ROOM, {**ROOM, "name": "hall"}]))

    assert [room.name for room in rooms] == ["lobby", "hall"]


@pytest.mark.parametrize(
    "numbers",
    [
        [{"phone_number": "+12095550100"}],
        [{"phone_number": "12095550100"}],
        ["+12095550100"],
        ["12095550100"],
    ],
)
def test_room_numbers_come_in_many_forms(numbers: Any) -> None:
    """Room numbers are E.164 texts for us, and objects for Daily."""
    room = wire.room_from_json(
        {**ROOM, "config": {"dialin": {"room_numbers": numbers}}}
    )
    body = wire.room_to_json({"dialin": room.config["dialin"]})

    assert room.config["dialin"] == {"room_numbers": ["+12095550100"]}
    assert body == {
        "properties": {"dialin": {"room_numbers": [{"phone_number": "+12095550100"}]}}
    }


@pytest.mark.parametrize(
    ("send", "name", "body"),
    [
        pytest.param({}, "lobby", {"name": "lobby"}, id="nothing-but-a-name"),
        pytest.param({"privacy": "public"}, None, {"privacy": "public"}, id="privacy"),
        pytest.param(
            {"privacy": "public", "lang": None, "exp": 5},
            "lobby",
            {
                "name": "lobby",
                "privacy": "public",
                "properties": {"lang": None, "exp": 5},
            },
            id="properties-and-nulls",
        ),
    ],
)
def test_a_room_is_written_as_daily_wants_it(send: Any, name: Any, body: Any) -> None:
    """Privacy stands beside the properties; a null resets one."""
    assert wire.room_to_json(send, name=name) == body


@pytest.mark.parametrize("pin", [None, ""])
def test_no_pin_is_none(pin: Any) -> None:
    """A missing and an empty PIN are no PIN."""
    assert wire.room_from_json({**ROOM, "config": {"dialin_code": pin}}).pin is None


def test_a_config_of_null_is_an_empty_one() -> None:
    """A room whose config is null shows nothing."""
    assert wire.room_from_json({**ROOM, "config": None}).config == {}


@pytest.mark.parametrize(
    ("config", "entries", "shown"),
    [
        pytest.param({}, [], set(), id="not-shown"),
        pytest.param({"pin_dialin": None}, [], {"pin_dialin"}, id="null"),
        pytest.param({"pin_dialin": []}, [], {"pin_dialin"}, id="empty"),
        pytest.param(
            {"pin_dialin": {"phone_number": "12095550100"}},
            [("pin_dialin", "+12095550100", 0)],
            {"pin_dialin"},
            id="one-object",
        ),
        pytest.param(
            {
                "pinless_dialin": [
                    {"name_prefix": "sip"},
                    {"phone_number": "+12095550101"},
                ]
            },
            [("pinless_dialin", None, 0), ("pinless_dialin", "+12095550101", 1)],
            {"pinless_dialin"},
            id="sip-only-and-a-number",
        ),
    ],
)
def test_legacy_lists(config: Any, entries: Any, shown: Any) -> None:
    """A legacy list may be absent, null, empty, one object or a list in order."""
    domain, found = wire.domain_from_json(
        {"domain_name": "acme", "domain_id": "d", "config": {"lang": "de", **config}}
    )

    assert [(a.type, a.number, a.position) for a in found] == entries
    assert domain.shown_lists == shown
    assert domain.config == {"lang": "de"}


def test_an_hmac_is_a_secret_from_the_first_moment() -> None:
    """What comes in as an hmac is never seen again, and goes out as it came."""
    made = wire.assignment_from_config(
        {
            "id": "c",
            "type": "pinless_dialin",
            "config": {
                "phone_number": "12095550101",
                "hmac": "aHVzaA==",
                "sip_uri": "s",
            },
        }
    )
    body = wire.assignment_to_json(made.number, {**made.fields, "type": made.type})

    assert isinstance(made.fields["hmac"], Secret)
    assert "aHVzaA==" not in repr(made)
    assert reveal(body) == {"phone_number": "+12095550101", "hmac": "aHVzaA=="}


@pytest.mark.parametrize(
    ("with_nulls", "body"), [(False, {}), (True, {"ivr_greeting": None})]
)
def test_a_null_clears_a_field_where_that_is_asked(with_nulls: bool, body: Any) -> None:
    """Declared nulls are sent only where the call clears fields with them."""
    fields = {"type": "pin_dialin", "ivr_greeting": None, "sip_uri": "s", "id": "c"}

    made = wire.assignment_to_json(None, fields, with_nulls=with_nulls)

    assert made == body


def test_purchased_numbers_in_either_form() -> None:
    """`number` or `phone_number`, with or without the plus; caller ids left out."""
    items = [
        {"id": "a", "number": "12095550100"},
        {"id": "b", "phone_number": "+12095550101"},
        {"number": "+12095550102"},
        {"id": "d"},
    ]

    made = wire.purchased_from_json(items)

    assert [n.number for n in made] == ["+12095550100", "+12095550101"]


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (wire.room_from_json, None),
        (wire.room_from_json, []),
        (wire.room_from_json, {"name": ""}),
        (wire.room_from_json, {"name": 7}),
        (wire.room_from_json, {"name": "a", "config": []}),
        (wire.rooms_from_batch, "rooms"),
        (wire.rooms_from_batch, {"data": None}),
        (wire.rooms_from_batch, [None]),
        (wire.domain_from_json, {"config": {}}),
        (wire.domain_from_json, {"domain_name": "a", "config": {"pin_dialin": "x"}}),
        (wire.domain_from_json, {"domain_name": "a", "config": {"pin_dialin": [1]}}),
        (wire.assignment_from_config, {"config": {}}),
        (wire.assignment_from_config, {"type": "pin_dialin", "config": [1]}),
    ],
)
def test_another_shape_is_an_error_that_says_so(read: Any, value: Any) -> None:
    """An answer of another shape is named, not guessed at."""
    with pytest.raises(DailyAnswerError):
        read(value)


@settings(deadline=None, max_examples=150)
@given(value=ANY)
def test_no_shape_is_more_than_an_error(value: Any) -> None:
    """Any JSON is read, or refused with our own error."""
    for read in (
        wire.room_from_json,
        wire.rooms_from_batch,
        wire.domain_from_json,
        wire.assignment_from_config,
    ):
        try:
            read(value)
        except DailyAnswerError:
            continue
