"""Whatever is sent, the sandbox answers; it never fails itself."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox.world import AUTH, NOW

from reconciler.sandbox.api.domain import PROPERTIES
from reconciler.sandbox.api.routes import Request, handle
from reconciler.sandbox.rules.properties import room_properties
from reconciler.sandbox.settings import ASSUMPTIONS, Assume, Settings
from reconciler.sandbox.state.entries import FIELDS, KINDS
from reconciler.sandbox.state.store import Store

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["+12095550100", "https://example.com/x", "dial-in", NOW + 60])
)
KEYS = st.sampled_from(
    [
        "name",
        "privacy",
        "properties",
        "rooms",
        "room_names",
        "type",
        "config",
        *sorted(room_properties()),
        *sorted(PROPERTIES),
        *KINDS,
        "display_name",
        "sip_mode",
        "room_numbers",
        "canSend",
        "canReceive",
        *sorted({name for fields in FIELDS.values() for name in fields}),
    ]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)
PATHS = st.sampled_from(
    [
        "/",
        "/rooms",
        "/rooms/r",
        "/batch/rooms",
        "/domain-dialin-config",
        "/domain-dialin-config/ID",
        "/purchased-phone-numbers",
        "/logs/api",
        "/presence",
        "//",
        "/rooms/%ff",
    ]
)
REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
        PATHS,
        st.dictionaries(KEYS, JSON, max_size=4)
        | st.builds(lambda sent: {"properties": sent}, st.dictionaries(KEYS, JSON)),
        st.sampled_from(["", "limit=1", "limit=x", "starting_after=1", "type=%00"]),
    ),
    max_size=6,
)
ASSUME = st.fixed_dictionaries(
    {key: st.sampled_from(values) for key, values in ASSUMPTIONS.items()}
)


@settings(max_examples=60, deadline=None)
@given(ASSUME, REQUESTS)
def test_every_request_is_answered(assume, requests):
    """Each answer is one of the known statuses, and JSON that anybody can read."""
    store = Store(Settings(assume=Assume(**assume)))
    store.add_room("r", {"dialin": {"display_name": "x"}, "exp": NOW + 60})
    config = store.add_dialin_config("pin_dialin", {"phone_number": "+12095550101"})

    for step, (method, path, body, query) in enumerate(requests):
        real = "/v1" + path.replace("ID", config.id)
        raw = json.dumps(body).encode()
        response = handle(
            store, Request(method, real, query, AUTH, raw), NOW + step * 20
        )

        assert response.status in (200, 400, 404)
        json.loads(response.body, parse_constant=_refuse)


def _refuse(name):
    raise AssertionError(f"{name} is not JSON")
