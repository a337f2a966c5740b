"""What counts as equal, and what may be shown, for any values."""

from __future__ import annotations

import random
from typing import Any

import pytest
from answers import as_shown
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.compare.diff import ABSENT, FieldChange
from reconciler.core.kinds import NUMBER, ROOM, SETTABLE
from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
)
from reconciler.core.phone import e164
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Plan
from reconciler.core.secrecy import Secret, mask_url, reveal, showing, veil

NOW = 1_800_000_000
HUSH = "hush-hush-value"

SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(0, 5)
    | st.sampled_from([0.5, 1.0, 2.5])
    | st.sampled_from(["", "a", "b", "us-west-2"])
)
NESTED: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "__c"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def objects() -> dict[str, st.SearchStrategy[Any]]:
    """For each field that is written whole, its nested keys with any value."""
    return {
        name: st.none()
        | st.dictionaries(st.sampled_from(sorted(keys)), NESTED, max_size=4)
        for name, keys in ROOM.objects.items()
    }


PLAIN = sorted({path[0] for path in ROOM.defaults} - ROOM.objects.keys() - {"privacy"})
FIELDS = st.fixed_dictionaries(
    {"privacy": st.sampled_from(["public", "private"])},
    optional={
        **objects(),
        **dict.fromkeys(PLAIN[:12], NESTED),
        "enable_recording": st.lists(st.sampled_from(["cloud", "local", "raw-tracks"])),
        "streaming_endpoints": st.lists(st.dictionaries(st.just("name"), SCALARS)),
        "exp": st.integers(NOW + 1, NOW + 10**7),
    },
)
DOMAIN = st.dictionaries(st.sampled_from(sorted(ROOM.inherited)), NESTED, max_size=4)


def planned(fields: Any, shown: Any, domain: Any) -> Plan:
    """The plan for one declared room and one live room."""
    config = Config("acme", resources=(Desired("room", "r", fields),))
    privacy = shown.get("privacy")
    rest = {name: value for name, value in shown.items() if name != "privacy"}
    room = LiveRoom("r", "id", privacy, rest)
    live = Live(LiveDomain("acme", "d", domain), {"r": room}, 1, complete=True)
    return make_plan(config, live, now=NOW)


def shuffled(value: Any, seed: int) -> Any:
    """The same value with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random.Random(seed).shuffle(keys)
        return {key: shuffled(value[key], seed) for key in keys}
    if isinstance(value, list):
        return [shuffled(item, seed) for item in value]
    return value


@settings(deadline=None, max_examples=60)
@given(fields=FIELDS, domain=DOMAIN, seed=st.integers(0, 9))
def test_a_room_that_shows_what_is_declared_is_in_sync(
    fields: Any, domain: Any, seed: int
) -> None:
    """A live room built from the declared fields gives no change, in any key order."""
    plan = planned(fields, shuffled(fields, seed), domain)

    assert plan.changes == ()
    assert plan.in_sync == 1


@settings(deadline=None, max_examples=60)
@given(fields=FIELDS, shown=FIELDS, domain=DOMAIN, seed=st.integers(0, 9))
def test_key_order_changes_no_plan(
    fields: Any, shown: Any, domain: Any, seed: int
) -> None:
    """The order of keys, on any side, changes neither what differs nor what is sent."""
    one = planned(fields, shown, domain)
    other = planned(shuffled(fields, seed), shuffled(shown, seed + 1), domain)

    assert [c.fields for c in one.changes] == [c.fields for c in other.changes]
    assert [c.send for c in one.changes] == [c.send for c in other.changes]


@settings(deadline=None, max_examples=60)
@given(fields=FIELDS, shown=FIELDS, domain=DOMAIN)
def test_a_merged_answer_to_an_update_is_in_sync(
    fields: Any, shown: Any, domain: Any
) -> None:
    """When Daily keeps what was sent, with objects replaced, the next plan is empty."""
    first = planned(fields, shown, domain)
    for change in first.changes:
        shown = {**shown, **change.send}

    assert planned(fields, shown, domain).changes == ()


@settings(deadline=None)
@given(
    kind=st.sampled_from(sorted(SETTABLE)),
    drawn=st.data(),
    store=st.sampled_from(["current", "legacy"]),
)
def test_an_assignment_that_shows_what_is_declared_is_in_sync(
    kind: str, drawn: st.DataObject, store: Any
) -> None:
    """A live assignment built from the declared fields gives no change."""
    names = st.sampled_from(sorted(SETTABLE[kind]))
    fields = drawn.draw(st.dictionaries(names, st.sampled_from(["", "a", None])))
    desired = Desired("number", "+12095550100", {"type": kind, **fields})
    entry = LiveAssignment(store, kind, "+12095550100", fields)
    live = Live(LiveDomain("acme", "d", {}), assignments=(entry,))
    config = Config("acme", store=store, resources=(desired,))

    assert make_plan(config, live, now=NOW).changes == ()


# Secrets.


def secretive(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values with the secret somewhere inside."""
    return st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["a", "room_numbers", "canSend"]), inner, max_size=3
    )


MARKED = st.recursive(
    SCALARS | st.just(Secret(HUSH, "${HUSH}")), secretive, max_leaves=6
)
BARE = st.recursive(SCALARS | st.just(HUSH), secretive, max_leaves=6)
PATHS = st.sampled_from(
    [("dialin",), ("enable_recording",), ("permissions",), ("x",), ("lang",)]
)


@settings(deadline=None, max_examples=150)
@given(path=PATHS, wanted=MARKED, shown=BARE, number=st.booleans())
def test_a_variable_is_shown_on_neither_side(
    path: Any, wanted: Any, shown: Any, number: bool
) -> None:
    """A value from a variable never gets through, wherever it stands on either side."""
    kind = NUMBER if number else ROOM
    desired = Desired(kind.name, "r", {path[0]: wanted, "y": Secret(HUSH, "${HUSH}")})
    change = FieldChange(path, shown, reveal(wanted))

    made = showing(kind, desired, {path[0]: shown})(change)

    for side in (made.before, made.after):
        assert HUSH not in str(as_shown(side)) + repr(side)


@settings(deadline=None, max_examples=100)
@given(path=PATHS, wanted=MARKED, shown=BARE)
def test_veiling_loses_nothing(path: Any, wanted: Any, shown: Any) -> None:
    """A veiled value opens to the value that it was."""
    for value, twin in ((shown, wanted), (reveal(wanted), shown), (wanted, None)):
        assert reveal(veil(ROOM, path, value, twin)) == reveal(value)


def test_a_twin_gives_its_label_to_an_equal_value() -> None:
    """An equal value on the other side is named as the file names it."""
    twin = Secret(HUSH, "${HUSH}")

    assert str(veil(ROOM, ("lang",), HUSH, twin)) == "${HUSH}"
    assert str(veil(ROOM, ("lang",), "another", twin)) == "(secret)"
    assert veil(ROOM, ("lang",), "another", ABSENT) == "another"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param(("hmac",), NUMBER, id="hmac"),
        pytest.param(
            ("streaming_endpoints", 3, "rtmp_config", "url"), ROOM, id="stream-key"
        ),
        pytest.param(
            ("streaming_endpoints", 0, "hls_config", "storage", "credentials", "k"),
            ROOM,
            id="storage-credentials",
        ),
    ],
)
def test_what_is_secret_by_nature_needs_no_variable(path: Any, kind: Any) -> None:
    """Some keys are secret wherever their values come from."""
    assert isinstance(veil(kind, path, HUSH, None), Secret)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/a/b", "https://example.com/a/b"),
        ("https://me:pw@example.com:8443/a", "https://***@example.com:8443/a"),
        ("https://example.com/a?t=1&u=2", "https://example.com/a?***"),
        ("https://example.com/a#t=1", "https://example.com/a#***"),
        ("https://a@b@example.com/", "https://***@example.com/"),
        ("https://[broken/", "(secret)"),
    ],
)
def test_addresses_show_neither_user_nor_query(url: str, shown: str) -> None:
    """User info, query and fragment of an address are masked; the rest stays."""
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    ("given_number", "full"),
    [
        ("12095550100", "+12095550100"),
        ("+12095550100", "+12095550100"),
        (" 12095550100 ", "+12095550100"),
        ("sip:a@example.com", "sip:a@example.com"),
        ("", ""),
    ],
)
def test_numbers_get_their_plus(given_number: str, full: str) -> None:
    """A number that Daily shows without its plus is the same number."""
    assert e164(given_number) == full


def test_secrets_are_equal_by_value_and_seen_by_label() -> None:
    """Two secrets are equal when their values are, and neither shows it."""
    secret = Secret(HUSH, "${A}")

    assert secret == Secret(HUSH, "${B}")
    assert secret != Secret("x", "${A}")
    assert [str(secret), repr(secret), f"{secret}"] == ["${A}"] * 3
