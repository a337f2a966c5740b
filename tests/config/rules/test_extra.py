"""`extra_properties` reach into objects, nested or dotted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.config.load import Loaded
from reconciler.core.findings import errors
from reconciler.core.secrecy import Secret

Load = Callable[..., Loaded]
SIP = "sip: {display_name: S, sip_mode: dial-in, codecs: {audio: [OPUS]}}"
ROOM = (
    "rooms: {{a: {{privacy: private, properties: {{{}}}, extra_properties: {{{}}}}}}}"
)


@pytest.mark.parametrize(
    "extra",
    [
        "sip: {new_key: {x: 1}, codecs: {more: [2]}}",
        "sip.new_key.x: 1, sip.codecs.more: [2]",
        "sip.new_key: {x: 1}, sip: {codecs: {more: [2]}}",
    ],
    ids=["nested", "dotted", "both"],
)
def test_they_are_laid_into_the_object(load_text: Load, extra: str) -> None:
    """Keys beside them stay, at every depth."""
    loaded = load_text(ROOM.format(SIP, extra))

    assert {f.id for f in loaded.findings} == {"extra-property"}
    assert loaded.config
    (room,) = loaded.config.resources
    assert room.fields["sip"] == {
        "display_name": "S",
        "sip_mode": "dial-in",
        "codecs": {"audio": ["OPUS"], "more": [2]},
        "new_key": {"x": 1},
    }
    assert room.extra == frozenset()
    assert room.places["sip",].line == 3


def test_an_object_may_be_extra_alone(load_text: Load) -> None:
    """Without the object in `properties` there is one nevertheless."""
    loaded = load_text(ROOM.format("lang: nl", "brand.new: {x: '${A}'}, sip.y: 1"))

    assert loaded.config
    (room,) = loaded.config.resources
    assert room.fields["brand"] == {"new": {"x": Secret("")}}
    assert room.fields["sip"] == {"y": 1}
    assert room.extra == {"brand"}
    assert room.places["sip",].column > room.places["lang",].column


def test_a_known_key_takes_a_newer_value(load_text: Load) -> None:
    """A value that the schema does not allow yet is a warning, and is sent."""
    loaded = load_text(ROOM.format("lang: nl", "geo: us-east-2"))

    (finding,) = loaded.findings
    assert finding.id == "extra-property"
    assert not errors(loaded.findings)
    assert loaded.config
    assert loaded.config.resources[0].fields["geo"] == "us-east-2"


def test_write_only_may_name_them(load_text: Load) -> None:
    """A path of `write_only` leads into extra properties as well."""
    loaded = load_text(
        "rooms: {a: {privacy: private, write_only: [sip.new_key], "
        "extra_properties: {sip.new_key: 1}}}"
    )

    assert not errors(loaded.findings)
    assert loaded.config
    assert loaded.config.resources[0].write_only == {("sip", "new_key")}


def test_an_extra_dialin_needs_an_end_too(load_text: Load) -> None:
    """A room that gets PIN dial-in this way has a PIN like any other."""
    loaded = load_text(ROOM.format("lang: nl", "dialin.new: 1"))

    assert "pin-without-expiry" in [f.id for f in loaded.findings]
