"""What the changes of both kinds have in common: how one is made, and what is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from reconciler.core.body.listing import leaves, list_body
from reconciler.core.body.removed import all_of
from reconciler.core.compare.diff import ABSENT, FieldChange
from reconciler.core.findings import Finding
from reconciler.core.kinds import KINDS
from reconciler.core.model import Desired, LiveAssignment, LiveRoom, Path
from reconciler.core.plan.model import Action, Change, Risk

NOT_THERE: Final = "not in Daily"
_NAMED: Final = 3
"""So many rooms are named one by one in a hint; more have a pattern."""
NAMED: Final = ("dialin", "room_numbers")
DIFFERS: Final = "differs from the file"
RESENT: Final = "sent again on request"


def change(
    action: Action,
    desired: Desired,
    reason: str,
    *,
    live: LiveRoom | LiveAssignment | None = None,
    differing: Iterable[FieldChange] = (),
    risks: Iterable[Risk] = (),
    send: Mapping[str, object] | None = None,
    removed: Iterable[FieldChange] = (),
    resent: bool = False,
) -> Change:
    """A change of one declared resource, with everything that it sends listed.

    `differing`: why it is made; `removed`: what it takes away beside that.
    """
    body = dict(send or {})
    if desired.kind == "number" and action is Action.UPDATE:
        # An entry's type cannot be changed, and is not sent.
        body.pop("type", None)
    shown = {} if action is Action.CREATE else fields_of(live)
    listing = list_body(KINDS[desired.kind], desired, shown, body, differing)
    return Change(
        action,
        desired.kind,
        desired.key,
        reason,
        desired,
        listing.fields,
        tuple(risks),
        send or {},
        live,
        also_sent=listing.also_sent,
        carried=listing.carried,
        removed=(*listing.removed, *removed),
        resent=resent,
    )


def fields_of(live: LiveRoom | LiveAssignment | None) -> Mapping[str, object]:
    """A live resource as `Desired.fields` has it."""
    if live is None:
        return {}
    if isinstance(live, LiveAssignment):
        return {**live.fields, "type": live.type}
    return live.fields


def deletion(desired: Desired, live: LiveRoom | LiveAssignment, *risks: Risk) -> Change:
    """The removal of a resource that the file wants gone."""
    return change(
        Action.DELETE,
        desired,
        "state: absent",
        live=live,
        risks=risks,
        removed=all_of(desired, live),
    )


def update(
    desired: Desired,
    live: LiveRoom | LiveAssignment,
    differing: Sequence[FieldChange],
    risks: Iterable[Risk],
    send: Mapping[str, object],
    *,
    removed: Iterable[FieldChange] = (),
    resent: bool = False,
) -> Change:
    """An update; one without a difference was asked for."""
    return change(
        Action.UPDATE,
        desired,
        DIFFERS if differing else RESENT,
        live=live,
        differing=differing,
        risks=risks,
        send=send,
        removed=removed,
        resent=resent,
    )


def created(send: Mapping[str, object]) -> Iterator[FieldChange]:
    """The differences of something new: every leaf that is sent."""
    for path, value in leaves(send):
        yield FieldChange(path, ABSENT, value)


def drops_keys(text: str, keys: Iterable[str]) -> Iterator[Risk]:
    """The risk for live keys that may be lost; `{}` in the text is their place."""
    if dropped := ", ".join(sorted(keys)):
        yield Risk("drops-keys", text.format(dropped))


def unverified(found: Sequence[tuple[Desired, Path]]) -> Iterator[Finding]:
    """Values that Daily may keep without showing them: one finding for each key."""
    by_path: dict[Path, list[Desired]] = {}
    for desired, path in found:
        by_path.setdefault(path, []).append(desired)
    for path, holders in by_path.items():
        first, key = holders[0], ".".join(path)
        where = f"{first.kind} {first.key}"
        if len(holders) > 1:
            where = f"{len(holders):,} {first.kind}s"
        yield Finding(
            "unverified",
            f"Daily does not show {key} of {where}; it was not compared",
            first.places.get(path) or first.place,
            f"to accept that it is not compared: write_only: [{key}]; to send it now",
            path,
            command=("apply", *_resend(holders)),
        )


def other_numbers(found: Sequence[tuple[Desired, str]]) -> Iterator[Finding]:
    """Rooms that show a number which their file does not name: one finding."""
    if not found:
        return
    (first, number), holders = found[0], [desired for desired, _ in found]
    more = f" (and of {len(found) - 1:,} more rooms another)" if len(found) > 1 else ""
    yield Finding(
        "other-dialin-number",
        f"Daily does not show room_numbers of room {first.key}, and shows {number} as "
        f"its number{more}; callers may reach it by that one only",
        first.places.get(NAMED) or first.place,
        "to accept that: write_only: [dialin.room_numbers]; to send room_numbers now",
        NAMED,
        command=("apply", *_resend(holders)),
    )


def _resend(holders: Sequence[Desired]) -> Iterator[str]:
    """The options that send these again, with a pattern where they are many."""
    keys = [desired.key for desired in holders]
    if len(keys) > _NAMED:
        low, high = min(keys), max(keys)
        pairs = enumerate(zip(low, high, strict=False))
        end = next((i for i, (a, b) in pairs if a != b), min(len(low), len(high)))
        keys = [f"{low[:end]}*"]
    for key in keys:
        yield from ("--resend", f"{holders[0].kind}:{key}")
