"""Room properties: what is accepted, what is refused, what an unset one means."""

import json
import os
from pathlib import Path

import pytest
from sandbox.world import NOW

from reconciler.sandbox.api.domain import PROPERTIES as DOMAIN
from reconciler.sandbox.rules.properties import OPENAPI, room_properties

SIP = {"display_name": "sip", "sip_mode": "dial-in"}

FINE = {
    "nbf": NOW,
    "exp": NOW + 60,
    "max_participants": 25,
    "enable_recording": ["cloud", "raw-tracks"],
    "enable_raw_tracks_transcoded_audio": "wav-48k",
    "eject_after_elapsed": 60,
    "sfu_switchover": 2,
    "lang": "no",
    "meeting_join_hook": "https://example.com/hook",
    "geo": "eu-central-1",
    "rtmp_geo": "ap-south-1",
    "recordings_bucket": {"bucket_name": "b", "allow_streaming_from_bucket": True},
    "auto_transcription_settings": {"language": "de", "anything": [1]},
    "transcription_bucket": {
        "bucket_name": "b",
        "storage_provider": "oci",
        "namespace": "n",
        "allow_api_access": True,
    },
    "recordings_template": "{room_name}/{epoch_time}.mp4",
    "transcription_template": "{room_name}/{epoch_time}.vtt",
    "dialout_config": {
        "allow_room_start": True,
        "max_idle_timeout_sec": 2.5,
        "max_idle_timeout_post_conversation_sec": 30,
    },
    "streaming_endpoints": [
        {"name": "e", "type": "rtmp", "rtmp_config": {"url": "rtmp://example.com"}}
    ],
    "permissions": {
        "hasPresence": False,
        "canSend": ["video", "audio"],
        "canReceive": {"base": {"video": True}},
        "canAdmin": ["streaming"],
    },
    "sip": {
        **SIP,
        "video": True,
        "num_endpoints": 2,
        "codecs": {"audio": ["OPUS"]},
        "dialin_config": {
            "allow_room_start": True,
            "dialin_geo": "eu-central-1",
            "max_idle_timeout_sec": 120,
            "max_idle_timeout_post_conversation_sec": 0,
            "hold_music_enabled": False,
        },
    },
    "dialin": {"display_name": "Phone"},
    "signaling_impl": "ws",
    "switchover_impl": "x",
}


@pytest.mark.parametrize("name", room_properties())
def test_every_property_is_kept(make_world, name):
    """Each property that is set comes back, in the style that shows what was set."""
    world = make_world(echo="explicit")
    value = FINE.get(name, True)
    exp = {"exp": NOW + 60} if name == "dialin" else {}

    shown = world.room(**{name: value, **exp})[name]

    if isinstance(value, list):
        assert sorted(map(str, shown)) == sorted(map(str, value))
    elif name != "permissions":
        assert shown == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enable_chat", "true"),
        ("enable_chat", 1),
        ("max_participants", "12"),
        ("max_participants", True),
        ("max_participants", 1.5),
        ("max_participants", 0),
        ("max_participants", 201),
        ("eject_after_elapsed", 2**31),
        ("eject_after_elapsed", 10**400),
        ("eject_after_elapsed", 1e300),
        ("eject_after_elapsed", -1),
        ("lang", "xx"),
        ("lang", False),
        ("geo", "NULL"),
        ("rtmp_geo", "us-east-1"),
        ("enable_recording", "<not set>"),
        ("enable_recording", ["cloud", "cloud"]),
        ("enable_recording", ["tape"]),
        ("meeting_join_hook", "example.com"),
        ("meeting_join_hook", "https://example.com/" + "x" * 255),
        ("recordings_template", "{room_name}"),
        ("recordings_template", "{epoch_time}.mkv"),
        ("recordings_template", "{epoch_time} .mp4"),
        ("transcription_template", "{epoch_time}" + "x" * 1024),
        ("recordings_bucket", {"bucket": "b"}),
        ("recordings_bucket", {"storage_provider": "gcp"}),
        ("recordings_bucket", {"storage_provider": "oci"}),
        (
            "transcription_bucket",
            {"storage_provider": "oci", "namespace": "n", "assume_role_arn": "arn"},
        ),
        ("dialout_config", {"max_idle_timeout_post_conversation_sec": "0"}),
        ("sip", {**SIP, "dialin_config": {"allow_room_start": "yes"}}),
        ("sip", {**SIP, "dialin_config": {"start": True}}),
        ("enable_raw_tracks_event_json", "true"),
        ("transcription_bucket", {"allow_streaming_from_bucket": True}),
        ("dialout_config", {"allow_room_start": "yes"}),
        ("streaming_endpoints", [{"name": "e"}]),
        ("streaming_endpoints", [{"name": "e", "type": "srt"}]),
        ("streaming_endpoints", {"name": "e", "type": "rtmp"}),
        ("permissions", {"canSend": ["video", "smell"]}),
        ("permissions", {"canAdmin": "all"}),
        ("permissions", {"canReceive": True}),
        ("permissions", {"hasPresence": 1}),
        ("permissions", {"canfly": True}),
        ("sip", {"display_name": "sip"}),
        ("sip", {**SIP, "sip_mode": "dial-out"}),
        ("sip", {**SIP, "codecs": {"audio": ["MP3"]}}),
        ("sip", {**SIP, "force_digit_only_username": True, "num_endpoints": 2}),
        ("dialin", {"display_name": 7}),
        ("dialin", {"room_numbers": ["+12095550100"]}),
        ("dialin", {"greeting": "hello"}),
        ("dialin", "on"),
        ("dialin_code", "12345678901"),
        ("sip_uri", {}),
        ("enable_dialin", True),
    ],
)
def test_wrong_values(world, name, value):
    """A value of a wrong type, range or form is refused by name."""
    info = world.refused(
        "POST", "/rooms", {"properties": {name: value, "exp": NOW + 60}}
    )

    assert name.split("_")[0] in info or "digit" in info
    assert world.store.rooms == {}


@pytest.mark.parametrize("path", ["/", "/rooms", "/rooms/r"])
@pytest.mark.parametrize("value", [[], None, "x", 1])
def test_properties_must_be_an_object(world, path, value):
    """Properties that are no object, null included, are refused by every call."""
    world.store.add_room("r")

    assert "object" in world.refused("POST", path, {"properties": value})


def test_the_largest_whole_number(world):
    """A whole number has 32 bits, and the refusal names the largest in full."""
    assert world.room(eject_after_elapsed=2**31 - 1)
    body = {"properties": {"eject_after_elapsed": 2**31}}

    assert "at most 2147483647" in world.refused("POST", "/rooms", body)


def test_whole_numbers_have_the_size_that_is_published(world):
    """Each whole number that is published with 32 bits is refused beyond them."""
    published = _openapi()["room-properties"]["properties"]
    whole = [name for name, one in published.items() if one.get("format") == "int32"]

    # As was recorded, times may be in milliseconds.
    for name in set(whole) - {"exp", "nbf"}:
        world.refused("POST", "/rooms", {"properties": {name: 2**31}})
    assert "eject_after_elapsed" in whole


def test_whole_numbers_as_floats(world):
    """12.0 is a whole number."""
    assert world.room(max_participants=12.0) == {"max_participants": 12.0}


def test_accepted_property(make_world):
    """A name given by --accept-property takes any value."""
    world = make_world(accept_properties=("brand_new_flag",))

    assert world.room(brand_new_flag={"x": [1]}) == {"brand_new_flag": {"x": [1]}}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("sip.new_key", {**SIP, "new_key": [1]}),
        ("sip.dialin_config.new_key", {**SIP, "dialin_config": {"new_key": "x"}}),
        ("sip.fresh.new_key", {**SIP, "fresh": {"new_key": 1}}),
        ("recordings_bucket.kms", {"bucket_name": "b", "kms": {"id": 1}}),
    ],
)
def test_accepted_nested_property(make_world, name, sent):
    """A name with dots is a key of an object, at any depth; nothing else is let in."""
    top = name.partition(".")[0]
    world = make_world(accept_properties=(name,))

    assert world.room(**{top: sent})[top] == sent
    wrong = {"properties": {top: {**sent, "other": 1}}}
    assert "'other'" in world.refused("POST", "/rooms", wrong)


@pytest.mark.parametrize("name", ["nothing.key", "lang.key", "sip.video.x", "sip."])
def test_accepted_nested_property_needs_an_object(make_world, name):
    """A nested name whose parent is no object of a room is an error at the start."""
    with pytest.raises(ValueError):
        make_world(accept_properties=(name,))


def test_nested_null_leaves_a_key_out(world):
    """Null inside an object leaves its key out, however deep."""
    config = {"allow_room_start": True, "dialin_geo": None}

    shown = world.room(sip={**SIP, "video": None, "dialin_config": config})["sip"]

    assert shown == {**SIP, "dialin_config": {"allow_room_start": True}}


def test_inherited_default_follows_the_domain(make_world):
    """Under sparse a room that says what its domain says shows nothing of it."""
    world = make_world(echo="sparse")
    assert world.room(enable_prejoin_ui=True, lang="de") == {"lang": "de"}

    world.ok("POST", "/", {"properties": {"enable_prejoin_ui": False, "lang": "de"}})

    assert world.ok("GET", "/rooms/r")["config"] == {"enable_prejoin_ui": True}


def test_sip_addresses_are_made(world):
    """Setting sip makes one address per endpoint; clearing it removes them."""
    made = world.room(sip={**SIP, "num_endpoints": 3})["sip_uri"]

    assert made["endpoint"].startswith("r.0@")
    assert len(made["extra_endpoints"]) == 2
    assert world.update(sip=None) == {}


def test_sip_with_digits_only(world):
    """A digits-only user name is made of digits."""
    made = world.room(sip={**SIP, "force_digit_only_username": True})["sip_uri"]

    assert made["endpoint"].partition("@")[0].isdigit()


def _openapi():
    path = os.environ.get("DAILY_OPENAPI")
    if not path:
        pytest.skip("DAILY_OPENAPI does not name Daily's OpenAPI document")
    return json.loads(Path(path).read_text())["components"]["schemas"]


def _kinds(document, schema):
    if "$ref" in schema:
        return _kinds(document, document[schema["$ref"].rpartition("/")[2]])
    if "oneOf" in schema:
        return sorted(kind for one in schema["oneOf"] for kind in _kinds(document, one))
    return [(schema["type"], tuple(schema.get("enum", ())))]


def _our_kinds(shape):
    if shape.either:
        return sorted(kind for one in shape.either for kind in _our_kinds(one))
    return [(shape.kind, shape.enum)]


# Beyond the document: a boolean was recorded, the hosts are the Ruby client's.
_MORE_KINDS = {"enable_recording": [("boolean", ())]}
_MORE_OF_THE_DOMAIN = {"redirect_on_meeting_exit_allowed_hosts"}
# The document leaves these open; the values are on Daily's pages.
_CLOSED_BY_US = {"geo", "rtmp_geo"}


def test_room_table_against_openapi():
    """Names, types and values of room properties are those Daily publishes."""
    document = _openapi()
    published = document["room-properties"]["properties"]

    assert set(OPENAPI) == set(published)
    assert len(OPENAPI) == 49
    for name, schema in published.items():
        ours = _our_kinds(OPENAPI[name].shape)
        if name in ("exp", "nbf"):
            ours = [("integer", ())]
        if name in _CLOSED_BY_US:
            ours = [(kind, ()) for kind, _ in ours]
        more = _MORE_KINDS.get(name, [])
        assert ours == sorted([*_kinds(document, schema), *more]), name


def test_domain_table_against_openapi():
    """The domain properties are those Daily publishes, beside the two lists."""
    document = _openapi()
    published = document["domain"]["properties"]["properties"]["properties"]

    beyond = {"pin_dialin", "pinless_dialin"}
    assert set(DOMAIN) - _MORE_OF_THE_DOMAIN | beyond == set(published)
