"""Plans, reports and findings as JSON documents.

Each document says its kind and format version first. Secrets appear as labels.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from reconciler.core.compare.diff import FieldChange
from reconciler.core.compare.fingerprint import Fingerprints
from reconciler.core.findings import ConfigError, Finding, errors
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import Gate
from reconciler.core.plan.model import Action, Change, Dropped, Origin, Plan, Risk
from reconciler.core.report import (
    Outcome,
    RefusedAfterRenewalsError,
    Report,
    Restoration,
    Result,
)
from reconciler.core.secrecy import holds_secret, labelled
from reconciler.core.times import iso
from reconciler.errors import DailyRejectedError, ReconcilerError
from reconciler.render.json.unmanaged import entry_document, unmanaged_document

FORMAT_VERSION = 1
PLAN_VERSION = 2
"""The format version of plans and reports, which list changes."""


def dump(document: Mapping[str, object]) -> str:
    """A document as text: readable, ASCII, and the same for the same input.

    `##` is escaped as well, since it starts a command where CI systems read logs.
    """
    return json.dumps(document, indent=2, ensure_ascii=True).replace("##", r"#\u0023")


def head(kind: str, tool: str, version: int = FORMAT_VERSION) -> dict[str, object]:
    """What every document begins with."""
    return {"kind": kind, "format_version": version, "tool_version": tool}


def findings_document(
    findings: Sequence[Finding], files: Sequence[str], tool: str
) -> dict[str, object]:
    """What a validation found."""
    return {
        **head("findings", tool),
        "valid": not errors(findings),
        "files": list(files),
        "findings": [finding_document(f) for f in findings],
    }


def finding_document(finding: Finding) -> dict[str, object]:
    """One finding."""
    place = finding.place
    return {
        "id": finding.id,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        "file": place.file if place else None,
        "line": place.line if place and place.line else None,
        "column": place.column if place and place.line else None,
        "path": list(finding.shown_path),
    }


def plan_document(
    plan: Plan,
    gates: Iterable[Gate],
    estimated: Estimate,
    seconds: float,
    *,
    digest: str,
    tool: str,
) -> dict[str, object]:
    """A whole plan. `digest` identifies the config; `seconds` is the time to apply."""
    return {
        **head("plan", tool, PLAN_VERSION),
        "domain": {"name": plan.live.domain.name, "id": plan.live.domain.id},
        "dialin_store": plan.store,
        "made_at": iso(plan.now),
        "config_digest": digest,
        "base": plan.base or None,
        "writes_possible": False,
        "applicable": not plan.blocked,
        "summary": _counts(plan),
        "changes": [_planned(change, plan) for change in plan.changes],
        "unmanaged": unmanaged_document(plan.unmanaged),
        "no_longer_managed": [_dropped(dropped) for dropped in plan.dropped],
        "findings": [finding_document(f) for f in plan.findings],
        "gates": [_gate(gate) for gate in gates],
        "requests": {
            "used": plan.live.requests,
            "to_apply": asdict(estimated),
            "seconds_to_apply": round(seconds, 1),
        },
    }


def _counts(plan: Plan) -> dict[str, int]:
    counts = {str(action): plan.count(action) for action in Action}
    return {**counts, "in_sync": plan.in_sync}


def _dropped(dropped: Dropped) -> dict[str, object]:
    return {
        "kind": dropped.kind,
        "key": dropped.key,
        "path": list(dropped.path),
        "to_remove": dropped.line,
        "under": list(dropped.under),
        "keeps": dropped.keeps,
        "ends": None if dropped.ends is None else iso(dropped.ends),
        "has_pin": dropped.has_pin,
        "renamed_to": dropped.renamed_to or None,
    }


def _planned(change: Change, plan: Plan) -> dict[str, object]:
    """A change of a plan file, which may be held against another plan."""
    prints = Fingerprints(plan.live.domain.id, change.kind, change.key)
    signed = {
        name: [{**_field(f, change), **_fingerprints(f, prints)} for f in fields]
        for name, fields in (
            *(("fields", change.fields), ("also_sent", change.also_sent)),
            ("removed", change.removed),
        )
    }
    return {**_change(change), **signed}


def _fingerprints(field: FieldChange, prints: Fingerprints) -> dict[str, str]:
    made = {
        "before_fingerprint": prints.before(field),
        "after_fingerprint": prints.after(field),
    }
    return {name: text for name, text in made.items() if text}


def _change(change: Change) -> dict[str, object]:
    rolling = change.desired.rolling
    return {
        "action": str(change.action),
        "kind": change.kind,
        "key": change.key,
        "title": change.desired.title or None,
        "reason": change.reason,
        "origin": str(change.origin) or None,
        "rolling": asdict(rolling) if rolling else None,
        "fields": [_field(field, change) for field in change.fields],
        "also_sent": [_field(field, change) for field in change.also_sent],
        "carried": [_field(field, change) for field in change.carried],
        "removed": [_field(field, change) for field in change.removed],
        "risks": [_risk(risk) for risk in change.risks],
    }


def _risk(risk: Risk) -> dict[str, object]:
    named = {"rooms": list(risk.rooms)} if risk.rooms else {}
    return {"id": risk.id, "text": risk.text, **named}


def _field(field: FieldChange, change: Change) -> dict[str, object]:
    origin = Origin.DRIFT if field.path in change.drifted else change.origin
    return {
        "path": list(field.path),
        "before": labelled(field.before),
        "before_hidden": holds_secret(field.before),
        "after": labelled(field.after),
        "origin": str(origin) or None,
    }


def _gate(gate: Gate) -> dict[str, object]:
    return {
        "name": gate.name,
        "open": gate.open,
        "count": gate.count,
        "limit": gate.limit,
        "allowed": gate.allowed,
        "message": gate.message,
        "to_open": gate.hint,
    }


def report_document(
    report: Report, domain: str, made_at: float, exit_code: int, *, tool: str
) -> dict[str, object]:
    """A whole report. `made_at` is when it was planned, in Unix seconds."""
    return {
        **head("report", tool, PLAN_VERSION),
        "domain": domain,
        "made_at": iso(made_at),
        "exit_code": exit_code,
        "not_as_told": None
        if (told := report.not_as_told) is None
        else [finding_document(found) for found in told],
        "summary": {str(o): len(report.of(o)) for o in Outcome},
        "renewed": list(report.renewed),
        "results": [_result(result) for result in report.results],
        "left_out": [
            {
                "action": str(item.change.action),
                "kind": item.change.kind,
                "key": item.change.key,
                "why": item.why,
            }
            for item in report.left_out
        ],
        "kept": [
            {
                "kind": kept.change.kind,
                "key": kept.change.key,
                "path": list(kept.field.path),
                "sent": labelled(kept.field.after),
                "kept": labelled(kept.field.before),
            }
            for kept in report.kept
        ],
        "left": [
            {
                "action": str(change.action),
                "kind": change.kind,
                "key": change.key,
                "paths": [list(field.path) for field in change.fields],
            }
            for change in report.left
        ],
        "pins": _pins(report),
        "findings": [finding_document(f) for f in report.findings],
        "tell": list(report.tell),
        "record": list(report.record),
        "lost": list(report.lost),
        "rescue_file": report.rescue_file or None,
        "stopped": report.stopped or None,
        "verified": report.verified,
        "unverified_reason": report.unverified_reason or None,
        "requests": {"sent": report.requests, "throttled": report.throttled},
        "seconds": round(report.seconds, 1),
    }


def _result(result: Result) -> dict[str, object]:
    return {
        **_change(result.change),
        "outcome": str(result.outcome),
        "why": result.reason,
        "remark": result.remark,
    }


def _pins(report: Report) -> list[dict[str, str]]:
    return [{"room": p.room, "fate": str(p.fate)} for p in report.pins]


def error_document(error: ReconcilerError, tool: str) -> dict[str, object]:
    """A run that ended before it had anything else to say, renewals aside."""
    if isinstance(error, RefusedAfterRenewalsError):
        return {
            **error_document(error.cause, tool),
            "message": error.statement,
            "exit_code": error.exit_code,
            "renewed": list(error.report.renewed),
            "results": [_result(result) for result in error.report.results],
            "pins": _pins(error.report),
            "tell": list(error.report.tell),
            "record": list(error.report.record),
        }
    document = {
        **head("error", tool),
        "exit_code": error.exit_code,
        "message": error.statement,
        "tip": error.tip,
    }
    if isinstance(error, DailyRejectedError):
        document |= {"status": error.status, "code": error.code}
    if isinstance(error, ConfigError):
        document["findings"] = [finding_document(f) for f in error.findings]
    return document


def restored_document(
    result: Restoration, domain: str, exit_code: int, *, tool: str
) -> dict[str, object]:
    """What a restore brought back, and what is missing still."""
    return {
        **head("restored", tool),
        "domain": domain,
        "exit_code": exit_code,
        "entries": [
            {**entry_document(done.entry), "problem": done.problem or None}
            for done in result.made
        ],
        "still_missing": [entry_document(entry) for entry in result.left],
        "conflicts": [
            {
                **entry_document(c.entry),
                "assigned_as": c.now.type,
                "assigned_in": c.now.store,
            }
            for c in result.conflicts
        ],
        "differing": [
            {**entry_document(d.entry), "fields": list(d.fields)}
            for d in result.differing
        ],
        "lost": list(result.lost),
        "stopped": result.stopped or None,
        "rescue_file": result.rescue_file or None,
        "verified": not result.unverified,
    }


def dismissed_document(domain: str, file: str, tool: str) -> dict[str, object]:
    """Where a rescue file is after its losses were called wanted."""
    return {**head("dismissed", tool), "domain": domain, "exit_code": 0, "file": file}
