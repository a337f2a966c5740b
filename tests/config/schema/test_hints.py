"""The next step after a finding leads out, and not into the next one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.config.load import Loaded

Load = Callable[..., Loaded]


@pytest.mark.parametrize(
    ("written", "hint", "instead"),
    [
        ("exp: 1795625673.4173", "write a whole number: 1795625673", "exp: 1795625673"),
        ("max_participants: 5.5", "write a whole number: 5", "max_participants: 5"),
        ("enable_recording: off", "write false", "enable_recording: false"),
        ("enable_recording: none", "write false", "enable_recording: false"),
        ("enable_recording: true", "name what is meant", "enable_recording: cloud"),
        (
            "enable_recording: [cloud local]",
            "put a ',' between them: cloud, local",
            "enable_recording: [cloud, local]",
        ),
        ("geo: auto", "write null for Daily's default", "geo: null"),
        ("lang: default", "write null for Daily's default", "lang: null"),
        ("lang: nll", "did you mean 'nl'?", "lang: nl"),
        ("enable_chat: on", "use true or false", "enable_chat: true"),
        ("sfu_switchover: '0.5'", "remove the quotes", "sfu_switchover: 0.5"),
        (
            "max_participants: '012'",
            "write it without the leading zero or plus, and without quotes",
            "max_participants: 12",
        ),
    ],
)
def test_the_hint_is_followed_to_a_valid_file(
    load_text: Load, written: str, hint: str, instead: str
) -> None:
    """What the hint says to write has no error of its own."""
    room = "rooms: {{a: {{privacy: private, properties: {{{}}}}}}}\n"

    (finding,) = load_text(room.format(written)).findings
    assert finding.hint == hint
    assert load_text(room.format(instead)).config


@pytest.mark.parametrize(
    ("written", "hint", "instead"),
    [
        ("limits: {update: 0.5}", "50%", "limits: {update: 50%}"),
        ("limits: {delete: 0.25}", "25%", "limits: {delete: 25%}"),
        (
            "rooms: {a: {privacy: private, expires: {after: 180, renew_before: 60d}}}",
            "180d",
            "rooms: {a: {privacy: private, expires: {after: 180d, renew_before: 60d}}}",
        ),
        (
            "rooms: {a: {privacy: private, properties: {exp: true}}}",
            "2030-01-31T12:00:00Z",
            "rooms: {a: {privacy: private, properties: {exp: 2030-01-31T12:00:00Z}}}",
        ),
    ],
)
def test_the_hint_names_a_value_that_is_accepted(
    load_text: Load, written: str, hint: str, instead: str
) -> None:
    """Also where the nearest value of the right type would do harm, or be refused."""
    (finding,) = load_text(f"{written}\n").findings
    assert hint in finding.hint
    assert load_text(f"{instead}\n").config


@pytest.mark.parametrize("number", ["(209) 555-0100", "209-555-0100", "020 7946 0123"])
def test_no_country_is_made_up(load_text: Load, number: str) -> None:
    """A plus before a national number makes it a number of another country."""
    (finding,) = load_text(
        f'phone_numbers: {{"{number}": {{pin_dialin: {{}}}}}}\n'
    ).findings
    assert "a plus, the country code, digits only" in finding.hint


@pytest.mark.parametrize("key", ["name", "id", "url", "created_at"])
@pytest.mark.parametrize("where", ["properties: {%s: x}", "%s: x"])
def test_what_daily_makes_is_not_passed_on(
    load_text: Load, key: str, where: str
) -> None:
    """The hint does not lead to extra_properties."""
    room = "rooms: {a: {privacy: private, %s}}\n" % (where % key)
    (finding,) = load_text(room).findings
    assert "extra_properties" not in finding.hint
    assert finding.hint


@pytest.mark.parametrize(
    "key",
    ["enable_dialin", "pin_dialin", "dialin_pin", "dialin_info", "pin", "pin_code"],
)
@pytest.mark.parametrize("where", ["properties: {%s: x}", "%s: x"])
def test_a_pin_is_made_by_daily(load_text: Load, key: str, where: str) -> None:
    """Whatever a PIN is called, the hint names the property that gives one."""
    loaded = load_text("rooms: {a: {privacy: private, %s}}\n" % (where % key))

    (finding,) = loaded.findings
    assert "dialin: {display_name: NAME}" in finding.hint
    assert "Daily makes the PIN" in finding.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{privacy: true}", "write one of 'public', 'private'"),
        (
            "{privacy: private, expires: 180d}",
            "write '{after: 180d, renew_before: 60d}'",
        ),
        (
            "{privacy: private, properties: {room_numbers: ['+12095550100']}}",
            "put it under 'dialin'",
        ),
        (
            "{privacy: private, properties: {hold_music_enabled: true}}",
            "if Daily knows it, put it under 'extra_properties'",
        ),
        (
            "{privacy: private, properties: {sip_mode: dial-in}}",
            "put it under 'sip'",
        ),
    ],
)
def test_a_value_in_the_wrong_place(load_text: Load, text: str, hint: str) -> None:
    """The hint names the place, or the values, that are right."""
    (finding,) = load_text(f"rooms: {{a: {text}}}\n").findings

    assert finding.hint == hint


def test_a_setting_of_the_domain_is_named_as_one(load_text: Load) -> None:
    """A property that only a domain has is not to be passed on with a room."""
    loaded = load_text(
        "rooms: {a: {privacy: private, properties: {hide_daily_branding: true}}}\n"
    )

    (finding,) = loaded.findings
    assert "Daily domain" in finding.hint
    assert "extra_properties" not in finding.hint


def test_a_number_does_not_name_its_rooms(load_text: Load) -> None:
    """A room names its numbers, and not the other way round."""
    loaded = load_text(
        'phone_numbers: {"+12095550100": {pin_dialin: {room_name: a}}}\n'
    )

    (finding,) = loaded.findings
    assert "room_numbers" in finding.hint


@pytest.mark.parametrize("hmac", ["'not base64!'", "'${HMAC}'"])
def test_no_hint_makes_a_new_hmac(load_text: Load, hmac: str) -> None:
    """A new hmac would silence the webhook that checks with the old one."""
    loaded = load_text(
        f'phone_numbers: {{"+12095550100": {{pinless_dialin: {{hmac: {hmac}}}}}}}\n',
        environ={"HMAC": "c2VjcmV0 \n"},
    )

    finding = next(f for f in loaded.findings if f.id == "hmac-not-base64")
    assert "openssl" not in finding.hint
    assert "as Daily shows it" in finding.hint
    assert "c2VjcmV0" not in repr(loaded.findings)
