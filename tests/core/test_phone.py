"""Phone numbers: one form, and the numbers that a room names."""

from __future__ import annotations

import pytest

from reconciler.config.rules.numbers import is_e164 as the_rule
from reconciler.core.dialin.sheet import tel_link
from reconciler.core.phone import e164, is_e164, listed_numbers, room_numbers
from reconciler.core.secrecy import Secret

NUMBER = "+12095550100"


@pytest.mark.parametrize("number", [NUMBER, "+1234567", "+123456789012345"])
def test_a_plus_and_seven_to_fifteen_digits(number: str) -> None:
    """That is E.164, for the rules, the links and the tables alike."""
    assert is_e164(number)
    assert tel_link(number, "1") == f"tel:{number},,1"


@pytest.mark.parametrize(
    "number",
    [
        *("", "12095550100", "+0123456789", "+123456", "+1234567890123456"),
        *("+1 209 555 0100", "+1209555010\u0660", f"{NUMBER}\n", "tel:+12095550100"),
    ],
)
def test_anything_else_is_none(number: str) -> None:
    """No leading zero, no decoration, ASCII digits only; and no link to dial."""
    assert not is_e164(number)
    assert tel_link(number, "1") == ""


def test_there_is_one_pattern() -> None:
    """What a file may say is what can be dialled."""
    assert the_rule is is_e164


@pytest.mark.parametrize(
    ("shown", "number"),
    [("12095550100", NUMBER), (f" {NUMBER} ", NUMBER), ("+1", "+1"), ("²", "²")],
)
def test_a_missing_plus_is_added(shown: str, number: str) -> None:
    """Digits get a plus; any other text stays as it is."""
    assert e164(shown) == number


@pytest.mark.parametrize(
    "listed",
    [
        *([NUMBER], ["12095550100"], [12095550100], (NUMBER,), [Secret(NUMBER)]),
        *([{"phone_number": NUMBER}], [{"phone_number": 12095550100}]),
        [{"phone_number": Secret("12095550100", "${A}")}],
    ],
)
def test_a_number_is_found_in_every_form(listed: object) -> None:
    """A text, a whole number, or a mapping, secret or not."""
    assert room_numbers({"dialin": {"room_numbers": listed}}) == [NUMBER]


@pytest.mark.parametrize(
    "fields",
    [
        *({}, {"dialin": None}, {"dialin": "x"}, {"dialin": []}, {"dialin": {}}),
        *(
            {"dialin": {"room_numbers": listed}}
            for listed in (None, "x", NUMBER, 5, {"phone_number": NUMBER}, [], [None])
        ),
        *(
            {"dialin": {"room_numbers": [item]}}
            for item in ("", [], {}, True, 1.5, {"phone_number": None}, {"number": "1"})
        ),
    ],
)
def test_a_malformed_list_names_no_number(fields: dict[str, object]) -> None:
    """Odd shapes come from Daily or from an unchecked file, and break nothing."""
    assert room_numbers(fields) == []


def test_odd_items_do_not_hide_the_others() -> None:
    """The rest of the list counts."""
    listed = [None, NUMBER, {}, {"phone_number": "12095550101"}]

    assert room_numbers({"dialin": {"room_numbers": listed}}) == [
        NUMBER,
        "+12095550101",
    ]


def test_a_secret_number_stays_one() -> None:
    """Its label is what a message shows."""
    secret = Secret(NUMBER, "${NUMBER}")

    assert list(listed_numbers({"room_numbers": [secret]})) == [secret]
