"""What an approved plan allows: the same, or less."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
    Rolling,
)
from reconciler.core.plan import make_plan
from reconciler.core.plan.approval import (
    check_usable,
    read_approved,
    unapproved,
)
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import check_gates
from reconciler.core.plan.model import Plan, Selection
from reconciler.core.secrecy import Secret
from reconciler.errors import ReconcilerError, RefusedError
from reconciler.render.json.documents import plan_document

NOW = 1_800_000_000
DAY = 86_400
ROLLING = Rolling(180 * DAY, 60 * DAY)
PIN = "01234567890"


def planned(desired: Desired, live: Any = None, *, resend: bool = False) -> Plan:
    """The plan for one resource; `live` is a room's config, or an assignment."""
    rooms, entries = {}, ()
    if isinstance(live, LiveAssignment):
        entries = (live,)
    elif live is not None:
        rooms = {desired.key: LiveRoom(desired.key, "i", "private", live)}
    reading = Live(LiveDomain("acme", "d", {}), rooms, 1, assignments=entries)
    chosen = Selection(resend=lambda _kind, _key: resend)
    config = Config("acme", resources=(desired,))
    return make_plan(config, reading, now=NOW, selection=chosen)


def room(fields: Any, **more: Any) -> Desired:
    """A declared room."""
    return Desired("room", "r", fields, **more)


def refusals(reviewed: Plan, now: Plan) -> list[str]:
    """Why the present plan goes beyond the reviewed one; through the plan's file."""
    gates = check_gates(reviewed, {})
    document = plan_document(reviewed, gates, Estimate(), 0, digest="", tool="0")
    return [item.why for item in unapproved(now, read_approved(document))]


TALK = {"display_name": "Phone"}
LIVE_PIN = {"dialin": TALK, "dialin_code": PIN, "exp": NOW + 90 * DAY}
WRITES_ITS_END = room(
    {"lang": "de", "exp": NOW + 100 * DAY}, write_only=frozenset({("exp",)})
)
NUMBER = "+12095550100"


@pytest.mark.parametrize(
    ("reviewed", "present", "why"),
    [
        pytest.param(
            planned(room({"privacy": "private", "exp": NOW + DAY})),
            planned(room({})),
            "privacy was to be set; exp was to be set; a risk appeared since the "
            "review: is public: anyone with the link can join",
            id="a-new-room-without-what-was-reviewed",
        ),
        pytest.param(
            planned(room({"privacy": "private"})),
            planned(room({"privacy": "private", "enable_chat": True})),
            "enable_chat was not to change",
            id="a-new-room-with-more",
        ),
        pytest.param(
            planned(
                room(
                    {"lang": "de", "enable_chat": False},
                    write_only=frozenset({("enable_chat",)}),
                ),
                {"enable_chat": True},
            ),
            planned(
                room(
                    {"lang": "de", "enable_chat": True},
                    write_only=frozenset({("enable_chat",)}),
                ),
                {"enable_chat": True},
            ),
            "enable_chat was to be sent with another value",
            id="write-only-with-another-value",
        ),
        pytest.param(
            planned(room({"lang": "de"}), {}),
            planned(
                room(
                    {"lang": "de", "enable_chat": True},
                    write_only=frozenset({("enable_chat",)}),
                ),
                {},
            ),
            "enable_chat was not to be sent",
            id="write-only-that-was-not-there",
        ),
        pytest.param(
            planned(room({"dialin": {"display_name": "New"}}), {"dialin": TALK}),
            planned(
                room(
                    {"dialin": {"display_name": "New", "wait_for_meeting_start": True}}
                ),
                {"dialin": TALK},
            ),
            "dialin.wait_for_meeting_start was not to be sent",
            id="a-hidden-key-of-the-object",
        ),
        pytest.param(
            planned(room({"lang": "de", "privacy": "private"}), {}),
            planned(room({"lang": "de", "privacy": "private"}), {}, resend=True),
            "privacy was not to be sent",
            id="sent-again-on-request",
        ),
        pytest.param(
            planned(room({"dialin": None}), {"dialin": TALK}),
            planned(room({"dialin": None}), LIVE_PIN),
            "dialin_code was not to be removed; a risk appeared since the review: "
            "ends dial-in; the PIN may not come back",
            id="a-pin-that-was-not-there",
        ),
        pytest.param(
            planned(room({}, absent=True), {}),
            planned(room({}, absent=True), LIVE_PIN),
            "dialin.display_name was not to be removed; exp was not to be removed; "
            "dialin_code was not to be removed; a risk appeared since the review: "
            "callers lose the PIN for good",
            id="deletes-a-pin-that-was-not-there",
        ),
        pytest.param(
            planned(room({"lang": "de"}, rolling=ROLLING), {"exp": NOW + 90 * DAY}),
            planned(room({"lang": "de"}, rolling=ROLLING), {}),
            "exp was not to change; "
            "a risk appeared since the review: will expire from now on",
            id="an-end-that-was-not-listed",
        ),
        pytest.param(
            planned(WRITES_ITS_END, {"exp": NOW + 100 * DAY}),
            planned(WRITES_ITS_END, {"exp": NOW + 200 * DAY}),
            "exp was to be sent over another value",
            id="write-only-over-what-moved",
        ),
        pytest.param(
            planned(room({"dialin": {"display_name": "New"}}), LIVE_PIN),
            planned(room({"dialin": {"display_name": "New"}}), {"dialin": TALK}),
            "a risk appeared since the review: gets a new PIN",
            id="a-pin-that-went-away",
        ),
    ],
)
def test_nothing_is_sent_or_removed_that_was_not_reviewed(
    reviewed: Plan, present: Plan, why: str
) -> None:
    """The reason names each path."""
    assert refusals(reviewed, present) == [why]


@pytest.mark.parametrize(
    ("reviewed", "present"),
    [
        pytest.param(
            planned(room({"lang": "de", "enable_chat": True}), {}),
            planned(room({"lang": "de", "enable_chat": True}), {"enable_chat": True}),
            id="part-of-it-is-done",
        ),
        pytest.param(
            planned(
                room({"dialin": {"display_name": "New", "room_numbers": ["+1"]}}),
                {"dialin": {**TALK, "room_numbers": ["+2"]}},
            ),
            planned(
                room({"dialin": {"display_name": "New", "room_numbers": ["+1"]}}),
                {"dialin": {**TALK, "room_numbers": ["+1"]}},
            ),
            id="a-done-field-travels-on-with-its-object",
        ),
        pytest.param(
            planned(
                room({"dialin": {"display_name": "New"}}),
                {"dialin": {**TALK, "wait_for_meeting_start": True}},
            ),
            planned(
                room({"dialin": {"display_name": "New"}}),
                {"dialin": {**TALK, "room_numbers": ["+1"]}},
            ),
            id="carried-as-it-is-by-now",
        ),
        pytest.param(
            planned(
                room({"dialin": {"display_name": "New"}}, rolling=ROLLING), LIVE_PIN
            ),
            planned(
                room({"dialin": {"display_name": "New"}}, rolling=ROLLING),
                {**LIVE_PIN, "exp": NOW + 120 * DAY},
            ),
            id="a-computed-end",
        ),
        pytest.param(
            planned(WRITES_ITS_END, {"exp": NOW + 200 * DAY}),
            planned(WRITES_ITS_END, {"exp": NOW + 100 * DAY}),
            id="write-only-that-is-there-by-now",
        ),
    ],
)
def test_the_same_or_less_is_approved(reviewed: Plan, present: Plan) -> None:
    """What is done by now, and what stays as Daily has it, needs no new review."""
    assert refusals(reviewed, present) == []


def test_a_replacement_may_not_take_more_away() -> None:
    """An hmac that came after the review is not lost by it."""
    desired = Desired("number", "+12095550100", {"type": "pin_dialin"})
    bare = LiveAssignment(
        "current", "pinless_dialin", "+12095550100", {"room_creation_api": "https://x"}
    )
    signed = LiveAssignment(
        "current", "pinless_dialin", "+12095550100", {**bare.fields, "hmac": "aA=="}
    )

    assert refusals(planned(desired, bare), planned(desired, signed)) == [
        "hmac was not to be removed"
    ]
    assert refusals(planned(desired, signed), planned(desired, bare)) == []


HOOK = "https://u:p@h.example.com/x?tenant=1"
RTMP = {"name": "main", "rtmp_config": "rtmps://live.example.com/app"}


def hooked(value: object) -> Desired:
    """A room with a value for its hook, and one that is sent along unseen."""
    return room(
        {"lang": "de", "meeting_join_hook": value},
        write_only=frozenset({("meeting_join_hook",)}),
    )


def streaming(url: object) -> Desired:
    """A room with a literal among the values of a list, beside what is shown."""
    return room({"streaming_endpoints": [{**RTMP, "rtmp_config": url}]})


@pytest.mark.parametrize(
    ("reviewed", "present"),
    [
        pytest.param(
            planned(room({"meeting_join_hook": HOOK}), live),
            planned(room({"meeting_join_hook": HOOK.replace("=1", "=2")}), live),
            id=f"a-field-{'live' if live is not None else 'new'}",
        )
        for live in (
            None,
            {},
            {"meeting_join_hook": "https://h.example.com/x?tenant=0"},
        )
    ]
    + [
        pytest.param(
            planned(hooked(HOOK), {}),
            planned(hooked(HOOK.replace("p@", "q@")), {}),
            id="also-sent",
        ),
        pytest.param(
            planned(streaming("rtmps://a.example.com"), {}),
            planned(streaming("rtmps://b.example.com"), {}),
            id="in-a-list",
        ),
        pytest.param(
            planned(streaming(Secret("one", "${A}", "rtmps://a/${A}")), {}),
            planned(streaming(Secret("one", "${A}", "rtmps://b/${A}")), {}),
            id="the-literal-part-beside-a-variable",
        ),
        pytest.param(
            planned(room({"meeting_join_hook": HOOK}), {"meeting_join_hook": "//h?a"}),
            planned(room({"meeting_join_hook": HOOK}), {"meeting_join_hook": "//h?b"}),
            id="before",
        ),
    ],
)
def test_another_value_under_the_same_mask_is_not_approved(
    reviewed: Plan, present: Plan
) -> None:
    """What a plan hides is part of what was approved, on both sides."""
    assert refusals(reviewed, reviewed) == []
    assert len(refusals(reviewed, present)) == 1


def test_a_variable_is_approved_by_its_name() -> None:
    """Its value may change between the review and the apply; another name may not."""
    old, new = (streaming(Secret(v, "${A}", "${A}")) for v in ("one", "two"))
    other = streaming(Secret("one", "${B}", "${B}"))
    live = {"streaming_endpoints": [{**RTMP, "rtmp_config": "rtmps://old"}]}

    assert refusals(planned(old, live), planned(new, live)) == []
    assert len(refusals(planned(old, live), planned(other, live))) == 1


def removal_beside(*names: str) -> Plan:
    """The plan that releases a number on which callers reach these rooms."""
    desired = Desired("number", NUMBER, {}, absent=True)
    entry = LiveAssignment("current", "pin_dialin", NUMBER, {})
    dialin = {"dialin": {**TALK, "room_numbers": [NUMBER]}, "dialin_code": PIN}
    rooms = {name: LiveRoom(name, name, "private", dialin) for name in names}
    reading = Live(LiveDomain("acme", "d", {}), rooms, 1, assignments=(entry,))
    return make_plan(Config("acme", resources=(desired,)), reading, now=NOW)


def test_a_risk_that_reaches_further_than_the_reviewed_one_is_not_approved() -> None:
    """Rooms whose callers would lose their way in are part of what was reviewed."""
    two = removal_beside("a", "b")

    assert refusals(two, two) == []
    assert refusals(two, removal_beside("b")) == []
    for reviewed in (removal_beside(), removal_beside("a", "c")):
        [why] = refusals(reviewed, two)
        assert why.startswith("a risk appeared since the review: callers with the PIN")


@pytest.mark.parametrize(
    ("count", "allowed"),
    [pytest.param(1, 1, id="as-planned"), pytest.param(90, 1, id="edited-by-hand")],
)
def test_a_plan_file_opens_gates_for_what_it_holds_only(
    count: int, allowed: int
) -> None:
    """One deletion was reviewed, whatever the numbers beside it say."""
    reviewed = planned(room({}, absent=True), {})
    gates = check_gates(reviewed, {"delete": 100})
    document = plan_document(reviewed, gates, Estimate(), 0, digest="", tool="0")
    [gate] = document["gates"]  # type: ignore[misc]
    gate["count"], gate["allowed"] = count, 100

    assert read_approved(document).allowed == {"delete": allowed}


@pytest.mark.parametrize(
    "name", ["new-pin", "replace", "update", "hmac-rotation", "blind-list-write", "x"]
)
def test_a_forged_gate_opens_nothing(name: str) -> None:
    """A gate that the reviewed changes cannot need is not taken from the file."""
    reviewed = planned(room({}, absent=True), {})
    gates = check_gates(reviewed, {"delete": 1})
    document = plan_document(reviewed, gates, Estimate(), 0, digest="", tool="0")
    [gate] = document["gates"]  # type: ignore[misc]
    forged = {**gate, "name": name, "count": 100, "limit": 100, "allowed": 100}
    document["gates"] = [gate, forged]

    assert read_approved(document).allowed == {"delete": 1}


@pytest.mark.parametrize("name", ["empty-config", "lost-entries"])
def test_a_gate_of_the_whole_config_is_not_opened_beside_changes(name: str) -> None:
    """An empty config plans nothing, and lost entries count against a base only."""
    reviewed = planned(room({}, absent=True), {})
    document = plan_document(reviewed, (), Estimate(), 0, digest="", tool="0")
    gate = {"name": name, "count": 100, "limit": 100, "allowed": 100, "open": True}
    document["gates"] = [gate]

    assert read_approved(document).allowed == {}


def test_an_empty_config_may_be_allowed_once() -> None:
    """Nothing is planned, and what was allowed is what was counted."""
    document_ = {**document("2023-11-14T22:13:20Z")}
    gate = {"name": "empty-config", "count": 9, "limit": 9, "allowed": 9, "open": True}
    document_["gates"] = [gate]

    assert read_approved(document_).allowed == {"empty-config": 1}


@pytest.mark.parametrize(
    ("count", "limit", "is_open", "closed"),
    [
        pytest.param(3, 3, True, {}, id="open"),
        pytest.param(11, 6, False, {"lost-entries": 11}, id="closed"),
        pytest.param(11, 6, True, {"lost-entries": 11}, id="edited-by-hand"),
    ],
)
def test_a_gate_is_open_by_its_count(
    count: int, limit: int, is_open: bool, closed: dict[str, int]
) -> None:
    """A gate that the file only calls open is closed."""
    document_ = {**document("2023-11-14T22:13:20Z")}
    gate = {"name": "lost-entries", "count": count, "limit": limit, "allowed": 0}
    document_["gates"] = [{**gate, "open": is_open}]

    assert read_approved(document_).closed == closed


def document(made_at: str) -> dict[str, object]:
    """A plan document of nothing, made at this time."""
    domain = {"id": "d", "name": "acme"}
    return {
        "domain": domain,
        "dialin_store": "current",
        "made_at": made_at,
        "gates": [],
        "changes": [],
    }


@pytest.mark.parametrize("text", ["2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00"])
def test_the_time_of_a_plan_is_a_moment(text: str) -> None:
    """It has an offset, so that its age is the same on every machine."""
    assert read_approved(document(text)).made_at == 1_700_000_000


@pytest.mark.parametrize("text", ["2023-11-14T22:13:20", "yesterday", ""])
def test_a_time_without_an_offset_is_refused(text: str) -> None:
    """Its age would depend on the time zone of the machine."""
    with pytest.raises(ReconcilerError, match="made_at is not a time"):
        read_approved(document(text))


ENTRY: dict[str, Any] = {
    "store": "current",
    "type": "pinless_dialin",
    "number": NUMBER,
    "id": "one",
    "fields": {"name_prefix": "a", "room_creation_api": HOOK, "hmac": "aA=="},
}


def entry(**other: Any) -> LiveAssignment:
    """An assignment, with some of its fields or attributes other than usual."""
    attributes = {name: other.pop(name) for name in ENTRY if name in other}
    fields = {**ENTRY["fields"], **other}
    return LiveAssignment(**{**ENTRY, "fields": fields, **attributes})


def deleted(live: LiveAssignment | LiveRoom) -> Plan:
    """The plan that deletes a number or a room as it lives."""
    kind, key = (
        ("room", live.name) if isinstance(live, LiveRoom) else ("number", NUMBER)
    )
    desired = Desired(kind, key, absent=True)  # type: ignore[arg-type]
    rooms = {live.name: live} if isinstance(live, LiveRoom) else {}
    entries = (live,) if isinstance(live, LiveAssignment) else ()
    reading = Live(LiveDomain("acme", "d", {}), rooms, 1, assignments=entries)
    return make_plan(Config("acme", resources=(desired,)), reading, now=NOW)


def old_room(
    id_: str = "i", privacy: str = "private", config: Any = LIVE_PIN
) -> LiveRoom:
    """A room that is to go."""
    return LiveRoom("r", id_, privacy, config)


@pytest.mark.parametrize(
    ("reviewed", "present", "path"),
    [
        (entry(), entry(id="two"), "id"),
        (entry(), entry(type="pin_dialin"), "type"),
        (entry(), entry(name_prefix="b"), "name_prefix"),
        (entry(), entry(hmac="bB=="), "hmac"),
        (entry(), entry(room_creation_api=HOOK.replace("=1", "=2")), "room_creation"),
        (entry(), entry(hold_music_url="https://x.example.com"), "hold_music_url"),
        (old_room(), old_room("j"), "id"),
        (old_room(), old_room(privacy="public"), "privacy"),
        (old_room(), old_room(config={**LIVE_PIN, "exp": NOW + 99 * DAY}), "exp"),
        (old_room(), old_room(config={**LIVE_PIN, "enable_chat": True}), "enable_chat"),
        (
            old_room(),
            old_room(config={**LIVE_PIN, "dialin": {"display_name": "Other"}}),
            "dialin.display_name",
        ),
        (old_room(), old_room(config={**LIVE_PIN, "dialin_code": "9" * 11}), "dialin_"),
        (old_room(config={}), old_room(), "dialin.display_name"),
    ],
)
def test_a_deletion_takes_away_what_was_reviewed_and_nothing_else(
    reviewed: Any, present: Any, path: str
) -> None:
    """The same name does not make it the same thing."""
    whys = refusals(deleted(reviewed), deleted(present))

    assert refusals(deleted(reviewed), deleted(reviewed)) == []
    assert len(whys) == 1
    assert whys[0].startswith(path)
    assert "was to be removed with another value" in whys[0] or "was not to" in whys[0]


def test_a_deletion_may_take_away_less() -> None:
    """A hook or a PIN that has gone by itself needs no new review."""
    bare = old_room(config={})
    unsigned = LiveAssignment(**{**ENTRY, "fields": {"name_prefix": "a"}})

    assert refusals(deleted(old_room()), deleted(bare)) == []
    assert refusals(deleted(entry()), deleted(unsigned)) == []


def test_the_address_that_daily_gives_an_entry_is_not_part_of_a_deletion() -> None:
    """Any write of a list may move it."""
    one, two = (entry(sip_uri=f"a@{host}.example.com") for host in ("one", "two"))
    pinned = Desired("number", NUMBER, {"type": "pin_dialin"})

    assert refusals(deleted(one), deleted(two)) == []
    assert refusals(planned(pinned, one), planned(pinned, two)) == []


def test_a_replacement_takes_away_the_values_that_were_reviewed() -> None:
    """A secret that was rotated since is another one."""
    pinned = Desired("number", NUMBER, {"type": "pin_dialin"})
    reviewed = planned(pinned, entry())

    assert refusals(reviewed, reviewed) == []
    assert refusals(reviewed, planned(pinned, entry(hmac="bB=="))) == [
        "hmac was to be removed with another value"
    ]


def test_no_plan_file_singles_out_a_pin_that_goes_away() -> None:
    """So few digits identify it that most other PINs would have given another one."""
    document = plan_document(
        deleted(old_room()), (), Estimate(), 0, digest="", tool="0"
    )
    [change] = document["changes"]  # type: ignore[misc]
    [pin] = [f for f in change["removed"] if f["path"] == ["dialin_code"]]

    assert (pin["before"], len(pin["before_fingerprint"])) == ("(PIN)", 2)


@pytest.mark.parametrize("stores", [("current", "legacy"), ("legacy", "current")])
def test_the_store_that_is_written_is_part_of_what_was_reviewed(
    stores: tuple[Any, Any],
) -> None:
    """The same number would be written by another call, which replaces whole lists."""
    one, two = (
        make_plan(
            Config("acme", store, resources=(Desired("number", NUMBER, ENTRY),)),
            Live(LiveDomain("acme", "d", {})),
            now=NOW,
        )
        for store in stores
    )
    approved = read_approved(plan_document(one, (), Estimate(), 0, digest="", tool="0"))

    check_usable(approved, one, 7 * DAY)
    with pytest.raises(RefusedError, match="dial-in store"):
        check_usable(approved, two, 7 * DAY)
