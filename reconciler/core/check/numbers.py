"""Whether numbers do what callers need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from reconciler.core.check.model import ASSIGNMENTS, PURCHASED, Reading, Row, row
from reconciler.core.dialin.number_use import NumberUse
from reconciler.core.dialin.sheet import GLOBAL_NUMBERS, Number, Source
from reconciler.core.findings import Finding
from reconciler.core.model import Desired, LiveAssignment, LiveRoom
from reconciler.core.phone import room_numbers
from reconciler.core.plan.model import Action, Change
from reconciler.core.text import brief

PIN: Final = "pin_dialin"
_NAMES: Final = {PIN: "PIN dial-in", "pinless_dialin": "pinless dial-in"}
_OWNERSHIP: Final = frozenset({"not-purchased", "orphaned-assignment"})
_STORES: Final = frozenset({"other-store", "number-twice"})
_DAILYS_OWN: Final = frozenset(number for _country, number in GLOBAL_NUMBERS)
_HOOK: Final = ("room_creation_api", "hmac")


def number_row(
    desired: Desired,
    use: NumberUse,
    change: Change | None,
    findings: Sequence[Finding],
    reading: Reading,
) -> Row:
    """One declared number, given what a plan finds about it and would change."""
    reasons = [f for f in findings if f.id in _OWNERSHIP]
    shown: tuple[str, ...] = ()
    if ASSIGNMENTS not in reading.unread:
        shown = tuple(map(_name, use.types))
        reasons += (f for f in findings if f.id in _STORES)
        reasons += (f for f in findings if f.id == "stores-differ" and use.types[1:])
        reasons += _assignment(desired, change)
        reasons += _address(desired, use.entries)
    gaps = reading.gaps(PURCHASED, ASSIGNMENTS)
    return row("number", desired.key, reasons, gaps, checked=shown)


def _assignment(desired: Desired, change: Change | None) -> Iterator[Finding]:
    """What a plan would have to write before callers get in as declared."""
    key, wanted = desired.key, _NAMES[str(desired.fields["type"])]
    if change is None or change.action not in (Action.CREATE, Action.REPLACE):
        yield from _hook(desired, change)
        return
    message = f"{key} is not assigned to {wanted}"
    if live := change.live_assignment:
        message = f"{key} is assigned to {_name(live.type)}, not to {wanted}"
    command = ("plan",)
    hint = "to see what assigns it"
    yield Finding("not-assigned", message, desired.place, hint, command=command)


def _hook(desired: Desired, change: Change | None) -> Iterator[Finding]:
    """An address or a key by which Daily cannot ask where a caller belongs."""
    paths = {field.path for field in change.fields} if change else set()
    for name in _HOOK:
        if (name,) in paths:
            yield Finding(
                "hook-differs",
                f"{name} of {desired.key} is not the one of the file",
                desired.places.get((name,)) or desired.place,
                "to see what would be written",
                command=("plan",),
            )


def _address(desired: Desired, entries: Sequence[LiveAssignment]) -> Iterator[Finding]:
    pinless = desired.fields["type"] == "pinless_dialin"
    if pinless and entries and not entries[0].fields.get("sip_uri"):
        yield Finding(
            "no-sip-address",
            f"Daily shows no SIP address for {desired.key}",
            desired.place,
            "ask Daily, or remove the assignment and let it be created again",
        )


def elsewhere(desired: Desired, room: LiveRoom) -> Iterator[Finding]:
    """Numbers of the file that do not lead to a room, by what Daily shows of it."""
    shown = room_numbers(room.config)
    for number in room_numbers(desired.fields) if shown else ():
        if number not in shown:
            yield _gone(desired, number, "is not one of it in Daily", "plan")


def reaching_reasons(
    desired: Desired,
    numbers: Iterable[Number],
    uses: Mapping[str, NumberUse],
    twice: Mapping[str, Sequence[Finding]],
    reading: Reading,
) -> Iterator[Finding]:
    """Why a number of a room does not lead to it. `twice`: findings by number."""
    for number in numbers:
        use = uses.get(number.number, NumberUse(number.number))
        if number.source is Source.GLOBAL or _is_dailys(number, use, reading):
            continue
        for problem in _problems(use, reading):
            yield _gone(desired, number.number, problem, "numbers")
        if ASSIGNMENTS not in reading.unread:
            found = twice.get(number.number, ())
            yield from (f for f in found if f.id == "number-twice")


def _gone(desired: Desired, number: str, problem: str, command: str) -> Finding:
    path = ("dialin", "room_numbers")
    hints = {
        "plan": "to see what is written",
        "numbers": "to see what each number does",
    }
    return Finding(
        "room-number-gone",
        f"{number}, a number of room '{desired.key}', {problem}",
        desired.places.get(path) or desired.place,
        hints[command],
        path,
        command=(command,),
    )


def _is_dailys(number: Number, use: NumberUse, reading: Reading) -> bool:
    """Tell whether Daily itself answers it, for domains without a number."""
    foreign = number.source is Source.DAILY and not use.owned and not use.entries
    return foreign and (number.number in _DAILYS_OWN or not reading.live.purchased)


def _problems(use: NumberUse, reading: Reading) -> Iterator[str]:
    if PURCHASED not in reading.unread and not use.owned:
        yield "has not been purchased by this domain"
    if ASSIGNMENTS in reading.unread or use.types == (PIN,):
        return
    if use.types[1:]:
        yield "has another role in each dial-in store: which one answers is unknown"
    elif use.types:
        yield f"is assigned to {_name(use.types[0])}"
    else:
        yield "is not assigned to PIN dial-in"


def _name(kind: str) -> str:
    """A role in words; one that is not known as Daily writes it."""
    return _NAMES.get(kind) or brief(kind)
