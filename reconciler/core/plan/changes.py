"""What the changes of both kinds have in common: how one is made, and what is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reconciler.core.compare.diff import FieldChange
from reconciler.core.findings import Finding
from reconciler.core.kinds import KINDS
from reconciler.core.model import Desired, LiveAssignment, LiveRoom, Path
from reconciler.core.plan.model import Action, Change, Risk
from reconciler.core.secrecy import show, veil

NOT_THERE: Final = "not in Daily"
DIFFERS: Final = "differs from the file"
RESENT: Final = "sent again on request"


def change(
    action: Action,
    desired: Desired,
    reason: str,
    *,
    live: LiveRoom | LiveAssignment | None = None,
    fields: Iterable[FieldChange] = (),
    risks: Iterable[Risk] = (),
    send: Mapping[str, object] | None = None,
) -> Change:
    """A change of one declared resource."""
    parts = tuple(fields), tuple(risks), send or {}, live
    return Change(action, desired.kind, desired.key, reason, desired, *parts)


def deletion(desired: Desired, live: LiveRoom | LiveAssignment, *risks: Risk) -> Change:
    """The removal of a resource that the file wants gone."""
    return change(Action.DELETE, desired, "state: absent", live=live, risks=risks)


def update(
    desired: Desired,
    live: LiveRoom | LiveAssignment,
    differing: Iterable[FieldChange],
    risks: Iterable[Risk],
    send: Mapping[str, object],
) -> Change:
    """An update; one without a difference was asked for."""
    kind = KINDS[desired.kind]
    fields = [show(kind, field, desired, live.fields) for field in differing]
    reason = DIFFERS if fields else RESENT
    return change(
        Action.UPDATE, desired, reason, live=live, fields=fields, risks=risks, send=send
    )


def created(desired: Desired, values: Mapping[str, object]) -> Iterator[FieldChange]:
    """The fields of something new; what is null is not written."""
    kind = KINDS[desired.kind]
    for name, value in values.items():
        if value is not None:
            yield FieldChange((name,), None, veil(kind, (name,), value, None))


def drops_keys(what: str, keys: Iterable[str]) -> Iterator[Risk]:
    """The risk of writing something whole without live keys that cannot be sent."""
    if dropped := ", ".join(sorted(keys)):
        text = f"rewrites {what} without {dropped}, which cannot be sent"
        yield Risk("drops-keys", text)


def unverified(desired: Desired, paths: Iterable[Path]) -> Iterator[Finding]:
    """Values that Daily may keep without showing them."""
    name = f"room '{desired.key}'" if desired.kind == "room" else desired.key
    for path in paths:
        yield Finding(
            "unverified",
            f"Daily does not show {'.'.join(path)} of {name}; it was not compared",
            desired.places.get(path) or desired.place,
            f"to send it now: apply --resend '{desired.kind}:{desired.key}'",
            path,
        )
