"""Any config, however wrong, ends in findings and not in a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config.load import Variables, load
from reconciler.config.schema.validator import room_properties
from reconciler.core.findings import errors

WORDS = [
    "", "a", "lobby", "Lobby", "public", "private", "absent", "present", "12", "no",
    "50%", "10d", "30d", "2099-01-01T00:00:00Z", "2026-01-01", "+12095550100",
    "12095550100", "https://example.com", "http://[", "${A}", "${B}", "${C:-x}", "$$",
    "{epoch_time}", "{x", "dialin.display_name", "a..b", ".", "\x1b[31m", "é",
]  # fmt: skip
PROPERTIES = [*room_properties(), "dialin_code", "brand_new", "privacy", "hmac", ""]
SCALARS = (
    st.sampled_from(WORDS)
    | st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([0, 1, 1_800_000_000, 1_800_000_000_000, 1.5, 1e300])
    | st.text(max_size=4)
)
NESTED = [
    "phone_number", "room_numbers", "display_name", "num_endpoints", "canSend", "url",
    "force_digit_only_username", "rtmp_config", "after", "renew_before", "message",
]  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NESTED), inner, max_size=3)
    ),
    max_leaves=6,
)
PROPERTY_MAPS = st.dictionaries(st.sampled_from(PROPERTIES), VALUES, max_size=4)
ROOMS = st.fixed_dictionaries(
    {},
    optional={
        "privacy": VALUES,
        "properties": PROPERTY_MAPS | VALUES,
        "extra_properties": PROPERTY_MAPS | VALUES,
        "expires": st.fixed_dictionaries({"after": VALUES, "renew_before": VALUES})
        | VALUES,
        "write_only": st.lists(st.sampled_from([*WORDS, *PROPERTIES])) | VALUES,
        "state": VALUES,
        "defaults": VALUES,
        "odd": VALUES,
    },
)
NUMBERS = st.dictionaries(
    st.sampled_from(["pin_dialin", "pinless_dialin", "state", "write_only", "hmac"]),
    VALUES
    | st.dictionaries(
        st.sampled_from(["name_prefix", "room_creation_api", "hmac", "ivr_greeting"]),
        VALUES,
    ),
    max_size=3,
)
CONFIGS = st.fixed_dictionaries(
    {"version": st.just(1) | VALUES, "domain": st.just("acme") | VALUES},
    optional={
        "limits": VALUES | st.fixed_dictionaries({"delete": VALUES, "update": VALUES}),
        "dialin_store": VALUES,
        "defaults": st.fixed_dictionaries({"rooms": ROOMS | VALUES}) | VALUES,
        "phone_numbers": st.dictionaries(st.sampled_from(WORDS), NUMBERS | VALUES)
        | VALUES,
        "rooms": st.dictionaries(st.sampled_from(WORDS), ROOMS | VALUES) | VALUES,
    },
)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(CONFIGS, min_size=1, max_size=2),
    st.sampled_from(Variables),
    st.sampled_from([{}, {"A": "hunter2-hunter2", "B": "\udcff"}]),
)
def test_any_config_is_loaded_or_explained(
    configs: list[dict[str, Any]], mode: Variables, environ: dict[str, str]
) -> None:
    """There is a config exactly if there is no error, and no value is betrayed."""
    texts = {f"{number}.yaml": json.dumps(c) for number, c in enumerate(configs)}

    loaded = load(
        [Path(name) for name in texts],
        environ=environ,
        now=1_767_225_600,
        variables=mode,
        read=lambda path: (texts[path.name], None),
    )

    assert (loaded.config is None) == bool(errors(loaded.findings))
    assert bool(loaded.digest) == bool(loaded.config)
    assert "hunter2" not in repr(loaded)
    for finding in loaded.findings:
        assert (finding.message + finding.hint + finding.source).isprintable()
