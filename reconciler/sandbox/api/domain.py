"""The domain: GET and POST of `/`.

Documented: the answer's three keys, the settable properties, `null` resets
one, others stay. That both legacy lists are shown is recorded in public code,
not documented. Assumed: POST answers as GET does; which of the recorded
settings stand beside `config` and which inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.sandbox.api.refusal import invalid
from reconciler.sandbox.rules.account import ACCOUNT, READ_ONLY
from reconciler.sandbox.rules.properties import OPENAPI, Property
from reconciler.sandbox.rules.room import merge
from reconciler.sandbox.rules.shapes import (
    BOOLEAN,
    OPEN_OBJECT,
    TEXT,
    Shape,
    complaint,
    incomplete,
)
from reconciler.sandbox.state import entries, legacy

if TYPE_CHECKING:
    from reconciler.sandbox.state.store import Store

PROPERTIES: Mapping[str, Property] = {
    **{name: row for name, row in OPENAPI.items() if row.domain},
    "batch_processor_bucket": Property(OPEN_OBJECT),
    "enable_opus_fec": Property(BOOLEAN),
    "hide_daily_branding": Property(BOOLEAN, False),
    "hipaa": Property(BOOLEAN, False),
    "intercom_auto_record": Property(BOOLEAN, False),
    "redirect_on_meeting_exit": Property(TEXT, ""),
    "redirect_on_meeting_exit_allowed_hosts": Property(Shape("array", items=TEXT)),
}


def show_domain(store: Store) -> dict[str, object]:
    """Build the answer for the domain."""
    set_here = store.domain_settings
    return {
        "domain_name": store.settings.domain,
        "domain_id": store.domain_id,
        **{name: set_here.get(name, value) for name, value in ACCOUNT.items()},
        "config": {
            **{name: set_here.get(name, value) for name, value in READ_ONLY.items()},
            **{name: row.default for name, row in PROPERTIES.items()},
            **store.domain_properties,
            **legacy.show_lists(store),
        },
    }


def update_domain(store: Store, body: Mapping[str, object], now: float) -> None:
    """Change properties and lists; nothing changes when one of them is refused."""
    for key in body:
        if key != "properties":
            raise invalid(f"unknown parameter '{key}'")
    sent = body.get("properties", {})
    if not isinstance(sent, dict):
        raise invalid("properties should be an object")
    lists = {kind: sent[kind] for kind in entries.KINDS if kind in sent}
    plain = {name: value for name, value in sent.items() if name not in lists}
    _check_plain(plain)
    nested = store.settings.assume.nested
    merged = merge(store.domain_properties, plain, nested=nested)
    _check_whole(merged, plain)
    if lists:
        checked = legacy.read_lists(store, lists)
        legacy.write_lists(store, checked, tuple(lists), now)
    store.domain_properties = merged


def _check_plain(sent: Mapping[str, object]) -> None:
    for name, value in sent.items():
        if name not in PROPERTIES:
            raise invalid(f"invalid property name '{name}'")
        wrong = value is not None and complaint(name, PROPERTIES[name].shape, value)
        if wrong:
            raise invalid(wrong)


def _check_whole(merged: Mapping[str, object], sent: Mapping[str, object]) -> None:
    for name in sent:
        value = merged.get(name)
        if isinstance(value, dict):
            lacking = incomplete(name, PROPERTIES[name].shape, value)
            if lacking:
                raise invalid(lacking)
