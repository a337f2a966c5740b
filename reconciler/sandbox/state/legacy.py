"""The legacy store: the lists `pin_dialin` and `pinless_dialin` of the domain.

Documented: a list that is sent replaces the whole list; a pinless entry sent
without an hmac gets a new one at every write; the test call to each
room_creation_api (recorded here, never made). SIP addresses follow the place
in the list, as the documented example suggests.

`stores=erasing` empties /domain-dialin-config whenever a list is written.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sandbox.api.refusal import Refusal, invalid
from reconciler.sandbox.state import entries
from reconciler.sandbox.state.store import Store


def show_lists(store: Store) -> dict[str, object]:
    """Build both lists as GET / shows them; null until a list was first set."""
    if store.settings.assume.lists == "absent":
        return {}
    return {kind: _show_list(store, kind) for kind in entries.KINDS}


def _show_list(store: Store, kind: str) -> list[entries.Entry] | None:
    stored = store.legacy[kind]
    if stored is None:
        return None
    hmac = store.settings.assume.hmac
    shown = [entries.show_fields(entry, hmac=hmac) for entry in stored]
    if kind == entries.PINLESS:
        for place, entry in enumerate(shown):
            entry["sip_uri"] = entries.sip_uri(store.settings.domain, entry, place)
    return shown


def numbers(store: Store) -> set[str]:
    """Collect the numbers that either list uses."""
    used = (entries.number_of(e) for kept in store.legacy.values() for e in kept or ())
    return {number for number in used if number}


def read_lists(store: Store, sent: Mapping[str, object]) -> entries.Lists:
    """Check the lists of a request against each other and against the domain."""
    lists: entries.Lists = {**store.legacy}
    for kind, value in sent.items():
        lists[kind] = None if value is None else _read_list(kind, value)
    seen: set[str] = set()
    # The lists that were sent come last, so that a conflict is theirs.
    for kind in sorted(entries.KINDS, key=lambda kind: kind in sent):
        for entry in lists[kind] or ():
            number = entries.number_of(entry)
            if number is None:
                continue
            if number in seen:
                raise entries.refuse_number(kind, number, "is used twice")
            seen.add(number)
            if kind in sent:
                _check_number(store, kind, number)
    return lists


def _read_list(kind: str, value: object) -> list[entries.Entry]:
    if not isinstance(value, list):
        raise invalid(f"{kind} should be an array")
    read = []
    for place, item in enumerate(value):
        if not isinstance(item, dict):
            raise invalid(f"{kind}[{place}] should be an object")
        try:
            entries.check_fields(kind, item)
            entries.check_complete(kind, entries.given(item))
        except Refusal as refusal:
            raise _about(kind, place, item, refusal) from None
        read.append(entries.with_hmac(kind, entries.given(item)))
    return read


def _about(
    kind: str, place: int, entry: Mapping[str, object], refusal: Refusal
) -> Refusal:
    """Name the entry that a refusal is about: the others of the list are fine."""
    number = entries.number_of(entry)
    who = number.lstrip("+") if number else f"{kind}[{place}]"
    words = kind.replace("_", " ")
    return invalid(f"Failed to configure {words}: {who}: {refusal.body['info']}")


def _check_number(store: Store, kind: str, number: str) -> None:
    store.check_owned(kind, number)
    if store.settings.assume.stores == "mirrored":
        return
    configs = store.dialin_configs.values()
    if any(entries.number_of(config.fields) == number for config in configs):
        raise entries.refuse_number(kind, number, "is used by a dialin config")


def write_lists(
    store: Store, lists: entries.Lists, written: tuple[str, ...], now: float
) -> None:
    """Store checked lists; `written` names the ones that the request sent."""
    store.legacy.update(lists)
    if store.settings.assume.stores == "erasing":
        store.dialin_configs.clear()
    store.follow_lists()
    for kind in written:
        for entry in store.legacy[kind] or ():
            store.test_webhook(kind, entry, now)
