"""Reading a domain in parts: one that fails leaves a gap, and the others are known.

This is for looking, and for nothing that writes: a plan needs a whole reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from reconciler.core.check.model import ASSIGNMENTS, PURCHASED, ROOMS, Reading
from reconciler.core.model import Config, Live, LiveRoom
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import (
    add_variants,
    check_domain,
    read_assignments,
    read_domain,
    read_owned,
    read_room,
    read_rooms,
    without_pin,
)
from reconciler.errors import DailyError, NotSentError

Part = TypeVar("Part")


def read_parts(client: DailyClient, config: Config) -> Reading:
    """Read every room, both dial-in stores and the purchased numbers.

    Raises:
        RefusedError: the key belongs to another domain. Nothing else was read.
        DailyError: the domain could not be read, or Daily keeps failing.
    """
    started = client.counters.requests
    domain, legacy = read_domain(client)
    check_domain(config, domain)
    unread: dict[str, str] = {}
    entries = client.start(lambda: _tried(read_assignments, client))
    owned = client.start(lambda: _tried(read_owned, client))
    live = _with_rooms(client, config, Live(domain, assignments=legacy), unread)
    current, why = entries.result()
    unread |= {ASSIGNMENTS: why} if why else {}
    numbers, why = owned.result()
    unread |= {PURCHASED: why} if why else {}
    purchased, caller_ids = numbers or (None, ())
    live = replace(
        live,
        assignments=(*(current or ()), *legacy),
        purchased=purchased,
        caller_ids=caller_ids,
        requests=client.counters.requests - started,
        skew=client.skew,
    )
    return Reading(live, unread)


def _tried(
    work: Callable[[DailyClient], Part], client: DailyClient
) -> tuple[Part | None, str]:
    """A part, or why it could not be read. What ends the run is raised."""
    try:
        return work(client), ""
    except NotSentError:
        raise
    except DailyError as error:
        return None, error.message


def _with_rooms(
    client: DailyClient, config: Config, live: Live, unread: dict[str, str]
) -> Live:
    listed, why = _tried(lambda c: read_rooms(c, (), every_room=True), client)
    if listed is None:
        unread[ROOMS] = why
        return live
    rooms, total, complete = listed
    names = [room.key for room in config.of_kind("room")]
    variants, why = _tried(lambda c: add_variants(c, names, rooms), client)
    rooms = variants or rooms
    if why:
        spelled = {name.casefold() for name in rooms}
        twins = [n for n in names if n not in rooms and n.casefold() in spelled]
        unread |= {f"{ROOMS}/{name}": why for name in twins}
    alone = without_pin(rooms, names)

    def read(name: str) -> tuple[LiveRoom | None, str]:
        return _tried(lambda c: read_room(c, name), client)

    for name, (room, why) in zip(alone, client.parallel(read, alone), strict=True):
        if room is not None:
            rooms[name] = room
        elif why:
            unread[f"{ROOMS}/{name}"] = why
    return replace(live, rooms=rooms, total_rooms=total, complete=complete)
