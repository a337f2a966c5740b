"""What has to be said about a declared room beside its live one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.core.dialin.number_use import rooms_reached
from reconciler.core.findings import Finding
from reconciler.core.kinds import MAX_PIN_AHEAD
from reconciler.core.model import Config, Desired, Live, LiveRoom
from reconciler.core.phone import e164, is_e164, listed_numbers
from reconciler.core.phone import room_numbers as named_numbers
from reconciler.core.plan.model import Action, Change, Selection
from reconciler.core.secrecy import Secret, reveal


def pin_expiry(
    desired: Desired, room: LiveRoom, send: Mapping[str, object], now: float
) -> Iterator[Finding]:
    """A live PIN room keeps an expiry below a year, whatever the file declares."""
    if not room.pin or "exp" not in send or send.get("dialin", 0) is None:
        return
    exp = send["exp"]
    if isinstance(exp, int) and exp <= now + MAX_PIN_AHEAD:
        return
    yield Finding(
        "live-pin-expiry",
        f"room '{desired.key}' has a PIN in Daily, so exp must stay below 365 days",
        desired.places.get(("exp",)) or desired.place,
        "use expires: {after: 180d, renew_before: 60d}",
        ("exp",),
    )


def folded(config: Config, live: Live) -> Iterator[Finding]:
    """Names that Daily takes for another spelling of themselves."""
    taken: dict[str, str] = {}
    for desired in config.of_kind("room"):
        room = live.rooms.get(desired.key)
        if room is None:
            continue
        if room.name != desired.key:
            yield Finding(
                "case-folded",
                f"Daily answers to '{desired.key}' with the room '{room.name}'",
                desired.place,
                f"write '{room.name}' in the file",
            )
        first = taken.setdefault(room.name, desired.key)
        if first != desired.key:
            yield Finding(
                "same-room-twice",
                f"'{first}' and '{desired.key}' are one room to Daily",
                desired.place,
                "remove one of the two from the file",
            )


def room_numbers(
    desired: Desired,
    changes: list[Change],
    config: Config,
    live: Live,
    selection: Selection,
) -> Iterator[Finding]:
    """`room_numbers` must be purchased and do PIN dial-in: Daily's PIN guide."""
    if live.purchased is None:
        return
    writing = any("dialin" in change.send for change in changes)
    owned = {number.number for number in live.purchased}
    for item in listed_numbers(desired.fields.get("dialin")):
        number = e164(str(reveal(item)))
        problem = None
        if number not in owned:
            problem = "not-purchased", "has not been purchased by this domain"
        elif not _does_pin(number, config, live, selection):
            problem = "room-number-unassigned", "is not assigned to PIN dial-in"
        if problem:
            shown = item.label if isinstance(item, Secret) else number
            yield _number_problem(desired, shown, problem, writing=writing)


def _number_problem(
    desired: Desired, number: str, problem: tuple[str, str], *, writing: bool
) -> Finding:
    path = ("dialin", "room_numbers")
    # A key cannot be a variable, so that the number itself is to be written.
    key = f'"{number}"' if is_e164(number) else "the number"
    return Finding(
        problem[0] if writing else "room-number-gone",
        f"{number}, in room_numbers of room '{desired.key}', {problem[1]}",
        desired.places.get(path) or desired.place,
        f"declare it under phone_numbers: {key}: {{pin_dialin: {{}}}}; "
        "and let --only, if given, name it"
        if problem[0] == "room-number-unassigned"
        else "buy it in Daily's dashboard, or remove it here",
        path,
    )


def _does_pin(number: str, config: Config, live: Live, selection: Selection) -> bool:
    for declared in config.of_kind("number"):
        # What --only leaves out stays as it is: then the live side decides.
        if declared.key == number and selection.only("number", number):
            return not declared.absent and declared.fields.get("type") == "pin_dialin"
    return any(
        entry.type == "pin_dialin"
        for entry in live.assignments
        if entry.number == number
    )


def leaving(changes: Iterable[Change], live: Live, number: str) -> list[Change]:
    """The changes after which callers of a room use this number no longer.

    Until such a change is done, the number must not go.
    """
    reached = rooms_reached(live, number)
    return [
        change
        for change in changes
        if (room := change.live_room) is not None
        and (room.name in reached or number in named_numbers(room.config))
        and _leaves(change, number)
    ]


def comes_last(change: Change, changes: Iterable[Change], live: Live) -> bool:
    """Tell whether a change of a number waits for the rooms.

    Its callers lose it: it goes, or turns pinless while a room is about to leave it.
    """
    if change.kind != "number" or change.action is Action.DELETE:
        return change.kind == "number"
    to_pinless = change.send.get("type") == "pinless_dialin"
    replaced = change.action is Action.REPLACE and to_pinless
    return replaced and bool(leaving(changes, live, change.key))


def _leaves(change: Change, number: str) -> bool:
    if change.action is Action.DELETE or change.ends_dialin:
        return True
    named = named_numbers(change.send)
    return bool(named) and number not in named
