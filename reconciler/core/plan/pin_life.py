"""When the PINs of declared rooms end, and which declared rooms have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.core.findings import Finding
from reconciler.core.model import Desired, LiveDomain, LiveRoom
from reconciler.core.pin_life import MEANT, ROLL, ends_soon
from reconciler.core.plan.model import Change
from reconciler.core.times import iso


def pin_life(
    desired: Desired, room: LiveRoom, changes: Sequence[Change], now: float
) -> Iterator[Finding]:
    """What is to be said about the PIN of a room that lives.

    `changes`: what the plan does to this room. An end that the file itself writes is
    looked at when the file is read.
    """
    sent = [change.send for change in changes]
    wants = desired.fields.get("dialin") is not None
    if wants and not room.pin and not any("dialin" in send for send in sent):
        yield _no_pin(desired)
    if any(send.get("dialin", 0) is None for send in sent):
        return
    rolls = desired.rolling is not None or desired.fields.get("exp") is not None
    if room.pin and not rolls and not desired.ends and ends_soon(room.exp, now):
        yield Finding(
            "pin-ends",
            f"the PIN of room '{desired.key}' ends on {iso(room.exp or 0)}, and "
            "nothing renews it",
            desired.place,
            f"{ROLL}; {MEANT}",
        )


def account(domain: LiveDomain) -> Iterator[Finding]:
    """What keeps all callers out."""
    if domain.suspended:
        yield Finding(
            "account-suspended",
            f"the account of domain '{domain.name}' is suspended: calls do not work",
            hint="ask Daily, or look at the billing page of its dashboard",
        )


def phone_slot(desired: Desired, domain: LiveDomain) -> Iterator[Finding]:
    """SIP endpoints count as phone connections, of which a room takes so many."""
    sip = desired.fields.get("sip")
    endpoints = sip.get("num_endpoints") if isinstance(sip, Mapping) else None
    phones = desired.fields.get("dialin") is not None
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


def _no_pin(desired: Desired) -> Finding:
    path = ("dialin",)
    return Finding(
        "no-pin",
        f"room '{desired.key}' declares dialin, and Daily shows no PIN for it: callers "
        "cannot join",
        desired.places.get(path) or desired.place,
        f"to send dialin again: apply --resend 'room:{desired.key}'",
        path,
    )
