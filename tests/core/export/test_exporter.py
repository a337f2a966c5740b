"""What becomes of single values and rooms, and that any answer can be imported."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from answers import Clock, Domain, client_on
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reconciler.config.load import Variables, load
from reconciler.core.export import export, with_defaults
from reconciler.core.export.model import Entry, Export, Wish
from reconciler.core.export.trim import Problem, leave_out
from reconciler.core.export.values import Namer
from reconciler.core.kinds import NUMBER, ROOM
from reconciler.core.model import Config, Live, LiveDomain, LiveRoom
from reconciler.core.plan import make_plan
from reconciler.daily.read import read_live
from reconciler.operations.options import Output, Target
from reconciler.operations.prove_import import known_keys, proven, variables
from reconciler.operations.session import Session

NOW = 1_800_000_000
DAY = 86_400
KNOWN = known_keys()
Node = dict[str, Any]


def body(config: Node, domain: Node | None = None, **wish: Any) -> Mapping[str, Any]:
    """What one room would say in a file."""
    room = LiveRoom("hall", "1", "private", config)
    live = Live(LiveDomain("acme", "d", domain or {}), {"hall": room})
    made = export(live, NOW, Wish(KNOWN, include_expiring=True, **wish))
    return made.entries[0].body


@pytest.mark.parametrize(
    ("config", "domain", "properties"),
    [
        pytest.param({"enable_chat": False}, {}, None, id="documented-default"),
        pytest.param({"lang": "en"}, {"lang": "de"}, {"lang": "en"}, id="not-domains"),
        pytest.param({"lang": "de"}, {"lang": "de"}, None, id="domain's"),
        pytest.param({"lang": None, "geo": ""}, {}, None, id="null-and-empty"),
        pytest.param({"dialin_code": "1", "sip_uri": {}}, {}, None, id="server-made"),
        pytest.param(
            {"max_participants": 9.0}, {}, {"max_participants": 9}, id="float"
        ),
        pytest.param(
            {"exp": NOW + 0.9}, {}, {"exp": "2027-01-15T08:00:00Z"}, id="seconds"
        ),
        pytest.param(
            {"enable_recording": ["local", "cloud", "local"]},
            {},
            {"enable_recording": ["cloud", "local"]},
            id="set",
        ),
        pytest.param(
            {"sip": {"sip_mode": "dial-in", "display_name": "x", "video": False}},
            {},
            {"sip": {"display_name": "x", "sip_mode": "dial-in"}},
            id="default-inside",
        ),
        pytest.param(
            {"recordings_bucket": {"bucket_name": "a", "bucket_region": "eu"}},
            {"recordings_bucket": {"bucket_name": "b", "bucket_region": "eu"}},
            {"recordings_bucket": {"bucket_name": "a", "bucket_region": "eu"}},
            id="inherited-object-whole",
        ),
        pytest.param(
            {"permissions": {"canSend": True, "canReceive": {"base": True}}},
            {},
            None,
            id="object-of-defaults",
        ),
        pytest.param(
            {"dialin": {"display_name": None}, "exp": NOW + 9},
            {},
            {"exp": "2027-01-15T08:00:09Z", "dialin": {}},
            id="dialin-means-something-empty",
        ),
    ],
)
def test_only_what_differs_is_written(
    config: Node, domain: Node, properties: Node | None
) -> None:
    """A value that Daily would have anyway is left out; the rest is made lasting."""
    assert body(config, domain) == {
        "privacy": "private",
        **({"properties": properties} if properties else {}),
    }


def test_properties_stand_in_the_order_of_the_schema() -> None:
    """However Daily orders them, the file is the same."""
    config = {"lang": "de", "max_participants": 5, "geo": "us-east-1", "exp": NOW + 9}

    found = [
        list(body(c)["properties"]) for c in (config, dict(reversed(config.items())))
    ]

    assert found[0] == found[1] == ["exp", "max_participants", "lang", "geo"]


@pytest.mark.parametrize("days", [364, 61, 60, 2, 0.2])
def test_a_rolling_end_leaves_two_months_to_notice(days: float) -> None:
    """However near the end is: a shorter notice is one that a daily run may miss."""
    made = body({"exp": int(NOW + days * DAY), "dialin": {}}, rolling=True)

    assert made["expires"] == {"after": "180d", "renew_before": "60d"}
    assert "exp" not in made["properties"]


@pytest.mark.parametrize(
    ("hours", "dialin", "kept"),
    [
        (23, {}, False),
        (24, {}, False),
        (25, {}, True),
        (23, None, True),
        (None, {}, True),
    ],
)
def test_a_pin_room_of_an_application_stays_out(
    hours: int | None, dialin: Node | None, kept: bool
) -> None:
    """Made for 24 hours at most: it is counted, and must not live for ever."""
    exp = NOW + 3_600
    created = None if hours is None else exp - hours * 3_600
    room = LiveRoom("hall", "1", "private", {"exp": exp, "dialin": dialin}, created)
    live = Live(LiveDomain("acme", "d", {}), {"hall": room})

    made = export(live, NOW, Wish(KNOWN, include_expiring=True, rolling=True))

    assert bool(made.entries) is kept
    assert any("24 hours at most" in note for note in made.notes) is not kept


def test_variables_have_speaking_names_each_one_once() -> None:
    """Two owners whose names come out alike get two variables."""
    namer = Namer({"DAILY_MEETING_JOIN_HOOK_C"})
    hook = "https://example.com/?key="
    named = {
        room: namer.without_secrets(ROOM, room, "meeting_join_hook", hook + key)
        for room, key in (("a-b", "1"), ("a_b", "2"), ("A.b", "1"), ("c", "3"))
    }
    number = namer.without_secrets(NUMBER, "+12095550101", "hold_music_url", hook + "1")

    names = [getattr(reference, "name", "") for reference in (*named.values(), number)]
    assert names == [
        "DAILY_MEETING_JOIN_HOOK_A_B",
        "DAILY_MEETING_JOIN_HOOK_A_B_2",
        "DAILY_MEETING_JOIN_HOOK_A_B",
        "DAILY_MEETING_JOIN_HOOK_C_2",
        "DAILY_HOLD_MUSIC_URL_12095550101",
    ]


def test_defaults_take_what_all_rooms_share() -> None:
    """Ends of single rooms stay with them, and one room shares nothing."""
    one = Entry(
        "room", "a", {"privacy": "public", "properties": {"exp": 1, "lang": "de"}}
    )
    two = Entry(
        "room", "b", {"privacy": "public", "properties": {"exp": 1, "lang": "de"}}
    )

    both = with_defaults(Export("acme", "current", (one, two)))
    alone = with_defaults(Export("acme", "current", (one,)))

    assert both.defaults == {"privacy": "public", "properties": {"lang": "de"}}
    assert [e.body for e in both.entries] == [{"properties": {"exp": 1}}] * 2
    assert alone.defaults == {}


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (("properties", "sip", "video"), {"properties": {"sip": {"x": 1}, "l": [{}]}}),
        (("properties", "sip", "gone"), {"properties": {"l": [{}]}}),
        (("properties", "l", "0", "a"), {"properties": {"sip": {"x": 1, "video": 2}}}),
        (("properties", "gone"), None),
        ((), None),
    ],
)
def test_a_problem_takes_the_nearest_key_with_it(
    path: tuple[str, ...], left: Node | None
) -> None:
    """As little as possible goes, and a line tells of it."""
    entry = Entry("room", "a", {"properties": {"sip": {"x": 1, "video": 2}, "l": [{}]}})
    problem = Problem("room", "a", path, "why")

    made = leave_out(Export("acme", "current", (entry,)), [problem])

    assert [e.body for e in made.entries] == ([left] if left else [])
    assert made.notes[0].startswith("left out: ")
    assert made.notes[0].endswith("room a: why")


JSON = st.recursive(
    st.one_of(
        *(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(
            ["\ud800", "${X}", "https://u:p@example.com/?q", 10**70, "cloud"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ),
    max_leaves=8,
)
NESTED = sorted({key for keys in KNOWN.values() for key in keys})
VALUE = st.one_of(JSON, st.dictionaries(st.sampled_from(NESTED), JSON, max_size=4))
ROOMS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.one_of(
                st.sampled_from(
                    ["hall", "Hall", "no", "010", "a" * 129, "\ud800", "é"]
                ),
                st.text(min_size=1, max_size=4),
            ),
            "privacy": st.sampled_from(["public", "private", "org", None, 1, "\udfff"]),
            "config": st.dictionaries(
                st.one_of(st.sampled_from(sorted(KNOWN)), st.text(max_size=4)),
                VALUE,
                max_size=4,
            ),
        }
    ),
    max_size=3,
    unique_by=lambda room: room["name"],
)
ENTRY = st.dictionaries(
    st.sampled_from(
        ["name_prefix", "hmac", "room_creation_api", "ivr_greeting", "new", "sip_uri"]
    ),
    VALUE,
    max_size=4,
)
CONFIGS = st.lists(
    st.tuples(
        st.sampled_from(["pin_dialin", "pinless_dialin", "other"]),
        st.sampled_from([None, "+12095550100", "12095550101", "bad", "\ud800"]),
        ENTRY,
    ),
    max_size=3,
)
SETTINGS = sorted(set(KNOWN) - {"pin_dialin", "pinless_dialin"})
PURCHASED = ("+12095550100", "+12095550101", "bad")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    ROOMS,
    CONFIGS,
    st.booleans(),
    st.dictionaries(st.sampled_from(SETTINGS), VALUE),
)
@example([{"name": "a", "privacy": None, "config": {"exp": 10**400}}], [], False, {})
@example([{"name": "a", "privacy": 1, "config": {"autojoin": 1e64}}], [], False, {})
@example(
    [
        {
            "name": "hall",
            "privacy": "public",
            "config": {"auto_transcription_settings": ["https://u:p@example.com/?q"]},
        },
        {"name": "|00", "privacy": "public", "config": {}},
    ],
    *([], True, {}),
)
@example(
    [
        {"name": "hall", "privacy": "public", "config": {"nbf": 1e64}},
        {"name": "Hall", "privacy": "public", "config": {"nbf": 1e64}},
    ],
    *([], True, {}),
)
def test_whatever_daily_answers_can_be_imported(
    rooms: list[Node],
    configs: list[tuple[str, str | None, Node]],
    defaults: bool,
    domain: Node,
) -> None:
    """The result is always a valid file that plans to nothing."""
    daily = Domain(
        config=domain,
        rooms=rooms,
        configs=[
            {"type": kind, "config": {"phone_number": number, **fields}}
            for kind, number, fields in configs
        ],
        purchased=PURCHASED,
    )
    session = Session(
        Output("text", False), Target(), threading.Event(), Clock().environment()
    )
    with client_on(daily) as client:
        live = read_live(client, Config("acme"), every_room=True, every_assignment=True)

    made = export(live, session.now(), Wish(KNOWN, include_expiring=True))
    final, text = proven(session, made, live, defaults=defaults)

    loaded = load(
        [Path("a.yaml")],
        environ=variables(final),
        now=session.now(),
        variables=Variables.REQUIRED,
        read=lambda _file: (text.encode().decode(), None),
    )
    assert loaded.config is not None, loaded.findings
    assert make_plan(loaded.config, live, now=session.now()).changes == ()
