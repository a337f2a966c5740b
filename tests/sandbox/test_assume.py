"""Every answer to an open question about Daily, one by one."""

import pytest
from sandbox.world import DAY, NOW

from reconciler.sandbox.settings import ASSUMPTIONS, Assume, parse_assume

DIALIN = {"display_name": "Phone", "wait_for_meeting_start": True}
ENTRY = {"phone_number": "+12095550100", "name_prefix": "a"}
HOOK = {"room_creation_api": "https://example.com/call"}


def test_first_value_is_the_default():
    """Each switch stands at its first value unless told otherwise."""
    assert all(
        getattr(Assume(), key) == values[0] for key, values in ASSUMPTIONS.items()
    )


def test_pairs_are_read():
    """KEY=VALUE pairs make the switches."""
    assert parse_assume(["echo=full", "room-lists=brief"]) == Assume(
        echo="full", room_lists="brief"
    )


@pytest.mark.parametrize(
    "pairs",
    [
        ["echo"],
        ["echo=loud"],
        ["colour=red"],
        ["echo=full", "echo=full"],
        ["room_lists=brief"],
        ["room-lists=long"],
    ],
)
def test_bad_pairs(pairs):
    """A pair that makes no sense is an error."""
    with pytest.raises(ValueError):
        parse_assume(pairs)


def test_echo_sparse(make_world):
    """Sparse shows only what differs from the default."""
    config = make_world(echo="sparse").room(enable_chat=False, max_participants=5)

    assert config == {"max_participants": 5}


def test_echo_explicit(make_world):
    """Explicit shows what was set, even to its default; null unsets it."""
    world = make_world(echo="explicit")

    assert world.room(enable_chat=False, lang="en") == {
        "enable_chat": False,
        "lang": "en",
    }
    assert world.update(lang=None) == {"enable_chat": False}


def test_echo_full(make_world):
    """Full shows every property, unset ones as null or default, and internal keys."""
    world = make_world(echo="full")

    config = world.room(exp=NOW + DAY, dialin={"display_name": "x"})

    assert set(world.store.table) <= set(config)
    assert config["enable_screenshare"] is True
    assert config["lang"] is None
    assert config["sfu_switchover"] == 0.5
    assert {"enable_dialin", "switchover_impl", "signaling_impl", "audio_only"} <= set(
        config
    )
    assert config["dialin"] == {
        "display_name": "x",
        "wait_for_meeting_start": None,
        "room_numbers": None,
    }


def test_echo_lossy(make_world):
    """Lossy keeps all of dialin and shows only its display name."""
    world = make_world(echo="lossy")

    config = world.room(exp=NOW + DAY, dialin=DIALIN, enable_chat=False)

    assert config["dialin"] == {"display_name": "Phone"}
    assert "enable_chat" not in config
    assert world.store.rooms["r"].properties["dialin"] == DIALIN


@pytest.mark.parametrize("echo", ASSUMPTIONS["echo"])
def test_sets_come_back_in_another_order(make_world, echo):
    """Lists without an order are shown in reverse; codecs keep theirs."""
    config = make_world(echo=echo).room(
        enable_recording=["cloud", "local"],
        permissions={"canSend": ["audio", "video"], "canAdmin": ["streaming"]},
        sip={
            "display_name": "s",
            "sip_mode": "dial-in",
            "codecs": {"audio": ["G722", "OPUS"]},
        },
    )

    assert config["enable_recording"] == ["local", "cloud"]
    assert config["permissions"]["canSend"] == ["video", "audio"]
    assert config["sip"]["codecs"]["audio"] == ["G722", "OPUS"]


def test_room_numbers_come_back_in_another_order(make_world):
    """Room numbers are a set too; the first one sent is the one to dial."""
    world = make_world()
    numbers = [{"phone_number": f"+1209555010{i}"} for i in range(3)]
    for number in numbers:
        world.store.add_dialin_config("pin_dialin", number)

    config = world.room(exp=NOW + DAY, dialin={"room_numbers": numbers})

    assert config["dialin"]["room_numbers"] == numbers[::-1]
    assert config["dialin_number"] == "+12095550100"


def test_nested_merge(make_world):
    """Under merge an object keeps the keys that an update leaves out."""
    world = make_world(nested="merge")
    world.room(exp=NOW + DAY, dialin=DIALIN)

    assert world.update(dialin={"display_name": "New"})["dialin"] == {
        "display_name": "New",
        "wait_for_meeting_start": True,
    }
    assert world.update(dialin={"wait_for_meeting_start": None})["dialin"] == {
        "display_name": "New"
    }


def test_nested_replace(make_world):
    """Under replace an object is what the update sent, and no more."""
    world = make_world(nested="replace")
    world.room(exp=NOW + DAY, dialin=DIALIN)

    assert world.update(dialin={"display_name": "New"})["dialin"] == {
        "display_name": "New"
    }


def test_nested_decides_what_is_missing(make_world):
    """Part of sip is enough for a merge, and too little for a replacement."""
    whole = {"display_name": "s", "sip_mode": "dial-in"}
    part = {"properties": {"sip": {"video": True}}}
    for nested in ("merge", "replace"):
        world = make_world(nested=nested)
        world.room(sip=whole)

        status, _ = world.call("POST", "/rooms/r", part)

        assert status == (200 if nested == "merge" else 400)


def test_put_keep(make_world):
    """Under keep PUT leaves alone what it does not send, and null clears."""
    world = make_world(put="keep")
    sent = {"type": "pinless_dialin", **ENTRY, **HOOK}
    made = world.ok("POST", "/domain-dialin-config", sent)
    path = f"/domain-dialin-config/{made['id']}"

    changed = world.ok("PUT", path, {"hold_music_url": "https://example.com/a.mp3"})
    cleared = world.ok("PUT", path, {"name_prefix": None})

    assert changed["config"] == {
        **made["config"],
        "hold_music_url": "https://example.com/a.mp3",
    }
    assert "name_prefix" not in cleared["config"]


def test_put_reset(make_world):
    """Under reset PUT forgets what it does not send, and makes a new hmac."""
    world = make_world(put="reset")
    sent = {"type": "pinless_dialin", **ENTRY, **HOOK}
    made = world.ok("POST", "/domain-dialin-config", sent)
    path = f"/domain-dialin-config/{made['id']}"

    changed = world.ok("PUT", path, HOOK)["config"]

    assert set(changed) == {"room_creation_api", "hmac", "sip_uri"}
    assert changed["hmac"] != made["config"]["hmac"]
    world.refused("PUT", path, {"name_prefix": "x"})


def test_pin_renewed(make_world):
    """Under renewed every update of a PIN room makes another PIN."""
    world = make_world(pin="renewed")
    codes = [world.room(dialin=DIALIN, exp=NOW + DAY)["dialin_code"]]
    codes.append(world.update(enable_chat=True)["dialin_code"])
    codes.append(world.update(exp=NOW + 2 * DAY)["dialin_code"])

    assert len(set(codes)) == 3
    assert world.ok("GET", "/rooms/r")["config"]["dialin_code"] == codes[-1]


@pytest.fixture
def zombie(make_world):
    """A world with one PIN room that has expired and is still there."""
    world = make_world(expired="zombie")
    world.code = world.room(dialin=DIALIN, exp=NOW + 60)["dialin_code"]
    world.now += 60
    return world


def test_zombie_is_read_but_not_listed(zombie):
    """An expired room is not listed and not counted, and answers by name."""
    assert zombie.ok("GET", "/rooms") == {"total_count": 0, "data": []}
    assert zombie.ok("GET", "/rooms/r")["config"]["exp"] == NOW + 60


def test_zombie_keeps_its_name(zombie):
    """The name of an expired room is taken."""
    assert "already exists" in zombie.refused("POST", "/rooms", {"name": "r"})


def test_zombie_is_revived_by_a_new_exp(zombie):
    """A new exp brings an expired room back, with its PIN."""
    assert zombie.update(exp=NOW + DAY)["dialin_code"] == zombie.code
    assert zombie.ok("GET", "/rooms")["total_count"] == 1


@pytest.mark.parametrize("sent", [{}, {"enable_chat": True}, {"exp": None}])
def test_zombie_cannot_be_changed_otherwise(zombie, sent):
    """Any other update of an expired room is refused."""
    assert "expired" in zombie.refused("POST", "/rooms/r", {"properties": sent})


def test_zombie_deleted(zombie):
    """Deleting an expired room says both: not found, and deleted."""
    status, answer = zombie.call("DELETE", "/rooms/r")

    assert status == 404
    assert answer == {"error": "not-found", "info": "room r not found", "deleted": True}
    zombie.refused("GET", "/rooms/r", status=404)


def test_zombie_in_a_batch_delete(zombie):
    """A batch delete treats an expired room as missing."""
    zombie.refused("DELETE", "/batch/rooms", {"room_names": ["r"]})


def test_hmac_hidden(make_world):
    """A hidden hmac is kept, and still rotated, but in no answer."""
    world = make_world(hmac="hidden")
    sent = {"type": "pinless_dialin", **ENTRY, **HOOK, "hmac": "c2VjcmV0"}
    made = world.ok("POST", "/domain-dialin-config", sent)
    entry = {"phone_number": "+12095550101", **HOOK}
    kept = []
    for _ in range(2):
        body = {"properties": {"pinless_dialin": [entry]}}
        shown = world.ok("POST", "/", body)["config"]["pinless_dialin"][0]
        kept.append(world.store.legacy["pinless_dialin"][0]["hmac"])
        assert "hmac" not in shown

    assert "hmac" not in made["config"]
    assert world.store.dialin_configs[made["id"]].fields["hmac"] == "c2VjcmV0"
    assert kept[0] != kept[1]


@pytest.mark.parametrize(
    ("number", "specified"), [("follows", 1), ("earliest", 0), ("empty", None)]
)
def test_number_to_dial(make_world, number, specified):
    """What `dialin_number` shows when a number is specified; else the earliest."""
    world = make_world(number=number)
    owned = list(world.store.numbers)
    world.store.add_dialin_config("pin_dialin", {"phone_number": owned[1]})
    chosen = {**DIALIN, "room_numbers": [{"phone_number": owned[1]}]}

    shown = world.room(exp=NOW + DAY, dialin=chosen)["dialin_number"]
    plain = world.room("plain", exp=NOW + DAY, dialin=DIALIN)["dialin_number"]
    put_in = world.store.add_room("put-in", {"dialin": chosen}).dialin_number

    assert shown == put_in == ("" if specified is None else owned[specified])
    assert plain == owned[0]


@pytest.mark.parametrize("room_lists", ["full", "brief"])
def test_room_lists(make_world, room_lists):
    """Under brief a list leaves the PIN out; a room by itself shows it."""
    world = make_world(room_lists=room_lists)
    made = world.room(exp=NOW + DAY, dialin=DIALIN)

    (listed,) = world.ok("GET", "/rooms")["data"]

    assert world.ok("GET", "/rooms/r")["config"] == made
    left_out = set() if room_lists == "full" else {"dialin_code"}
    assert made.keys() - listed["config"].keys() == left_out


@pytest.mark.parametrize("put", ["keep", "reset"])
def test_null_refused(make_world, put):
    """Under refused PUT takes no null; a creation and a room still do."""
    world = make_world(null="refused", put=put)
    sent = {"type": "pinless_dialin", **ENTRY, **HOOK, "hold_music_url": None}
    made = world.ok("POST", "/domain-dialin-config", sent)
    path = f"/domain-dialin-config/{made['id']}"

    info = world.refused("PUT", path, {**HOOK, "name_prefix": None})

    assert "name_prefix" in info
    assert world.ok("GET", path) == made
    assert world.room(enable_chat=None) == {}


def test_case_folded(make_world):
    """Under folded Foo and foo are one room, shown as it was first spelt."""
    world = make_world(case="folded")
    world.room("Foo")

    assert "already exists" in world.refused("POST", "/rooms", {"name": "foo"})
    assert world.ok("GET", "/rooms/FOO")["name"] == "Foo"
    assert world.ok("DELETE", "/rooms/foo") == {"deleted": True, "name": "Foo"}


def test_case_folded_within_a_batch(make_world):
    """A batch cannot hold two names that differ only in case."""
    world = make_world(case="folded")

    world.refused("POST", "/batch/rooms", {"rooms": [{"name": "a"}, {"name": "A"}]})

    assert world.store.rooms == {}


def test_lists_absent(make_world):
    """Under absent GET / carries neither legacy list."""
    world = make_world(lists="absent")
    world.store.add_legacy("pin_dialin", ENTRY)

    assert "pin_dialin" not in world.ok("GET", "/")["config"]


def _legacy_numbers(world, kind):
    listed = world.ok("GET", "/")["config"][kind]
    return [entry["phone_number"] for entry in listed or ()]


def _config_numbers(world):
    listed = world.ok("GET", "/domain-dialin-config")["data"]
    return [one["config"]["phone_number"] for one in listed]


def test_stores_separate(make_world):
    """Separate stores know of each other only that a number is taken."""
    world = make_world(stores="separate")
    world.ok("POST", "/", {"properties": {"pin_dialin": [ENTRY]}})
    other = {"type": "pin_dialin", "phone_number": "+12095550101"}
    world.ok("POST", "/domain-dialin-config", other)

    assert _config_numbers(world) == ["+12095550101"]
    assert _legacy_numbers(world, "pin_dialin") == ["+12095550100"]


@pytest.mark.parametrize("stores", ["separate", "erasing"])
def test_number_used_by_the_other_store(make_world, stores):
    """A number that one store uses is refused by the other."""
    world = make_world(stores=stores)
    world.store.add_legacy("pin_dialin", ENTRY)
    world.store.add_dialin_config("pin_dialin", {"phone_number": "+12095550101"})

    world.refused("POST", "/domain-dialin-config", {"type": "pin_dialin", **ENTRY})
    both = [ENTRY, {"phone_number": "+12095550101"}]
    world.refused("POST", "/", {"properties": {"pin_dialin": both}})

    assert _config_numbers(world) == ["+12095550101"]


def test_stores_erasing(make_world):
    """Under erasing a write of any list empties the current store."""
    world = make_world(stores="erasing")
    world.store.add_dialin_config("pinless_dialin", {"phone_number": "+12095550101"})

    world.ok("POST", "/", {"properties": {"lang": "de"}})
    assert _config_numbers(world) == ["+12095550101"]

    world.ok("POST", "/", {"properties": {"pin_dialin": [ENTRY]}})
    assert _config_numbers(world) == []


def test_stores_mirrored_from_the_lists(make_world):
    """Under mirrored a list entry is a config too; what left the list is deleted."""
    world = make_world(stores="mirrored")
    second = {"phone_number": "+12095550101"}
    world.ok("POST", "/", {"properties": {"pin_dialin": [ENTRY, second]}})
    before = world.ok("GET", "/domain-dialin-config")["data"]

    changed = {**second, "name_prefix": "b"}
    world.ok("POST", "/", {"properties": {"pin_dialin": [changed]}})
    after = world.ok("GET", "/domain-dialin-config")["data"]

    assert [one["config"]["phone_number"] for one in before] == [
        "+12095550101",
        "+12095550100",
    ]
    assert [(one["id"], one["config"]["name_prefix"]) for one in after] == [
        (before[0]["id"], "b")
    ]


def test_stores_mirrored_from_the_configs(make_world):
    """Under mirrored a config is a list entry too, through change and deletion."""
    world = make_world(stores="mirrored")
    world.store.add_legacy("pin_dialin", ENTRY)
    sent = {"type": "pin_dialin", "phone_number": "+12095550101"}
    path = (
        f"/domain-dialin-config/{world.ok('POST', '/domain-dialin-config', sent)['id']}"
    )
    assert _legacy_numbers(world, "pin_dialin") == ["+12095550100", "+12095550101"]

    world.ok("PUT", path, {"phone_number": "+12095550102"})
    assert _legacy_numbers(world, "pin_dialin") == ["+12095550100", "+12095550102"]

    world.ok("DELETE", path)
    assert _legacy_numbers(world, "pin_dialin") == ["+12095550100"]


def test_stores_mirrored_between_kinds(make_world):
    """Under mirrored one call can still move a number from PIN to pinless."""
    world = make_world(stores="mirrored")
    world.store.add_legacy("pin_dialin", ENTRY)

    lists = {"pin_dialin": [], "pinless_dialin": [{**ENTRY, **HOOK}]}
    world.ok("POST", "/", {"properties": lists})

    types = [one["type"] for one in world.ok("GET", "/domain-dialin-config")["data"]]
    assert types == ["pinless_dialin"]


def test_stores_mirrored_keeps_sip_entries(make_world):
    """Entries without a number are mirrored by their prefix, equal ones included."""
    world = make_world(stores="mirrored")
    entry = {**HOOK, "hmac": "c2VjcmV0"}

    world.ok("POST", "/", {"properties": {"pinless_dialin": [entry, entry]}})

    assert world.ok("GET", "/domain-dialin-config")["total_count"] == 2
