"""Reading a domain: GET only, and as few of them as the case allows.

Rooms come from list pages or from one read per declared room, whichever needs
fewer requests; the first page of the list tells which, since it carries the total.

A list ends when as many items as `total_count` were seen, or a page is empty
(Daily's total counts the whole domain, and clients that waited for a short page
have looped for ever). A list that does neither is given up. Whether a cursor
survives the deletion of its room is unknown: a refused cursor starts the list again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from reconciler.core.model import (
    Config,
    Live,
    LiveAssignment,
    LiveDomain,
    LiveRoom,
    PurchasedNumber,
)
from reconciler.core.phone import room_numbers
from reconciler.daily import wire
from reconciler.daily.http.client import DailyClient
from reconciler.errors import (
    DailyAnswerError,
    DailyError,
    DailyRejectedError,
    RefusedError,
)

PAGE: Final = 100
NUMBERS_PAGE: Final = 50
MAX_PAGES: Final = 5_000
MAX_LIST: Final = 128 * 1024 * 1024
"""Bytes that may come while one list is read; about 200,000 rooms have that many."""

_RESTARTS: Final = 3


def read_live(
    client: DailyClient,
    config: Config,
    *,
    every_room: bool = False,
    every_assignment: bool = False,
    rooms: Live | None = None,
) -> Live:
    """Read what planning this config needs.

    Args:
        client: may be one that only reads.
        config: what is declared, and the domain it is declared for.
        every_room: list the whole domain, also when single reads would be cheaper.
        every_assignment: read both dial-in stores and the purchased numbers, also
            when the config declares none.
        rooms: what `read_only_rooms` gave for this config; only the rest is read.

    Raises:
        RefusedError: the key belongs to another domain. Nothing else was read.
        DailyError: as `DailyClient.get`. Not where numbers fail that only a ledger is
            compared with: they count as not read.
    """
    started = client.counters.requests
    dialin = every_assignment or uses_dialin(config)
    if rooms is None:
        domain, legacy = read_domain(client)
        check_domain(config, domain)
    # The three lists do not depend on each other; each one is sequential in itself.
    numbers = _Numbers(client) if dialin or config.ledger else None
    if rooms is None:
        rooms = _with_rooms(
            client, config, Live(domain, assignments=legacy), every_room
        )
    whole = numbers.beside(rooms, needed=dialin) if numbers else rooms
    requests = rooms.requests + client.counters.requests - started
    return replace(whole, requests=requests, skew=client.skew)


class _Numbers:
    """The reading of assignments and numbers, under way beside that of the rooms."""

    def __init__(self, client: DailyClient) -> None:
        self._entries = client.start(lambda: read_assignments(client))
        self._owned = client.start(lambda: read_owned(client))

    def beside(self, live: Live, *, needed: bool) -> Live:
        """The whole reading. What is not needed, and fails, was not read."""
        try:
            purchased, caller_ids = self._owned.result()
            entries = (*self._entries.result(), *live.assignments)
        except DailyError:
            if needed:
                raise
            return live
        return replace(
            live, assignments=entries, purchased=purchased, caller_ids=caller_ids
        )


def read_only_rooms(client: DailyClient, config: Config) -> Live:
    """Read the domain and its rooms, and no more of dial-in than the domain shows.

    Raises:
        RefusedError: the key belongs to another domain. Nothing else was read.
        DailyError: as `DailyClient.get`.
    """
    started = client.counters.requests
    domain, legacy = read_domain(client)
    check_domain(config, domain)
    live = _with_rooms(client, config, Live(domain, assignments=legacy))
    used = client.counters.requests - started
    return replace(live, requests=used, skew=client.skew)


def with_every_room(client: DailyClient, config: Config, live: Live) -> Live:
    """The same reading with the rooms that it left out; those in it stay as they are.

    Raises:
        DailyError: as `DailyClient.get`.
    """
    started = client.counters.requests
    whole = _with_rooms(client, config, live, every_room=True)
    used = live.requests + client.counters.requests - started
    return replace(whole, rooms={**whole.rooms, **live.rooms}, requests=used)


def _with_rooms(
    client: DailyClient, config: Config, live: Live, every_room: bool = False
) -> Live:
    names = [room.key for room in config.of_kind("room")]
    rooms, total, complete = read_rooms(client, names, every_room=every_room)
    rooms = add_variants(client, names, rooms)
    return replace(live, rooms=rooms, total_rooms=total, complete=complete)


def uses_dialin(config: Config) -> bool:
    """Tell whether a config speaks of phone numbers at all."""
    rooms = config.of_kind("room")
    return bool(config.of_kind("number")) or any(room_numbers(r.fields) for r in rooms)


def check_domain(config: Config, domain: LiveDomain) -> None:
    """Refuse a key that belongs to another domain than the file."""
    if domain.name != config.domain:
        raise RefusedError(
            f"the file is for domain '{config.domain}', "
            f"but the API key belongs to '{domain.name}'",
            tip="use the key of the file's domain, or correct `domain:` in the file",
        )


def read_domain(
    client: DailyClient,
) -> tuple[LiveDomain, tuple[LiveAssignment, ...]]:
    """The domain and its legacy lists: `GET /`."""
    return wire.domain_from_json(client.get("/"))


def read_stores(
    client: DailyClient,
) -> tuple[LiveDomain, tuple[LiveAssignment, ...]]:
    """Both dial-in stores, fresh; the current one first."""
    domain, legacy = read_domain(client)
    return domain, (*read_assignments(client), *legacy)


def read_assignments(client: DailyClient) -> tuple[LiveAssignment, ...]:
    """Every entry of `GET /domain-dialin-config`."""
    items = _listed(client, "/domain-dialin-config", PAGE, "id")[0]
    return tuple(wire.assignment_from_config(item) for item in items)


def read_assignment(client: DailyClient, entry_id: str) -> LiveAssignment | None:
    """One entry of the current store; None when it is gone."""
    path = f"/domain-dialin-config/{quote(entry_id, safe='')}"
    try:
        return wire.assignment_from_config(client.get(path))
    except DailyRejectedError as error:
        # Without Daily's code it is some other server that says 404.
        if error.status == 404 and error.code:
            return None
        raise


def read_owned(
    client: DailyClient,
) -> tuple[tuple[PurchasedNumber, ...], tuple[str, ...]]:
    """Every number the domain owns, and its verified caller ids, from one list.

    The cursor is `pagination_id`, not `id`.
    """
    path = "/purchased-phone-numbers"
    items = _listed(client, path, NUMBERS_PAGE, "pagination_id")[0]
    caller_ids = dict.fromkeys(wire.caller_ids_from_json(items))
    return tuple(wire.purchased_from_json(items)), tuple(caller_ids)


def read_room(client: DailyClient, name: str) -> LiveRoom | None:
    """One room by name; None when Daily does not know it."""
    try:
        answer = client.get(f"/rooms/{quote(name, safe='')}")
    except DailyRejectedError as error:
        # Without Daily's code it is some other server that says 404.
        if error.status == 404 and error.code:
            return None
        raise
    return wire.room_from_json(answer)


def read_rooms(
    client: DailyClient, names: Iterable[str], *, every_room: bool = False
) -> tuple[dict[str, LiveRoom], int, bool]:
    """The named rooms (and whichever others came along), the total, and "all read".

    Costs the smaller of the number of list pages and the number of names, plus one;
    and one more for each named PIN room where a list leaves the PINs out.
    """
    wanted = list(dict.fromkeys(names))
    if len(wanted) <= 1 and not every_room:
        first, total = _one_page(client, "/rooms", {"limit": 1})
        rooms = _by_name(first)
        missing = [name for name in wanted if name not in rooms]
        read = _each(client, [*missing, *without_pin(rooms, wanted)])
        return {**rooms, **read}, total or len(rooms), False
    first, total = _one_page(client, "/rooms", {"limit": PAGE})
    rooms = _by_name(first)
    missing = [name for name in wanted if name not in rooms]
    pages_left = -(-((total or 0) - len(first)) // PAGE)
    if total is not None and not every_room and len(missing) < pages_left:
        read = _each(client, [*missing, *without_pin(rooms, wanted)])
        return {**rooms, **read}, total, False
    items, counted = _listed(client, "/rooms", PAGE, "id", (first, total))
    rooms = _by_name(items)
    rooms |= _each(client, without_pin(rooms, wanted))
    return rooms, max(counted, len(items)), True


def add_variants(
    client: DailyClient, names: Iterable[str], rooms: Mapping[str, LiveRoom]
) -> dict[str, LiveRoom]:
    """Ask Daily about declared names that live rooms have in another spelling.

    Whether `Lobby` and `lobby` are one room is unknown, so Daily is asked.
    """
    found = dict(rooms)
    spelled = {name.casefold(): name for name in rooms}
    declared = set(names)
    for name in declared:
        twin = spelled.get(name.casefold())
        if name in found or twin is None:
            continue
        room = read_room(client, name)
        if room is not None:
            found[name] = room
            if room.name not in declared:
                found.pop(room.name, None)
    return found


def without_pin(rooms: Mapping[str, LiveRoom], names: Iterable[str]) -> list[str]:
    """The named rooms with PIN dial-in that a list shows without their PIN.

    Whether lists always show it is unknown; a room read by itself does.
    """
    found = [rooms[name] for name in names if name in rooms]
    return [r.name for r in found if r.config.get("dialin") is not None and not r.pin]


def _each(client: DailyClient, names: list[str]) -> dict[str, LiveRoom]:
    read = client.parallel(lambda name: read_room(client, name), names)
    return {
        name: room for name, room in zip(names, read, strict=True) if room is not None
    }


def _by_name(items: Iterable[Mapping[str, object]]) -> dict[str, LiveRoom]:
    rooms = (wire.room_from_json(item) for item in items)
    return {room.name: room for room in rooms}


Page = tuple[list[Mapping[str, object]], int | None]


def _one_page(client: DailyClient, path: str, params: Mapping[str, str | int]) -> Page:
    return wire.page(client.get(path, params), f"the list {path}")


class _CursorRefusedError(Exception):
    """Daily does not take the place where a list was to go on."""


def _listed(
    client: DailyClient, path: str, size: int, cursor: str, first: Page | None = None
) -> tuple[list[Mapping[str, object]], int]:
    """Every item of a paged list, newest first, and the last total that was said."""
    for _ in range(_RESTARTS):
        try:
            return _follow(client, path, size, cursor, first)
        except _CursorRefusedError:
            first = None
    raise DailyAnswerError(
        f"the list {path} could not be read to its end in {_RESTARTS} attempts",
        tip="rooms may be deleted faster than they can be listed; try again later",
    )


def _follow(
    client: DailyClient, path: str, size: int, cursor: str, first: Page | None
) -> tuple[list[Mapping[str, object]], int]:
    items, total = first or _one_page(client, path, {"limit": size})
    seen = {_identity(item, cursor): item for item in items}
    repeats = 0
    pages = _most_pages(total, size)
    most = client.counters.received + MAX_LIST
    while items and (total is None or len(seen) < total):
        after = next(
            (_cursor(i, cursor) for i in items[::-1] if _cursor(i, cursor)), ""
        )
        pages -= 1
        if pages < 0 or client.counters.received > most:
            raise DailyAnswerError(
                f"the list {path} does not end: {len(seen)} items so far",
                tip="try again later",
            )
        items, latest = _page_after(client, path, size, after)
        total = latest if latest is not None else total
        known = len(seen)
        seen.update((_identity(item, cursor), item) for item in items)
        repeats = repeats + 1 if len(seen) == known and items else 0
        if repeats == _RESTARTS:
            raise DailyAnswerError(
                f"the list {path} repeats itself after {known} of {total} items",
                tip="try again later",
            )
    return list(seen.values()), len(seen) if total is None else total


def _most_pages(total: int | None, size: int) -> int:
    """How many more pages a list may have; `total` is what its first page says.

    Rooms are made while a list is read, and Daily may give less than was asked for.
    """
    return MAX_PAGES if total is None else min(MAX_PAGES, 20 + 4 * -(-total // size))


def _cursor(item: Mapping[str, object], cursor: str) -> str:
    value = item.get(cursor)
    return "" if value is None else str(value)


def _identity(item: Mapping[str, object], cursor: str) -> str:
    """What an item is told apart by; caller ids among the numbers have no cursor."""
    return _cursor(item, cursor) or repr(item)


def _page_after(client: DailyClient, path: str, size: int, after: str) -> Page:
    if not after:
        raise DailyAnswerError(f"an item of the list {path} has no cursor")
    try:
        return _one_page(client, path, {"limit": size, "starting_after": after})
    except DailyRejectedError as error:
        if error.status not in (400, 404):
            raise
        raise _CursorRefusedError from error
