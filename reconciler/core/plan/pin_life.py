"""When the PINs of declared rooms end, and which declared rooms have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.core.findings import Finding
from reconciler.core.model import Config, Desired, Live, LiveDomain, LiveRoom
from reconciler.core.pin_life import MEANT, ROLL, ends_soon
from reconciler.core.plan.model import Change, Selection
from reconciler.core.times import expired, iso, seconds_of


def pin_life(
    desired: Desired, room: LiveRoom, changes: Sequence[Change], now: float
) -> Iterator[Finding]:
    """What is to be said about the PIN of a room that lives.

    `changes`: what the plan does to this room.
    """
    sent = [change.send for change in changes]
    wants = desired.fields.get("dialin") is not None
    if wants and not room.pin and not any("dialin" in send for send in sent):
        yield _no_pin(desired)
    end = _end(room, sent)
    # Where the file declares both, that end was looked at when it was read.
    known = wants and end == desired.fields.get("exp")
    if ends_soon(end, now) and not known and _stays(desired, room, sent):
        yield _pin_ends(desired, end or 0)


def _end(room: LiveRoom, sent: Sequence[Mapping[str, object]]) -> int | None:
    """When the room ends after these writes; what is not sent stays as it is."""
    ends = [fields["exp"] for fields in (room.config, *sent) if "exp" in fields]
    return seconds_of(ends[-1]) if ends else None


def _stays(
    desired: Desired, room: LiveRoom, sent: Sequence[Mapping[str, object]]
) -> bool:
    """Tell whether a room keeps its PIN up to an end that nothing moves."""
    removed = any(fields.get("dialin", 0) is None for fields in (desired.fields, *sent))
    return bool(room.pin) and not (removed or desired.rolling or desired.ends)


def only_renewed(
    config: Config,
    live: Live,
    changes: Sequence[Change],
    now: float,
    selection: Selection,
) -> Iterator[Finding]:
    """What is to be said about the PINs of a run that renews and creates nothing."""
    yield from account(live.domain)
    for desired in config.of_kind("room"):
        room = live.rooms.get(desired.key)
        over = expired(desired.fields.get("exp"), now)
        if desired.absent or over or not selection.only("room", desired.key):
            continue
        if room is not None and not room.expired(now):
            own = [change for change in changes if change.key == desired.key]
            yield from pin_life(desired, room, own, now)
        elif desired.fields.get("dialin") is not None:
            yield _no_room(desired, room)


def account(domain: LiveDomain) -> Iterator[Finding]:
    """What keeps all callers out."""
    if domain.suspended:
        yield Finding(
            "account-suspended",
            f"the account of domain '{domain.name}' is suspended: calls do not work",
            hint="ask Daily, or look at the billing page of its dashboard",
        )


def phone_slot(
    desired: Desired, room: LiveRoom | None, domain: LiveDomain
) -> Iterator[Finding]:
    """SIP endpoints count as phone connections, of which a room takes so many.

    What the file does not declare stays as the room has it.
    """
    live = room.config if room else {}
    if desired.fields.keys().isdisjoint(("dialin", "sip")):
        return
    endpoints = _together(desired.fields, live, "sip", "num_endpoints")
    phones = desired.fields.get("dialin", live.get("dialin")) is not None
    if not phones or not isinstance(endpoints, int) or endpoints < domain.most_phones:
        return
    path = ("sip", "num_endpoints")
    yield Finding(
        "no-phone-slot",
        f"{endpoints} SIP endpoints of room '{desired.key}' leave no phone a place: "
        f"{domain.most_phones} connections are all that a room takes",
        desired.places.get(path) or desired.place,
        f"num_endpoints: {max(1, domain.most_phones - 1)} or less",
        path,
    )


def _together(
    declared: Mapping[str, object], live: Mapping[str, object], name: str, key: str
) -> object:
    """What a key of an object will be: as declared, else as it is."""
    over, under = declared.get(name, {}), live.get(name)
    if isinstance(over, Mapping) and key in over:
        return over[key]
    return under.get(key) if over is not None and isinstance(under, Mapping) else None


def _pin_ends(desired: Desired, end: int) -> Finding:
    path = ("exp",)
    message = f"the PIN of room '{desired.key}' ends on {iso(end)}, and "
    hint = f"{ROLL}; {MEANT}"
    command: tuple[str, ...] = ()
    declared = desired.fields.get("exp")
    if declared is None or declared == end:
        message += "nothing renews it"
    else:
        message += "this run does not send the declared exp"
        hint, command = "to send it", _resend(desired)
    place = desired.places.get(path) or desired.place
    shown = path if declared else ()
    return Finding("pin-ends", message, place, hint, shown, command=command)


def _no_room(desired: Desired, room: LiveRoom | None) -> Finding:
    path = ("dialin",)
    why = "Daily has no such room" if room is None else "the room has expired in Daily"
    return Finding(
        "no-pin",
        f"room '{desired.key}' declares dialin, and {why}: callers cannot join",
        desired.places.get(path) or desired.place,
        "renewals create no room; to see what creates it",
        path,
        command=("plan",),
    )


def _no_pin(desired: Desired) -> Finding:
    path = ("dialin",)
    return Finding(
        "no-pin",
        f"room '{desired.key}' declares dialin, and Daily shows no PIN for it: callers "
        "cannot join",
        desired.places.get(path) or desired.place,
        "to send dialin again",
        path,
        command=_resend(desired),
    )


def _resend(desired: Desired) -> tuple[str, ...]:
    return "apply", "--resend", f"room:{desired.key}"
