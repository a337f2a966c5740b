"""Who dials what, as a JSON document."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.dialin.sheet import DialIn, Number, dial_string, tel_link
from reconciler.core.findings import Finding
from reconciler.core.times import iso
from reconciler.render.json.documents import finding_document, head
from reconciler.render.phones import for_people


def dialin_document(
    entries: Sequence[DialIn],
    domain: str,
    *,
    tool: str,
    findings: Sequence[Finding] = (),
) -> dict[str, object]:
    """This document holds PINs, unless they were masked."""
    return {
        **head("dialin", tool),
        "domain": domain,
        "findings": [finding_document(found) for found in findings],
        "rooms": [_dialin(entry) for entry in entries],
    }


def _dialin(entry: DialIn) -> dict[str, object]:
    return {
        "room": entry.room,
        "title": entry.title or None,
        "url": entry.url or None,
        "pin": entry.pin or None,
        "pin_masked": entry.masked,
        "numbers": [_number(number, entry.pin) for number in entry.numbers],
        "sip_addresses": list(entry.sip),
        "expires": None if entry.expires is None else iso(entry.expires),
        "renewed": entry.renewed,
        "problem": entry.problem or None,
    }


def _number(number: Number, pin: str) -> dict[str, object]:
    return {
        "number": number.number,
        "title": number.title or None,
        "formatted": for_people(number.number),
        "dial": dial_string(number.number, pin),
        "tel": tel_link(number.number, pin) or None,
        "source": str(number.source),
        "country": number.country or None,
        "note": number.note,
    }
