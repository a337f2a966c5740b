"""The safety copy of both dial-in stores, and what happened to them since.

A foreign assignment (one that this run does not write) must survive every write,
its `hmac` included. Nothing promises that, so both stores are saved before the
first write and compared afterwards. The file holds secrets: mode 0600.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reconciler.core.compare.diff import same
from reconciler.core.model import LiveAssignment
from reconciler.core.secrecy import reveal
from reconciler.daily import wire
from reconciler.daily.rescue.shape import problems
from reconciler.errors import ReconcilerError
from reconciler.paths import exists, is_regular, read_text

VERSION = 1

DISMISSED = ".dismissed"
"""The end of the name of a rescue file whose losses are wanted."""

_ELSEWHERE = "name another place with --rescue-file"


@dataclass(frozen=True, slots=True)
class Rescue:
    """Both stores as they were at a time, in Unix seconds; 0 where it is not known.

    `managed`: numbers that the run was to write.
    """

    domain: str
    entries: tuple[LiveAssignment, ...]
    managed: frozenset[str] = frozenset()
    saved: int = 0


def save(path: Path, rescue: Rescue, hint: str = _ELSEWHERE) -> Path:
    """Write a rescue file, never over another one. Returns where it is.

    An older file may be the only copy of something lost, so a taken name gets a
    number appended. `hint`: what to do where the file cannot be written.
    """
    for attempt in range(1_000):
        target = path if not attempt else path.with_name(f"{path.name}.{attempt}")
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            descriptor = os.open(target, flags, 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritable(target, error, hint) from error
        try:
            _fill(descriptor, rescue)
        except BaseException as error:
            # Half of a copy would pass for one.
            target.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise _unwritable(target, error, hint) from error
            raise
        return target
    raise ReconcilerError(f"too many rescue files beside {path}")


def _fill(descriptor: int, rescue: Rescue) -> None:
    body = {
        "version": VERSION,
        "domain": rescue.domain,
        "saved": rescue.saved,
        "managed": sorted(rescue.managed),
        "assignments": [_to_json(entry) for entry in rescue.entries],
    }
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(body, file, indent=2)
        file.flush()
        os.fsync(file.fileno())


@dataclass(slots=True)
class Copy:
    """The rescue file of one run, and what it holds."""

    path: Path
    rescue: Rescue
    hint: str = _ELSEWHERE

    def keep(self, entries: Iterable[LiveAssignment]) -> None:
        """Bring the file up to a later reading, before the write that follows it.

        Nothing leaves the file. It is replaced whole, or stays as it is.

        Raises:
            ReconcilerError: it cannot be written.
        """
        merged = replace(self.rescue, entries=_merged(self.rescue, tuple(entries)))
        if merged.entries == self.rescue.entries:
            return
        name = ""
        try:
            handle, name = tempfile.mkstemp(
                prefix=f".{self.path.name}.", dir=self.path.parent
            )
            _fill(handle, merged)
            Path(name).replace(self.path)
        except BaseException as error:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            if isinstance(error, OSError):
                raise _unwritable(self.path, error, self.hint) from error
            raise
        self.rescue = merged


def _merged(
    rescue: Rescue, seen: tuple[LiveAssignment, ...]
) -> tuple[LiveAssignment, ...]:
    """What was saved, each foreign entry as it was seen last, then what is new."""
    kept = tuple(
        entry if twin is None or _is_older_wanted(rescue, entry, twin) else twin
        for entry, twin in _pairs(rescue.entries, seen)
    )
    return (*kept, *additions(rescue.entries, seen))


def _is_older_wanted(
    rescue: Rescue, entry: LiveAssignment, twin: LiveAssignment
) -> bool:
    """The run itself writes the entry, or the later reading lacks its `hmac`."""
    bare = bool(entry.fields.get("hmac") and not twin.fields.get("hmac"))
    return entry.number in rescue.managed or bare


def _unwritable(target: Path, error: OSError, hint: str) -> ReconcilerError:
    return ReconcilerError(
        f"cannot write the rescue file {target}: {error.strerror}; without it "
        f"no number is written: {hint}"
    )


def load(path: Path) -> Rescue:
    """Read a rescue file back.

    Raises:
        ReconcilerError: it is not one, or not of a version that is understood.
    """
    try:
        body = json.loads(read_text(path))
    except OSError as error:
        raise ReconcilerError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ReconcilerError(f"{path} is not a rescue file: it is not JSON") from error
    if not isinstance(body, dict) or not _is_known(body.get("version")):
        raise ReconcilerError(f"{path} is not a rescue file of version {VERSION}")
    if wrong := next(problems(body), ""):
        raise ReconcilerError(f"{path} is not a whole rescue file: {wrong}")
    return Rescue(
        domain=body["domain"],
        entries=tuple(map(_from_json, body["assignments"])),
        managed=frozenset(body["managed"]),
        saved=int(body.get("saved", 0)),
    )


def _is_known(version: object) -> bool:
    return version == VERSION and not isinstance(version, bool)


def is_rescue_file(path: Path) -> bool:
    """Tell by its content whether a file is one, of whatever version, dismissed or not.

    A pipe or a device is not read.
    """
    try:
        text = read_text(path) if is_regular(path) else ""
        body = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(body, dict) and {"managed", "assignments"} <= body.keys()


def dismiss(path: Path) -> Path:
    """Set a rescue file aside whose losses are wanted: renamed, never removed."""
    for attempt in range(1_000):
        end = f".{attempt}" if attempt else ""
        target = path.with_name(f"{path.name}{DISMISSED}{end}")
        if exists(target):
            continue
        try:
            path.rename(target)
        except OSError as error:
            raise ReconcilerError(
                f"cannot rename {path}: {error.strerror}; it is as it was"
            ) from error
        return target
    raise ReconcilerError(f"too many dismissed files beside {path}; it is as it was")


def _to_json(entry: LiveAssignment) -> dict[str, object]:
    return {
        "store": entry.store,
        "type": entry.type,
        "phone_number": entry.number,
        "id": entry.id,
        "position": entry.position,
        "fields": reveal(dict(entry.fields)),
    }


def _from_json(entry: Mapping[str, Any]) -> LiveAssignment:
    fields = dict(entry["fields"])
    if entry.get("phone_number"):
        fields["phone_number"] = entry["phone_number"]
    made = wire.assignment_from_json(entry["store"], _type(entry["type"]), fields)
    position = entry.get("position", 0)
    return replace(made, id=entry.get("id") or "", position=position)


def _type(value: object) -> str:
    """The type as written; one that is not known is no reason to refuse a file."""
    return value if isinstance(value, str) else json.dumps(value)


def losses(
    before: Iterable[LiveAssignment], after: Iterable[LiveAssignment]
) -> list[str]:
    """Name every entry that is gone or no longer what it was."""
    return [
        said for entry, twin in _pairs(before, after) if (said := _loss(entry, twin))
    ]


def vanished(
    before: Iterable[LiveAssignment], after: Iterable[LiveAssignment]
) -> list[str]:
    """Name every entry that is gone or has lost its `hmac`.

    Anything else that differs between two readings is an edit of somebody else's.
    """
    return [
        f"{entry.description} {'is gone' if twin is None else 'has lost its hmac'}"
        for entry, twin in _pairs(before, after)
        if twin is None or (entry.fields.get("hmac") and not twin.fields.get("hmac"))
    ]


def additions(
    known: Iterable[LiveAssignment], seen: Iterable[LiveAssignment]
) -> tuple[LiveAssignment, ...]:
    """The entries of a reading that are not among the known ones."""
    return tuple(entry for entry, twin in _pairs(seen, known) if twin is None)


def _pairs(
    before: Iterable[LiveAssignment], after: Iterable[LiveAssignment]
) -> Iterator[tuple[LiveAssignment, LiveAssignment | None]]:
    """Each entry with its own twin: two alike need two."""
    left = list(after)
    for entry in before:
        twins = [other for other in left if is_same_entry(entry, other)]
        alike = [t for t in twins if same(content(entry), content(t))]
        twin = next(iter([*alike, *twins]), None)
        if twin is not None:
            left.remove(twin)
        yield entry, twin


def _loss(entry: LiveAssignment, twin: LiveAssignment | None) -> str:
    if twin is None:
        return f"{entry.description} is gone"
    fields = differing(entry, twin)
    return f"{entry.description} changed: {', '.join(fields)}" if fields else ""


def is_same_entry(entry: LiveAssignment, other: LiveAssignment) -> bool:
    """The same assignment, seen twice. SIP addresses may move, so they do not count."""
    if (entry.store, entry.type) != (other.store, other.type):
        return False
    if entry.number or other.number:
        return entry.number == other.number
    if entry.id and entry.id == other.id:
        return True
    mine, theirs = content(entry), content(other)
    for held in (mine, theirs):
        held.pop("hmac", None)
    return same(mine, theirs)


def content(entry: LiveAssignment) -> dict[str, object]:
    """What somebody has set: a SIP address may move whenever another entry goes."""
    return {
        key: reveal(value)
        for key, value in entry.fields.items()
        if key not in ("sip_uri", "id") and value not in (None, "")
    }


def differing(entry: LiveAssignment, twin: LiveAssignment) -> list[str]:
    """The fields in which an entry is no longer what it was."""
    left, right = content(entry), content(twin)
    keys = left.keys() | right.keys()
    return sorted(key for key in keys if not same(left.get(key), right.get(key)))
