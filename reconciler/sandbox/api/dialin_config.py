"""The current store of assignments: /domain-dialin-config.

Documented: a flat body, `{id, type, config}` as the answer, newest first, at
most 100 per page, a number serves one config only, PUT takes everything but
`type`. Open, and switches: whether PUT keeps what it leaves out, whether it
takes a null, and how this store and the legacy lists relate (see `legacy`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.sandbox.api.pages import stretch
from reconciler.sandbox.api.refusal import invalid, missing
from reconciler.sandbox.state import entries, legacy
from reconciler.sandbox.state.entries import DialinConfig

if TYPE_CHECKING:
    from reconciler.sandbox.state.store import Store

PAGE = 100


def show_config(store: Store, config: DialinConfig) -> dict[str, object]:
    """Build the answer for one config."""
    shown = entries.show_fields(config.fields, hmac=store.settings.assume.hmac)
    address = sip_address(store, config)
    return {
        "id": config.id,
        "type": config.type,
        "config": {**shown, "sip_uri": address},
    }


def sip_address(store: Store, config: DialinConfig) -> str | None:
    """Give the SIP address of a pinless config; it lasts as long as the id."""
    if config.type == entries.PIN:
        return None
    return entries.sip_uri(store.settings.domain, config.fields, config.id[:8])


def list_configs(store: Store, query: Mapping[str, str]) -> dict[str, object]:
    """Answer one page; number filters match a part of the number, as documented."""
    newest_first = reversed(store.dialin_configs.values())
    matching = [config for config in newest_first if _matches(store, config, query)]
    places = {config.id: at for at, config in enumerate(matching)}
    start, stop = stretch(query, len(matching), PAGE, places.get)
    return {
        "total_count": len(matching),
        "data": [show_config(store, config) for config in matching[start:stop]],
    }


def _matches(store: Store, config: DialinConfig, query: Mapping[str, str]) -> bool:
    wanted = ",".join(query.get(key, "") for key in ("phone_number", "phone_numbers"))
    # An unescaped plus sign in a query arrives as a blank.
    parts = [part.strip().lstrip("+") for part in wanted.split(",") if part.strip()]
    number = entries.number_of(config.fields) or ""
    user = (sip_address(store, config) or "").partition("@")[0]
    return (
        (not parts or any(part in number for part in parts))
        and query.get("type", config.type) == config.type
        and query.get("sip_username", user) == user
        and ("name_prefix" not in query or _prefix(config) == query["name_prefix"])
    )


def _prefix(config: DialinConfig) -> object:
    return config.fields.get("name_prefix", "")


def find(store: Store, config_id: str) -> DialinConfig:
    """Find a config by id."""
    config = store.dialin_configs.get(config_id)
    if config is None:
        raise missing(f"dialin config {config_id} not found")
    return config


def create(store: Store, body: Mapping[str, object], now: float) -> DialinConfig:
    """Make a config out of a flat body."""
    kind = body.get("type")
    if not isinstance(kind, str) or kind not in entries.KINDS:
        raise invalid(f"type should be one of {', '.join(entries.KINDS)}")
    sent = {name: value for name, value in body.items() if name != "type"}
    entries.check_fields(kind, sent)
    fields = entries.with_hmac(kind, entries.given(sent))
    entries.check_complete(kind, fields)
    _check_number(store, kind, fields, None)
    config = DialinConfig(str(uuid.uuid4()), kind, fields)
    keep(store, config)
    store.test_webhook(kind, fields, now)
    return config


def update(
    store: Store, config_id: str, body: Mapping[str, object], now: float
) -> DialinConfig:
    """Change a config; `put` decides what happens to what is not sent."""
    config = find(store, config_id)
    if "type" in body:
        raise invalid("type cannot be changed: delete the config and create another")
    _check_nulls(store, body)
    entries.check_fields(config.type, body)
    kept = config.fields if store.settings.assume.put == "keep" else {}
    fields = entries.with_hmac(config.type, entries.given({**kept, **body}))
    entries.check_complete(config.type, fields)
    _check_number(store, config.type, fields, config)
    config.fields = fields
    keep(store, config)
    store.test_webhook(config.type, fields, now)
    return config


def _check_nulls(store: Store, body: Mapping[str, object]) -> None:
    """Refuse a null where `null=refused`; the words are the sandbox's own."""
    for name, value in body.items():
        if value is None and store.settings.assume.null == "refused":
            raise invalid(f"{name} should not be null")


def delete(store: Store, config_id: str) -> None:
    """Remove a config, and its mirror image if there is one."""
    del store.dialin_configs[find(store, config_id).id]
    store.follow_configs()


def keep(store: Store, config: DialinConfig) -> None:
    """Store a config without checking it."""
    store.dialin_configs[config.id] = config
    store.follow_configs()


def _check_number(
    store: Store, kind: str, fields: entries.Entry, itself: DialinConfig | None
) -> None:
    number = entries.number_of(fields)
    if number is None:
        return
    store.check_owned(kind, number)
    for other in store.dialin_configs.values():
        if other is not itself and entries.number_of(other.fields) == number:
            raise entries.refuse_number(kind, number, "is used by another config")
    if store.settings.assume.stores == "mirrored":
        return
    if number in legacy.numbers(store):
        raise entries.refuse_number(kind, number, "is used by the domain itself")
