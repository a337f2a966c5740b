"""The current store of assignments, /domain-dialin-config."""

import pytest

PATH = "/domain-dialin-config"
PIN = {
    "type": "pin_dialin",
    "phone_number": "+12095550100",
    "name_prefix": "pin",
    "ivr_greeting": {"message": "Hello"},
}
PINLESS = {
    "type": "pinless_dialin",
    "phone_number": "+12095550101",
    "name_prefix": "support",
    "room_creation_api": "https://example.com/call",
    "timeout_config": {"message": "Sorry"},
}


def test_pin_config(world):
    """A PIN config shows what was sent, and no SIP address."""
    made = world.ok("POST", PATH, PIN)

    sent = {name: value for name, value in PIN.items() if name != "type"}
    assert set(made) == {"id", "type", "config"}
    assert made["type"] == "pin_dialin"
    assert made["config"] == {**sent, "sip_uri": None}
    assert world.ok("GET", f"{PATH}/{made['id']}") == made


def test_pinless_config(world):
    """A pinless config gets an hmac and a SIP address, which stay."""
    made = world.ok("POST", PATH, PINLESS)

    assert made["config"]["hmac"]
    assert made["config"]["sip_uri"].startswith("support--")
    again = world.ok("PUT", f"{PATH}/{made['id']}", {"name_prefix": "support"})
    assert again == made


def test_hmac_that_is_sent(world):
    """An hmac that is sent is kept; null makes a new one."""
    made = world.ok("POST", PATH, {**PINLESS, "hmac": "c2VjcmV0"})

    assert made["config"]["hmac"] == "c2VjcmV0"
    fresh = world.ok("PUT", f"{PATH}/{made['id']}", {"hmac": None})
    assert fresh["config"]["hmac"] not in (None, "c2VjcmV0")


def test_sip_only_entries(world):
    """A pinless config needs no number; several can exist."""
    sent = {name: value for name, value in PINLESS.items() if name != "phone_number"}
    world.ok("POST", PATH, sent)
    world.ok("POST", PATH, sent)

    assert world.ok("GET", PATH)["total_count"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**PIN, "type": "fax"},
        {**PIN, "type": ["pin_dialin"]},
        {"type": "pin_dialin"},
        {**PIN, "hmac": "c2VjcmV0"},
        {**PIN, "room_creation_api": "https://example.com"},
        {**PIN, "config": {}},
        {**PIN, "phone_number": "12095550100"},
        {**PIN, "ivr_greeting": "Hello"},
        {**PINLESS, "ivr_greeting": {"message": "Hello"}},
        {**PINLESS, "room_creation_api": None},
        {**PINLESS, "room_creation_api": "call me"},
        {**PINLESS, "hold_music_url": "ftp://example.com/a.mp3"},
        {**PINLESS, "sip_uri": "a@b"},
        {**PINLESS, "name_prefix": 7},
    ],
)
def test_refused_bodies(world, body):
    """Each kind takes its own fields, of their own form."""
    world.refused("POST", PATH, body)

    assert world.store.dialin_configs == {}


def test_number_of_another_domain(world):
    """A number that is not purchased is refused in Daily's words."""
    body = {**PIN, "phone_number": "+12096181843"}

    assert world.refused("POST", PATH, body) == (
        "Failed to configure pin dialin: 12096181843 not associated with domain: acme"
    )


def test_number_in_use(world):
    """A number serves one config, of either kind."""
    world.ok("POST", PATH, PIN)
    other = world.ok("POST", PATH, PINLESS)
    number = PIN["phone_number"]

    assert "used" in world.refused("POST", PATH, PIN)
    assert "used" in world.refused("POST", PATH, {**PINLESS, "phone_number": number})
    assert "used" in world.refused(
        "PUT", f"{PATH}/{other['id']}", {"phone_number": number}
    )


def test_number_that_moves(world):
    """A config can move to a free number, and to its own."""
    made = world.ok("POST", PATH, PIN)
    path = f"{PATH}/{made['id']}"

    for number in ("+12095550102", "+12095550102"):
        shown = world.ok("PUT", path, {"phone_number": number})
        assert shown["config"]["phone_number"] == number


def test_type_is_for_ever(world):
    """PUT cannot change the type."""
    made = world.ok("POST", PATH, PIN)

    world.refused("PUT", f"{PATH}/{made['id']}", {"type": "pinless_dialin"})


def test_delete(world):
    """A deleted config frees its number; a missing one is a 404."""
    made = world.ok("POST", PATH, PIN)

    assert world.ok("DELETE", f"{PATH}/{made['id']}") == {"status": "ok"}
    for method in ("GET", "PUT", "DELETE"):
        world.refused(method, f"{PATH}/{made['id']}", {}, status=404)
    world.ok("POST", PATH, PIN)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"phone_number": "+12095550101"}, ["support"]),
        ({"phone_number": " 12095550101"}, ["support"]),
        ({"phone_numbers": "+12095550101,+12095550100"}, ["support", "pin"]),
        ({"phone_numbers": "555010"}, ["support", "pin"]),
        ({"phone_numbers": "999"}, []),
        ({"name_prefix": "pin"}, ["pin"]),
        ({"name_prefix": "p"}, []),
        ({"type": "pinless_dialin"}, ["support"]),
        ({"limit": "1"}, ["support"]),
    ],
)
def test_filters(world, query, found):
    """The list is filtered, newest first; numbers match in part."""
    world.ok("POST", PATH, PIN)
    world.ok("POST", PATH, PINLESS)

    answer = world.ok("GET", PATH, **query)

    assert [one["config"]["name_prefix"] for one in answer["data"]] == found


def test_filter_by_sip_user(world):
    """The user part of a SIP address finds its config."""
    made = world.ok("POST", PATH, PINLESS)
    world.ok("POST", PATH, PIN)
    user = made["config"]["sip_uri"].partition("@")[0]

    assert world.ok("GET", PATH, sip_username=user)["data"] == [made]


def test_webhooks_are_tested(world):
    """Each write of a pinless config records one call, and is never made."""
    made = world.ok("POST", PATH, PINLESS)
    world.ok("PUT", f"{PATH}/{made['id']}", {"name_prefix": "x"})
    world.ok("POST", PATH, PIN)

    assert [one.number for one in world.store.webhook_tests] == ["+12095550101"] * 2
