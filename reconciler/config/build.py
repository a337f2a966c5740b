"""Checked entries to the nouns that the planner works with.

Rooms become flat: `privacy`, the properties and the extra ones side by side. Times
become Unix seconds, `room_numbers` a list of E.164 texts, and what came from a
variable or stands at a secret path becomes a `Secret`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from reconciler.config.entries import Entry, Gathered, room_properties, spread
from reconciler.config.schema.validator import room_properties as known_properties
from reconciler.config.variables import Filled
from reconciler.core.kinds import KINDS, SETTABLE
from reconciler.core.model import (
    Config,
    Desired,
    KindName,
    Limit,
    Limits,
    Path,
    Place,
    Rolling,
    Store,
)
from reconciler.core.phone import plain_number, with_numbers
from reconciler.core.secrecy import Secret, holds_secret, is_secret
from reconciler.core.times import duration, moment


class Places(Mapping[Path, Place]):
    """Where the fields of an entry are written, looked up when asked for."""

    __slots__ = ("_entry", "_fields")

    def __init__(self, entry: Entry, fields: Mapping[str, object]) -> None:
        self._entry = entry
        self._fields = fields

    def __getitem__(self, path: Path) -> Place:
        if not path or path[0] not in self._fields:
            raise KeyError(path)
        return self._entry.key_place(_written(self._entry, path))

    def __iter__(self) -> Iterator[Path]:
        return ((name,) for name in self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def config(gathered: Gathered) -> Config:
    """Build the config. Everything must have been checked before."""
    single = {key: value for key, (_, value) in gathered.single.items()}
    store: Store = "legacy" if single.get("dialin_store") == "legacy" else "current"
    return Config(
        domain=str(single["domain"]),
        store=store,
        limits=_limits(single.get("limits", {})),
        resources=tuple(desired(entry) for entry in gathered.entries),
        ledger=ledger(gathered),
    )


def ledger(gathered: Gathered) -> str:
    """The file of `ledger`, from the folder of its config; empty without one."""
    if "ledger" not in gathered.single:
        return ""
    document, written = gathered.single["ledger"]
    # A text with a variable in it is another type: it is no path.
    if type(written) is not str or not written.isprintable():
        return ""
    return str(PurePath(document.file).parent / written) if written else ""


def desired(entry: Entry) -> Desired:
    """Build one room or number."""
    fields = {} if entry.absent else _fields(entry)
    body = entry.merged
    extra = spread(body.get("extra_properties", {})) if fields else {}
    return Desired(
        kind=entry.kind,
        key=entry.key,
        fields=fields,
        absent=entry.absent,
        rolling=None if entry.absent else rolling(body.get("expires")),
        write_only=_write_only(entry, fields),
        extra=frozenset(extra).difference(known_properties()),
        ends=body.get("ends") is True,
        title=body.get("title") or "",
        place=entry.document.key_place(entry.root),
        places=Places(entry, fields),
    )


def outline(entry: Entry) -> Desired:
    """What can be told of an entry that has errors: its name, expiry and secrets."""
    raw = {} if entry.absent else _raw(entry)
    values = {name: _plain(entry.kind, (name,), value) for name, value in raw.items()}
    return Desired(
        kind=entry.kind,
        key=entry.key,
        fields={name: value for name, value in values.items() if holds_secret(value)},
        absent=entry.absent,
        rolling=None if entry.absent else rolling(entry.merged.get("expires")),
        place=entry.document.key_place(entry.root),
    )


def rolling(expires: object) -> Rolling | None:
    """Read `expires`; None where there is none that can be read."""
    if not isinstance(expires, dict):
        return None
    after = duration(expires.get("after"))
    before = duration(expires.get("renew_before"))
    if after is None or before is None:
        return None
    return Rolling(after, before)


def assignment(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The type of a number's assignment, and its fields as written."""
    for type_ in SETTABLE:
        if isinstance(body.get(type_), dict):
            return type_, body[type_]
    return "", {}


def _fields(entry: Entry) -> dict[str, object]:
    raw = _raw(entry)
    return {name: _field(entry.kind, name, value) for name, value in raw.items()}


def _raw(entry: Entry) -> dict[str, Any]:
    """The fields as written, side by side."""
    body = entry.merged
    if entry.kind == "number":
        type_, parts = assignment(body)
        return {"type": type_, **parts}
    raw = {"privacy": body["privacy"]} if "privacy" in body else {}
    return raw | room_properties(body)


def _field(kind: KindName, name: str, value: Any) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if name in KINDS[kind].times:
        return moment(value)
    if name == "dialin" and kind == "room":
        value = with_numbers(value, plain_number)
    return _plain(kind, (name,), value)


def _plain(kind: KindName, path: Path, value: Any) -> object:
    """Wrap what nobody may see; the rest is handed on, containers copied."""
    if isinstance(value, dict):
        return {k: _plain(kind, (*path, k), v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(kind, (*path, str(i)), v) for i, v in enumerate(value)]
    if isinstance(value, Filled):
        return Secret(value.reveal(), value.label, value.written)
    if isinstance(value, str) and is_secret(kind, path):
        return Secret(value)
    return value


def _write_only(entry: Entry, fields: Mapping[str, object]) -> frozenset[Path]:
    paths = (tuple(str(path).split(".")) for path in entry.merged.get("write_only", ()))
    # A path that the defaults name may be one that this room does not write.
    return frozenset(path for path in paths if path[0] in fields)


def _written(entry: Entry, path: Path) -> Path:
    """The path of a flat field inside the entry."""
    if entry.kind == "number":
        type_, _ = assignment(entry.merged)
        return (type_,) if path == ("type",) else (type_, *path)
    if path == ("privacy",):
        return path
    if path[0] in entry.merged.get("properties", {}):
        return ("properties", *path)
    extra = entry.merged.get("extra_properties", {})
    written = next((key for key in extra if key.split(".")[0] == path[0]), path[0])
    return ("extra_properties", written, *path[1:])


def _limits(written: Mapping[str, Any]) -> Limits:
    return Limits(**{name: _limit(value) for name, value in written.items()})


def _limit(value: object) -> Limit:
    text = value.reveal() if isinstance(value, Filled) else str(value)
    if text.endswith("%"):
        return Limit(percent=float(text[:-1]))
    # JSON Schema takes 1e3 for a whole number too.
    return Limit(count=int(value) if isinstance(value, int | float) else int(text))


def digest(config: Config) -> str:
    """A fingerprint of what is wanted, whatever the files look like.

    References stand for the values of variables, so that it does not change with
    the environment and betrays nothing of it.
    """
    total = hashlib.sha256(
        repr((1, config.domain, config.store, config.limits)).encode()
    )
    for item in sorted(config.resources, key=lambda r: (r.kind, r.key)):
        text = json.dumps(
            [
                item.kind,
                item.key,
                item.absent,
                item.fields,
                item.rolling and [item.rolling.after, item.rolling.renew_before],
                sorted(item.write_only),
            ],
            sort_keys=True,
            default=_reference,
        )
        total.update(text.encode())
    return total.hexdigest()


def _reference(value: object) -> object:
    if isinstance(value, Secret):
        return ["$", value.label if "$" in value.label else value.value]
    raise TypeError(type(value).__name__)
