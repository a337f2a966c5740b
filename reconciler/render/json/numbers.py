"""Phone numbers and what each one does, as a JSON document."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.dialin.number_use import NumberUse, sip_addresses
from reconciler.core.export.suggest import Suggestion
from reconciler.core.model import Live, LiveAssignment
from reconciler.render.json.documents import head
from reconciler.render.phones import for_people
from reconciler.render.text.numbers import suggestion_text


def numbers_document(
    uses: Sequence[NumberUse],
    suggested: Sequence[Suggestion],
    live: Live,
    *,
    tool: str,
) -> dict[str, object]:
    """Every number, and the YAML for those that the file does not manage."""
    return {
        **head("numbers", tool),
        "domain": live.domain.name,
        "numbers": [_number(use) for use in uses],
        "sip_only_entries": sum(e.number is None for e in live.assignments),
        "sip_only": [
            {"name": e.fields.get("name_prefix") or None, **_assignment(e)}
            for e in live.assignments
            if e.number is None
        ],
        "rooms_read": len(live.rooms),
        "rooms_total": live.total_rooms,
        "suggested_yaml": suggestion_text(suggested) or None,
    }


def _assignment(entry: LiveAssignment) -> dict[str, object]:
    return {
        "store": entry.store,
        "type": entry.type,
        "sip_addresses": list(sip_addresses(entry.fields.get("sip_uri"))),
    }


def _number(use: NumberUse) -> dict[str, object]:
    return {
        "number": use.number,
        "formatted": for_people(use.number),
        "name": use.name or None,
        "title": use.title or None,
        "use": str(use.use),
        "purchased": use.owned,
        "caller_id": use.caller_id,
        "assignments": [_assignment(entry) for entry in use.entries],
        "declared": use.declared or None,
        "rooms": list(use.rooms),
        "live_rooms": list(use.live_rooms),
        "assumed_default": use.default,
    }
