"""Documentation of a key, and what an entry ends up with, as JSON documents."""

from __future__ import annotations

from reconciler.core.findings import COUNTED, FIRST, IDS, URGENT
from reconciler.core.key_docs import Effective, Key, Value
from reconciler.core.model import Place
from reconciler.render.json.documents import head


def finding_id_document(id_: str, tool: str) -> dict[str, object]:
    """What a finding is, by its id."""
    severity, meaning = IDS[id_]
    return {
        **head("finding", tool),
        "id": id_,
        "severity": str(severity),
        "meaning": meaning,
        "first": id_ in FIRST,
        "counted": id_ in COUNTED,
        "under_quiet": id_ in URGENT,
    }


def key_document(key: Key, tool: str) -> dict[str, object]:
    """One key. `default` is there only where one is documented, and may be null."""
    document: dict[str, object] = {
        **head("key", tool),
        "path": key.name,
        "title": key.title,
        "description": key.description,
        "types": list(key.types),
        "item_types": list(key.item_types),
        "nullable": key.nullable,
        "required": key.required,
        "allowed": list(key.allowed),
        "range": key.range,
        "form": key.form,
        "domain_inherited": key.inherited,
        "secret": key.secret,
        "unordered": key.unordered,
        "paid": key.paid,
        "deprecated": key.deprecated,
        "examples": list(key.examples),
        "docs": key.docs,
        "keys": [name for name, _ in key.keys],
    }
    return document | ({"default": key.default[0]} if key.default else {})


def effective_document(entry: Effective, tool: str) -> dict[str, object]:
    """One room or number with the defaults applied; secrets are their labels."""
    return {
        **head("effective", tool),
        "entry": {"kind": entry.kind, "key": entry.key, **_place(entry.place)},
        "absent": entry.absent,
        "takes_defaults": entry.takes_defaults,
        "values": [_value(value) for value in entry.values],
    }


def _value(value: Value) -> dict[str, object]:
    return {
        "path": list(value.path),
        "value": value.value,
        **_place(value.place),
        "from": "defaults" if value.inherits else "entry",
        "instead_of": _place(value.over) if value.over else None,
    }


def _place(place: Place) -> dict[str, object]:
    return {"file": place.file, "line": place.line, "column": place.column}
