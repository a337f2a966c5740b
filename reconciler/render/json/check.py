"""The answer of a check, as a JSON document. It holds no secret and no PIN."""

from __future__ import annotations

from reconciler.core.check.model import Health, Row, Verdict
from reconciler.core.commands import Invocation
from reconciler.core.findings import Finding
from reconciler.core.times import iso
from reconciler.render.json.documents import finding_document, head


def check_document(
    health: Health, invocation: Invocation, *, tool: str
) -> dict[str, object]:
    """Every row, those that fail first."""
    live, skew = health.live, health.live.skew
    return {
        **head("check", tool),
        "domain": {"name": live.domain.name, "id": live.domain.id},
        "checked_at": iso(health.now),
        "exit_code": health.exit_code,
        "key_from": health.way.key,
        "proxy": health.way.proxy or None,
        "clock_skew_seconds": None if skew is None else round(skew),
        "min_left_seconds": round(health.min_left),
        "requests": live.requests,
        "summary": {str(verdict): health.count(verdict) for verdict in Verdict},
        "rows": [_row(row, invocation) for row in health.rows],
        "throw_away_rooms": health.throw_away,
        "notes": [finding_document(note) for note in health.notes],
    }


def _row(row: Row, invocation: Invocation) -> dict[str, object]:
    return {
        "kind": row.kind,
        "subject": row.subject,
        "verdict": str(row.verdict),
        "checked": row.checked,
        "ends": None if row.ends is None else iso(row.ends),
        "reasons": [_reason(finding, invocation) for finding in row.reasons],
    }


def _reason(finding: Finding, invocation: Invocation) -> dict[str, object]:
    command = invocation.suggested(*finding.command) if finding.command else None
    return {**finding_document(finding), "command": command}
