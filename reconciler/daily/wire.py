"""Daily's JSON to our nouns and back, both directions side by side.

Answers are checked as far as they are used: anything else than the promised shape
is a `DailyAnswerError` that names the request. Sources: Daily's pages on rooms,
domain configuration, domain dial-in configuration and phone numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.core.kinds import KINDS, ROOM, SETTABLE
from reconciler.core.model import (
    KindName,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
    PurchasedNumber,
    Store,
)
from reconciler.core.phone import e164, shown_number, with_numbers
from reconciler.core.secrecy import Secret, is_secret, veil
from reconciler.core.times import written_date
from reconciler.errors import DailyAnswerError

LEGACY_LISTS: Final = ("pin_dialin", "pinless_dialin")
"""The two domain settings that hold assignments in the older form."""


def mapping(value: object, what: str) -> Mapping[str, object]:
    """A JSON object, or an error that says what was expected."""
    if isinstance(value, Mapping):
        return value
    raise DailyAnswerError(
        f"{what} should be a JSON object, but is {type(value).__name__}",
        tip="check DAILY_API_URL, and Daily's status page",
    )


def text(value: object, what: str) -> str:
    """A non-empty string, or an error that says what was expected."""
    if isinstance(value, str) and value:
        return value
    raise DailyAnswerError(f"{what} should be a text, but is {type(value).__name__}")


def page(value: object, what: str) -> tuple[list[Mapping[str, object]], int | None]:
    """The items of one page of a list, and Daily's total count if it gave one."""
    body = mapping(value, what)
    items = body.get("data")
    if not isinstance(items, list):
        raise DailyAnswerError(f"{what} has no list of items in it")
    total = body.get("total_count")
    counted = isinstance(total, int) and not isinstance(total, bool)
    return (
        [mapping(item, f"an item of {what}") for item in items],
        total if counted and isinstance(total, int) else None,
    )


# Rooms.


def room_from_json(value: object) -> LiveRoom:
    """A room, as every rooms endpoint answers it."""
    item = mapping(value, "a room")
    name = text(item.get("name"), "a room's name")
    config = item.get("config")
    settings = dict(mapping({} if config is None else config, "a room's config"))
    dialin = settings.get("dialin")
    if isinstance(dialin, Mapping):
        settings["dialin"] = with_numbers(dialin, shown_number)
    privacy = item.get("privacy")
    return LiveRoom(
        name=name,
        id=str(item.get("id") or ""),
        privacy=privacy if isinstance(privacy, str) else None,
        config=settings,
        created=_created(item.get("created_at")),
        url=url if isinstance(url := item.get("url"), str) else "",
    )


def _created(value: object) -> int | None:
    date = written_date(value) if isinstance(value, str) else None
    return None if date is None else int(date.timestamp())


def rooms_from_batch(value: object) -> list[LiveRoom]:
    """The rooms a batch made: a bare array, or wrapped in `data`; both were seen."""
    items = value.get("data") if isinstance(value, Mapping) else value
    if not isinstance(items, list):
        raise DailyAnswerError("the answer to a batch has no list of rooms in it")
    return [room_from_json(item) for item in items]


def room_to_json(
    send: Mapping[str, object], *, name: str | None = None
) -> dict[str, object]:
    """A body for creating (with a name) or updating (without) a room."""
    body: dict[str, object] = {} if name is None else {"name": name}
    properties: dict[str, object] = {}
    for key, value in send.items():
        if key == "privacy":
            body["privacy"] = value
        elif key == "dialin" and isinstance(value, Mapping):
            value = with_numbers(value, _sent_number)
        if key != "privacy":
            properties[key] = veil(ROOM, (key,), value, None)
    if properties:
        body["properties"] = properties
    return body


def _sent_number(item: object) -> object:
    return item if isinstance(item, Mapping) else {"phone_number": item}


# The domain and its assignments.


_SUSPENDED: Final = "account_suspended"
_MOST_PHONES: Final = "max_sip_pstn_sessions_per_room"


def _count(value: object) -> int:
    """Daily's SIP guide: 5 connections where the domain shows no other number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 5


def domain_from_json(value: object) -> tuple[LiveDomain, tuple[LiveAssignment, ...]]:
    """The domain, and the assignments of the older form that it carries."""
    item = mapping(value, "the domain")
    config = mapping(item.get("config") or {}, "the domain's config")
    domain = LiveDomain(
        name=text(item.get("domain_name"), "the domain's name"),
        id=str(item.get("domain_id") or ""),
        config={k: v for k, v in config.items() if k not in LEGACY_LISTS},
        shown_lists=frozenset(key for key in LEGACY_LISTS if key in config),
        # Whether these two stand at the top or in `config` is not known.
        suspended=True in (item.get(_SUSPENDED), config.get(_SUSPENDED)),
        most_phones=_count(config.get(_MOST_PHONES, item.get(_MOST_PHONES))),
    )
    entries = [
        assignment_from_json("legacy", kind, entry, position=position)
        for kind in LEGACY_LISTS
        for position, entry in enumerate(_legacy_list(config.get(kind), kind))
    ]
    return domain, tuple(entries)


def _legacy_list(value: object, kind: str) -> list[Mapping[str, object]]:
    if value is None:
        return []
    # Older documentation also allowed one object in place of a list.
    items = [value] if isinstance(value, Mapping) else value
    if not isinstance(items, list):
        raise DailyAnswerError(f"{kind} of the domain is not a list")
    return [mapping(item, f"an entry of {kind}") for item in items]


def assignment_from_config(value: object) -> LiveAssignment:
    """An entry of /domain-dialin-config: `{id, type, config}`."""
    item = mapping(value, "a dial-in config")
    kind = text(item.get("type"), "the type of a dial-in config")
    config = mapping(item.get("config") or {}, "the config of a dial-in config")
    made = assignment_from_json("current", kind, config)
    return LiveAssignment(
        made.store, made.type, made.number, made.fields, id=str(item.get("id") or "")
    )


def assignment_from_json(
    store: Store, kind: str, entry: Mapping[str, object], *, position: int = 0
) -> LiveAssignment:
    """An entry's own fields, the same in both stores. The hmac becomes a Secret."""
    number = entry.get("phone_number")
    fields = {
        name: Secret(value)
        if isinstance(value, str) and value and is_secret("number", (name,))
        else value
        for name, value in entry.items()
        if name != "phone_number"
    }
    return LiveAssignment(
        store=store,
        type=kind,
        number=e164(str(number)) if number else None,
        fields=fields,
        position=position,
    )


def assignment_to_json(
    number: str | None, fields: Mapping[str, object], *, with_nulls: bool = False
) -> dict[str, object]:
    """An entry's own fields as they are written, without anything server-made.

    `with_nulls`: keep declared nulls, to clear a field.
    """
    kind = str(fields["type"])
    body: dict[str, object] = {} if number is None else {"phone_number": number}
    for name in sorted(SETTABLE.get(kind, frozenset())):
        if name not in fields:
            continue
        value = fields[name]
        if isinstance(value, Mapping) and not with_nulls:
            value = {k: v for k, v in value.items() if v is not None}
        if value is not None or with_nulls:
            body[name] = _secret_value("number", name, value)
    return body


def _secret_value(kind: KindName, name: str, value: object) -> object:
    return veil(KINDS[kind], (name,), value, None)


# Purchased numbers.


def purchased_from_json(
    items: Iterable[Mapping[str, object]],
) -> list[PurchasedNumber]:
    """Purchased numbers. Items without an id are verified caller ids, not owned."""
    return [
        PurchasedNumber(
            number=_number_of(item),
            id=str(item["id"]),
            created=str(item.get("created_date") or ""),
            name=str(item.get("name") or ""),
        )
        for item in items
        if item.get("id") and _number_of(item)
    ]


def caller_ids_from_json(items: Iterable[Mapping[str, object]]) -> list[str]:
    """The verified caller ids that the list of purchased numbers has among them."""
    return [
        _number_of(item) for item in items if not item.get("id") and _number_of(item)
    ]


def _number_of(item: Mapping[str, object]) -> str:
    # Public code reads either name.
    return e164(str(item.get("number") or item.get("phone_number") or ""))
