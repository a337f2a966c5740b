"""A change beside the same change planned again, right before it is written.

Between the plan and the write somebody else may have written the same room. What was
reviewed is written only while it changes and risks no more than the plan showed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.core.compare.diff import FieldChange, same
from reconciler.core.plan.approval import (
    ApprovedChange,
    ApprovedField,
    differences,
    new_risks,
)
from reconciler.core.plan.model import Action, Change, Risk
from reconciler.core.plan.room_risks import update_risks
from reconciler.core.secrecy import reveal


def moved(planned: Change, again: Change) -> Iterator[str]:
    """What would be overwritten or risked now, and was not what the plan showed.

    A date that `expires` gives has moved when it is earlier than it was; a later one is
    kept. What is carried along has not moved: it is sent back as it is.
    """
    before, now = _end(planned), _end(again)
    sooner = before is not None and (now is None or now < before)
    if sooner and planned.desired.rolling and "exp" in again.send:
        yield "exp is earlier than it was"
    approved = _approved(planned)
    yield from differences(again, approved, reveal)
    yield from new_risks(again, approved)


def narrowed(again: Change, planned: Change) -> Change:
    """The new change without fields that the plan did not mean to write.

    They are left as they are, and show in the next plan. An end that the room has by
    now travels with its `dialin`.
    """
    names = planned.send.keys() | ({"exp"} if "dialin" in planned.send else set())

    def kept(fields: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
        return tuple(field for field in fields if field.path[0] in names)

    send = {name: value for name, value in again.send.items() if name in names}
    return replace(
        again,
        send=send,
        risks=_risks(again, send),
        fields=kept(again.fields),
        also_sent=kept(again.also_sent),
        carried=kept(again.carried),
    )


def _risks(change: Change, send: Mapping[str, object]) -> tuple[Risk, ...]:
    """The risks of sending this part of an update."""
    if change.action is not Action.UPDATE or change.live_room is None:
        return change.risks
    return tuple(update_risks(change.live_room, send))


def carried_anew(planned: Change, again: Change) -> Iterator[str]:
    """Carried keys that appeared or changed after the plan, by their dotted names."""
    known = {field.path: field.after for field in planned.sent}
    for field in again.carried:
        if field.path not in known or not _same(field.after, known[field.path]):
            yield ".".join(map(str, field.path))
    left = {field.path for field in again.sent}
    for field in planned.carried:
        if field.path not in left:
            yield ".".join(map(str, field.path))


def _same(one: object, other: object) -> bool:
    return same(reveal(one), reveal(other))


def _end(change: Change) -> int | None:
    return change.live_room.exp if change.live_room else None


def _approved(change: Change) -> ApprovedChange:
    rolling = change.desired.rolling
    return ApprovedChange(
        action=str(change.action),
        kind=change.kind,
        key=change.key,
        fields=_values(change.fields),
        rolling=(rolling.after, rolling.renew_before) if rolling else None,
        also_sent=_values(change.also_sent),
        carried=_values(change.carried),
        removed=_values(change.removed),
        risks={risk.id: frozenset(risk.rooms) for risk in change.risks},
    )


def _values(
    fields: Iterable[FieldChange],
) -> dict[tuple[object, ...], ApprovedField]:
    return {f.path: ApprovedField(reveal(f.before), reveal(f.after)) for f in fields}
