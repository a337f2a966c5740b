"""What `dialin --update-ledger` did, as a JSON document."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.findings import Finding
from reconciler.core.ledger.update import Update
from reconciler.render.json.documents import finding_document, head


def ledger_document(
    made: Update,
    domain: str,
    file: str,
    findings: Sequence[Finding],
    *,
    written: bool,
    exit_code: int,
    tool: str,
) -> dict[str, object]:
    """The rooms of each kind, and the alarms that are left. There is no PIN in it."""
    return {
        **head("ledger", tool),
        "domain": domain,
        "file": file,
        "written": written,
        "exit_code": exit_code,
        "lines": len(made.ledger.lines),
        "not_as_told": [
            {
                "room": alarm.line.room,
                "told_on": alarm.line.day,
                "reasons": list(alarm.reasons),
            }
            for alarm in made.alarms
        ],
        "added": list(made.added),
        "taken_over": list(made.taken),
        "removed": list(made.removed),
        "pin_added": list(made.sealed),
        "more_numbers": list(made.more),
        "findings": [finding_document(found) for found in findings],
    }
