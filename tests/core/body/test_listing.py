"""What a change sends is listed leaf by leaf, from the very body that is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.body.listing import leaves
from reconciler.core.body.overlay import settled
from reconciler.core.compare.diff import at, same
from reconciler.core.kinds import ROOM
from reconciler.core.model import Config, Desired, Live, LiveDomain, LiveRoom, Rolling
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Change, Plan, Selection
from reconciler.core.secrecy import Secret, reveal

NOW = 1_800_000_000
DAY = 86_400
PIN = "01234567890"

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["", "a", "b"]) | st.integers(0, 3),
    lambda inner: (
        st.lists(st.sampled_from(["a", "b"]), max_size=2)
        | st.dictionaries(st.sampled_from(["base", "byUserId", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELDS = st.fixed_dictionaries(
    {"privacy": st.sampled_from(["public", "private"])},
    optional={
        **{
            name: st.none()
            | st.dictionaries(st.sampled_from([*sorted(keys), "new"]), VALUES)
            for name, keys in ROOM.objects.items()
        },
        "enable_chat": st.booleans() | st.none(),
        "exp": st.sampled_from([NOW + DAY, NOW + 2 * DAY]),
        "brand_new": VALUES,
    },
)
DOMAIN = st.fixed_dictionaries(
    {}, optional={"permissions": st.dictionaries(st.just("canAdmin"), st.booleans())}
)


def planned(
    fields: Any,
    shown: Any,
    *,
    domain: Any = None,
    resend: bool = False,
    **desired: Any,
) -> Plan:
    """The plan for one room."""
    room = Desired("room", "r", fields, **desired)
    rest = {name: value for name, value in (shown or {}).items() if name != "privacy"}
    rooms = {} if shown is None else {"r": LiveRoom("r", "i", "private", rest)}
    live = Live(LiveDomain("acme", "d", domain or {}), rooms, len(rooms))
    chosen = Selection(resend=lambda _kind, _key: resend)
    config = Config("acme", resources=(room,))
    return make_plan(config, live, now=NOW, selection=chosen)


def update(fields: Any, shown: Any, **options: Any) -> Change:
    """The update among the changes."""
    return [c for c in planned(fields, shown, **options).changes if c.fields][-1]


def paths(change: Change, name: str) -> list[str]:
    """The dotted paths of one list."""
    return [".".join(map(str, field.path)) for field in getattr(change, name)]


@settings(deadline=None, max_examples=200)
@given(
    fields=FIELDS,
    shown=st.none() | FIELDS,
    domain=DOMAIN,
    resend=st.booleans(),
    write_only=st.frozensets(
        st.sampled_from([("enable_chat",), ("permissions", "canReceive", "base")])
    ),
)
def test_every_leaf_of_the_body_is_listed_once_with_its_value(
    fields: Any, shown: Any, domain: Any, resend: bool, write_only: Any
) -> None:
    """Fields, also sent and carried together are the body: nothing more or less."""
    plan = planned(fields, shown, domain=domain, resend=resend, write_only=write_only)

    for change in plan.changes:
        listed = [(field.path, field.after) for field in change.sent]
        body = dict(leaves(change.send))
        assert sorted(p for p, _ in listed) == sorted(body)
        assert all(same(reveal(v), reveal(body[p])) for p, v in listed)
        assert all(
            same(reveal(field.after), settled(at(shown, field.path)))
            for field in change.carried
        )


def test_what_is_declared_and_equal_is_also_sent() -> None:
    """The rest of a written object is named, apart from what Daily alone has."""
    fields = {"dialin": {"display_name": "New", "room_numbers": ["+12095550100"]}}
    shown = {
        "dialin": {
            "display_name": "Old",
            "room_numbers": ["+12095550100"],
            "wait_for_meeting_start": True,
        },
        "dialin_code": PIN,
        "exp": NOW + 90 * DAY,
    }

    made = update(fields, shown, rolling=Rolling(180 * DAY, 60 * DAY))

    assert paths(made, "fields") == ["dialin.display_name"]
    assert paths(made, "also_sent") == ["dialin.room_numbers", "exp"]
    assert paths(made, "carried") == ["dialin.wait_for_meeting_start"]
    assert made.removed == ()


def test_an_end_that_the_file_does_not_declare_is_carried() -> None:
    """`exp` goes beside `dialin` as Daily has it."""
    shown = {"dialin": {"display_name": "Old"}, "exp": NOW + DAY}

    made = update({"dialin": {"display_name": "New"}}, shown)

    assert paths(made, "carried") == ["exp"]


@pytest.mark.parametrize("write_only", [False, True])
def test_write_only_and_hidden_keys_travel_with_their_object(write_only: bool) -> None:
    """Both are sent with it, listed, and no difference of their own."""
    fields = {"dialin": {"display_name": "New", "wait_for_meeting_start": True}}
    shown = {"dialin": {"display_name": "Old"}, "exp": NOW + DAY}
    paths_ = {("dialin", "wait_for_meeting_start")} if write_only else set()

    made = update(fields, shown, write_only=frozenset(paths_))

    assert paths(made, "fields") == ["dialin.display_name"]
    assert paths(made, "also_sent") == ["dialin.wait_for_meeting_start"]


def test_write_only_works_at_any_depth() -> None:
    """What lies three levels down is sent with its object and never compared."""
    fields = {"permissions": {"canSend": False, "canReceive": {"base": False}}}
    deep = frozenset({("permissions", "canReceive", "base")})

    made = update(fields, {}, write_only=deep)
    fields["permissions"]["canSend"] = True

    assert paths(made, "fields") == ["permissions.canSend"]
    assert paths(made, "also_sent") == ["permissions.canReceive.base"]
    assert planned(fields, {}, write_only=deep).changes == ()


def test_a_pin_that_goes_is_listed_and_not_shown() -> None:
    """Whoever approves `dialin: null` approves the end of a PIN."""
    shown = {"dialin": {"display_name": "x"}, "dialin_code": PIN, "exp": NOW + DAY}

    made = update({"dialin": None}, shown)

    assert paths(made, "removed") == ["dialin_code"]
    assert made.removes_pin
    assert PIN not in repr(made.removed)
    assert not update({"dialin": None}, {"dialin": {"display_name": "x"}}).removed


def test_a_plain_value_that_makes_room_for_an_object_is_removed() -> None:
    """The object's leaves are new, and what was there before is still named."""
    made = update({"brand_new": {"a": 1}}, {"brand_new": "whole"})

    assert paths(made, "fields") == ["brand_new.a"]
    assert [(f.path, f.before) for f in made.removed] == [(("brand_new",), "whole")]


def test_a_secret_is_a_label_in_every_list() -> None:
    """A value from a variable is shown nowhere, sent or carried."""
    hush = Secret("hush", "${HUSH}")
    fields = {"dialin": {"display_name": hush}, "lang": "de", "brand_new": {"a": hush}}
    shown = {"brand_new": {"b": "hush"}, "lang": "en"}

    made = update(fields, shown, resend=True)

    assert "hush" not in repr(made)
    assert {f.path for f in made.carried} == {("brand_new", "b")}


ITEM = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["one", "two"]),
        "type": st.sampled_from(["hls", "rtmp"]),
        "hls_config": st.dictionaries(st.sampled_from(["a", "b"]), st.booleans()),
    },
)
ITEMS = st.lists(ITEM, max_size=3)


def keys_in(value: Any) -> set[str]:
    """Every key of the mappings in a value, however deep."""
    if isinstance(value, dict):
        return set(value) | {k for item in value.values() for k in keys_in(item)}
    return (
        {k for item in value for k in keys_in(item)} if type(value) is list else set()
    )


@settings(deadline=None, max_examples=300)
@given(want=ITEMS, live=ITEMS)
def test_no_live_key_of_an_item_goes_away_unlisted(want: Any, live: Any) -> None:
    """A key is sent back, or shown as removed, or stands in an item that goes whole.

    The field shows the live items whole, and a second plan has nothing to do.
    """
    found = planned({"streaming_endpoints": want}, {"streaming_endpoints": live})

    for made in found.changes:
        sent: Any = made.send["streaming_endpoints"]
        (field,) = [f for f in made.sent if f.path == ("streaming_endpoints",)]
        before: Any = field.before or []
        assert sorted(map(repr, before)) == sorted(map(repr, live))
        assert not planned(
            {"streaming_endpoints": want}, {"streaming_endpoints": sent}
        ).changes
        names = {item.get("name") for item in want}
        whole = [item for item in live if item.get("name") not in names]
        removed = {str(step) for field in made.removed for step in field.path}
        inside: Any = [field.before for field in made.removed]
        if len(want) >= len(live):
            known = keys_in(sent) | removed | keys_in(inside) | keys_in(whole)
            assert keys_in(live) <= known


def test_keys_of_items_that_cannot_be_told_apart_are_listed_as_removed() -> None:
    """Without names they are matched by position, and what is not sent is named."""
    shown = {
        "streaming_endpoints": [
            {"name": "x", "hls_config": {"variants": [{"height": 1, "extra": True}]}}
        ]
    }
    fields = {
        "streaming_endpoints": [
            {"name": "x", "hls_config": {"variants": [{"height": 2}]}}
        ]
    }

    made = update(fields, shown)

    path = ("streaming_endpoints", 0, "hls_config", "variants", 0, "extra")
    assert [(f.path, f.before) for f in made.removed] == [(path, True)]
