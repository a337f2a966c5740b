"""Taking out of an export what a file cannot hold, and saying so.

The checks that a file must pass are the judges of an export too: each thing they
object to is taken out at its smallest, the rest stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from reconciler.core.export.model import Entry, Export
from reconciler.core.model import KindName, Path

_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that an entry must not say. `path` is inside the entry's body.

    An empty `key` stands for every entry of the kind.
    """

    kind: KindName
    key: str
    path: Path
    reason: str
    id: str = ""

    def concerns(self, entry: Entry) -> bool:
        """Tell whether the problem is one of this entry."""
        return self.kind == entry.kind and self.key in ("", entry.key)


def leave_out(
    made: Export, problems: Sequence[Problem], *, under_defaults: bool = False
) -> Export:
    """The export without what the problems name; notes tell of it.

    `under_defaults`: the entries lie above defaults that a file has. What an entry
    does not say itself comes from them, and it is told to take none.
    """
    entries = []
    gone: list[tuple[Problem, str, Path]] = []
    for entry in made.entries:
        kept: Entry | None = entry
        for problem in problems:
            if kept is not None and problem.concerns(kept):
                kept, path = _trimmed(kept, problem.path, under_defaults)
                if path is not None:
                    gone.append((problem, entry.key, path))
        if kept is not None:
            entries.append(kept)
    notes = (*made.notes, *_notes(gone))
    return replace(made, entries=tuple(entries), notes=notes)


def _trimmed(
    entry: Entry, path: Path, under_defaults: bool
) -> tuple[Entry | None, Path | None]:
    """The entry without what stands at a path, and the path that was taken out.

    That is the nearest key that exists. Without one the entry goes as a whole.
    """
    body = _copied(entry.body)
    here: Any = body
    owner: Any = None
    found: Path = ()
    last: Path = ()
    for step in path:
        if isinstance(here, dict) and step in here:
            owner, last = here, (*found, step)
            here = here[step]
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            break
        found = (*found, step)
    is_whole = not last or (last == ("properties",) and len(path) > 1)
    if is_whole and under_defaults and "defaults" not in body:
        return replace(entry, body={"defaults": False, **body}), None
    if is_whole:
        return None, ()
    del owner[last[-1]]
    if not body.get("properties", True):
        del body["properties"]
    return replace(entry, body=body), last


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def _notes(gone: Iterable[tuple[Problem, str, Path]]) -> list[str]:
    """One line per kind of problem, however many entries have it."""
    groups: dict[tuple[str, Path, str], list[tuple[str, Problem]]] = {}
    for problem, key, path in gone:
        reason = problem.id or problem.reason
        groups.setdefault((problem.kind, path, reason), []).append((key, problem))
    notes = []
    for (kind, path, _), cases in groups.items():
        keys = [key for key, _ in cases]
        who = f"{kind} {keys[0]}"
        if len(keys) > 1:
            more = ", …" if len(keys) > _NAMED else ""
            who = f"{len(keys):,} {kind}s ({', '.join(keys[:_NAMED])}{more})"
        said = ".".join(step for step in path if step != "properties")
        what = f"{said} of {who}" if said else who
        notes.append(f"left out: {what}: {cases[0][1].reason}")
    return notes
