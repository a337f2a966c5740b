"""The domain, and the two legacy lists of assignments in it."""

import base64

import pytest
from sandbox.world import NOW

PIN = {"phone_number": "+12095550100", "name_prefix": "pin"}
PINLESS = {
    "phone_number": "+12095550101",
    "name_prefix": "support",
    "room_creation_api": "https://example.com/call",
}


def _post(world, **properties):
    return world.ok("POST", "/", {"properties": properties})["config"]


def test_answer(world):
    """The domain shows its name, an id, and every property with its default."""
    domain = world.ok("GET", "/")

    assert set(domain) == {
        "domain_name",
        "domain_id",
        "account_suspended",
        "allow_plan_free",
        "config",
    }
    assert domain["account_suspended"] is False
    assert domain["config"]["max_sip_pstn_sessions_per_room"] == 5
    assert domain["domain_name"] == "acme"
    assert domain["config"]["lang"] == "en"
    assert domain["config"]["enable_prejoin_ui"] is True
    assert domain["config"]["pin_dialin"] is None
    assert domain["config"]["pinless_dialin"] is None


def test_properties_are_set_and_reset(world):
    """A property is set alone, and null resets it."""
    assert _post(world, lang="de", hide_daily_branding=True)["lang"] == "de"

    config = _post(world, lang=None)

    assert (config["lang"], config["hide_daily_branding"]) == ("en", True)


def test_settings_of_the_account(make_world):
    """What no request can set is set from outside, wherever it is shown."""
    pairs = ("account_suspended=true", "max_sip_pstn_sessions_per_room=9")
    domain = make_world(domain_settings=pairs).ok("GET", "/")

    assert domain["account_suspended"] is True
    assert domain["config"]["max_sip_pstn_sessions_per_room"] == 9


@pytest.mark.parametrize("pair", ["lang=de", "account_suspended", "sfu_impl=x", "=1"])
def test_wrong_settings_of_the_account(make_world, pair):
    """A setting needs a name that no request can set, and a value in JSON."""
    with pytest.raises(ValueError):
        make_world(domain_settings=(pair,))


def test_hosts_of_the_redirect(world):
    """The hosts that a redirect may lead to are a list of texts."""
    hosts = ["app.example.com"]

    config = _post(world, redirect_on_meeting_exit_allowed_hosts=hosts)

    assert config["redirect_on_meeting_exit_allowed_hosts"] == hosts


@pytest.mark.parametrize(
    "properties",
    [
        {"redirect_on_meeting_exit_allowed_hosts": "app.example.com"},
        {"recordings_bucket": {"storage_provider": "oci"}},
        {"pin_dialin": [PIN], "transcription_bucket": {"storage_provider": "oci"}},
        {"lang": "xx"},
        {"enable_chat": True},
        {"sfu_impl": "s"},
        {"enable_prejoin_ui": "yes"},
        {"pin_dialin": PIN},
        {"pin_dialin": ["+12095550100"]},
        {"pin_dialin": [{**PIN, "greeting": "hi"}]},
        {"pin_dialin": [{**PIN, "room_creation_api": "https://example.com"}]},
        {"pin_dialin": [{**PIN, "phone_number": "12095550100"}]},
        {"pin_dialin": [{"name_prefix": "no number"}]},
        {"pin_dialin": [PIN, PIN]},
        {"pinless_dialin": [{**PINLESS, "sip_uri": "a@b"}]},
        {"pinless_dialin": [{**PINLESS, "room_creation_api": "example.com"}]},
        {"pinless_dialin": [{**PINLESS, "hold_music_url": "music"}]},
        {"pinless_dialin": [{**PINLESS, "hmac": "not base64!"}]},
        {"pinless_dialin": [{**PINLESS, "timeout_config": {"text": "x"}}]},
        {"pinless_dialin": [{"phone_number": "+12095550101"}]},
        {"pin_dialin": [PIN], "pinless_dialin": [{**PINLESS, **PIN}]},
    ],
)
def test_refused_properties(world, properties):
    """What the domain does not have is refused, and changes nothing."""
    before = world.ok("GET", "/")

    world.refused("POST", "/", {"properties": {"lang": "de", **properties}})

    assert world.ok("GET", "/") == before


def test_unknown_parameter(world):
    """The one key of a request is properties."""
    assert world.refused("POST", "/", {"lang": "de"}) == "unknown parameter 'lang'"


def test_number_of_another_domain(world):
    """A number that is not purchased is refused in Daily's words."""
    body = {"properties": {"pin_dialin": [{"phone_number": "+12096181843"}]}}

    assert world.refused("POST", "/", body) == (
        "Failed to configure pin dialin: 12096181843 not associated with domain: acme"
    )


def test_a_list_replaces_the_list(world):
    """An entry that is left out is gone; the other list stays."""
    other = {"phone_number": "+12095550102"}
    _post(world, pin_dialin=[PIN, other])
    _post(world, pinless_dialin=[PINLESS])

    config = _post(world, pin_dialin=[other])

    assert config["pin_dialin"] == [other]
    assert len(config["pinless_dialin"]) == 1


def test_clearing_a_list(world):
    """An empty list is an empty list, and null is as if it had never been set."""
    _post(world, pin_dialin=[PIN])

    assert _post(world, pin_dialin=[])["pin_dialin"] == []
    assert _post(world, pin_dialin=None)["pin_dialin"] is None


def test_hmac_is_renewed_unless_sent(world):
    """A pinless entry without an hmac gets another one at each write."""
    first = _post(world, pinless_dialin=[PINLESS])["pinless_dialin"][0]["hmac"]
    second = _post(world, pinless_dialin=[PINLESS])["pinless_dialin"][0]["hmac"]
    sent = {**PINLESS, "hmac": second}
    third = _post(world, pinless_dialin=[sent])["pinless_dialin"][0]["hmac"]

    assert len(base64.b64decode(first)) == 32
    assert first != second
    assert second == third


def test_sip_addresses_follow_the_place(world):
    """The SIP address of an entry changes when one before it is removed."""
    second = {**PINLESS, "phone_number": "+12095550102", "name_prefix": "sales"}
    before = _post(world, pinless_dialin=[PINLESS, second])["pinless_dialin"]
    after = _post(world, pinless_dialin=[second])["pinless_dialin"]

    assert before[1]["sip_uri"].startswith("sales--1@acme")
    assert after[0]["sip_uri"].startswith("sales--0@acme")


def test_sip_entry_without_a_prefix(world):
    """An entry without number and prefix is reachable at a static address."""
    entry = {"room_creation_api": "https://example.com/call"}

    shown = _post(world, pinless_dialin=[entry])["pinless_dialin"][0]

    assert shown["sip_uri"].startswith("static-address--0@acme")


def test_from_pin_to_pinless_in_one_call(world):
    """Both lists in one call can move a number."""
    _post(world, pin_dialin=[PIN])

    config = _post(world, pin_dialin=[], pinless_dialin=[{**PINLESS, **PIN}])

    assert config["pin_dialin"] == []
    assert config["pinless_dialin"][0]["phone_number"] == PIN["phone_number"]


def test_number_of_the_list_that_is_not_sent(world):
    """A number cannot be in both lists."""
    _post(world, pin_dialin=[PIN])

    world.refused("POST", "/", {"properties": {"pinless_dialin": [{**PINLESS, **PIN}]}})


def test_webhooks_are_tested(world):
    """Each write of pinless entries records one call to each of them."""
    _post(world, pinless_dialin=[PINLESS, {**PINLESS, "phone_number": "+12095550102"}])
    _post(world, pin_dialin=[PIN])

    calls = [(one.at, one.url, one.number) for one in world.store.webhook_tests]
    assert calls == [
        (NOW, "https://example.com/call", "+12095550101"),
        (NOW, "https://example.com/call", "+12095550102"),
    ]


def test_orphaned_entries_stay(world):
    """An entry whose number is no longer owned can remain, until its list is sent."""
    orphan = {"phone_number": "+12095559999"}
    world.store.add_legacy("pin_dialin", orphan)

    assert _post(world, pinless_dialin=[PINLESS])["pin_dialin"] == [orphan]
    world.refused("POST", "/", {"properties": {"pin_dialin": [orphan]}})


URL = {"room_creation_api": "https://example.com/in"}
FINE = {**URL, "phone_number": "+12095550101", "hmac": "aGVsbG8="}


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ({"phone_number": "+12095550102"}, "12095550102"),
        ({**URL, "phone_number": "+12095550102", "hmac": "?"}, "12095550102"),
        ({**URL, "phone_number": "+12095550102", "greeting": "x"}, "12095550102"),
        ({**URL, "phone_number": "+12095550102", "sip_uri": "x"}, "12095550102"),
        ({**URL, "phone_number": "+12095550199"}, "12095550199"),
        ({**URL, "phone_number": "+12095550100"}, "12095550100"),
        ({**URL, "phone_number": "12"}, "12"),
        ({"name_prefix": "x"}, "pinless_dialin[{place}]"),
        ({**URL, "phone_number": 7}, "pinless_dialin[{place}]"),
        ("entry", "pinless_dialin[{place}]"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_refusal_names_the_entry_at_fault(world, bad, name, place):
    """Of a list with one bad entry the refusal names that one, wherever it stands."""
    world.store.add_legacy("pin_dialin", {"phone_number": "+12095550100"})
    sent = [FINE]
    sent.insert(place, bad)

    info = world.refused("POST", "/", {"properties": {"pinless_dialin": sent}})

    assert name.format(place=place) in info
    assert "12095550101" not in info
    assert world.store.legacy["pinless_dialin"] is None


def test_a_conflict_is_that_of_the_list_that_was_sent(world):
    """A number that the other, stored list uses is refused for the list sent."""
    world.store.add_legacy("pinless_dialin", FINE)
    entry = {"phone_number": "+12095550101"}

    info = world.refused("POST", "/", {"properties": {"pin_dialin": [entry]}})

    assert info == "Failed to configure pin dialin: 12095550101 is used twice"
