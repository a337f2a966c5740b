"""What `import` does between reading Daily and writing a file.

An import proves its result before anybody sees it: the text is loaded as `validate`
does it and planned as `plan` does it, with the values of its variables. What does not
pass is taken out and named, and the rest is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.config.insert.insert import Addition, merge
from reconciler.config.insert.layout import style_of
from reconciler.config.load import Loaded, Variables, load
from reconciler.config.schema.validator import room_properties, schema
from reconciler.core.export import with_defaults
from reconciler.core.export.model import Export, Keys
from reconciler.core.export.trim import Problem, leave_out
from reconciler.core.export.values import references
from reconciler.core.findings import ConfigError, Finding, errors
from reconciler.core.kinds import SETTABLE
from reconciler.core.model import Config, KindName, Live
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Action, Change, Selection
from reconciler.core.secrecy import reveal
from reconciler.errors import ReconcilerError
from reconciler.operations.session import Session
from reconciler.render.yaml import SECTIONS, document, entry_flow, entry_lines

_ROUNDS: Final = 30
_KINDS: Final[Mapping[str, KindName]] = {name: kind for kind, name in SECTIONS.items()}


@dataclass(frozen=True, slots=True)
class Original:
    """A file to merge into: its text, and the config that it is."""

    path: Path
    text: str
    config: Config
    has_defaults: bool
    variables: frozenset[str]


def known_keys() -> Keys:
    """What the format knows, in the order of the schema."""
    rooms = {
        name: tuple(part.get("properties", ()))
        for name, part in room_properties().items()
    }
    number = schema()["$defs"]["number"]["properties"]
    return rooms | {type_: tuple(number[type_]["properties"]) for type_ in SETTABLE}


def proven(
    session: Session,
    made: Export,
    live: Live,
    original: Original | None = None,
    *,
    defaults: bool = False,
) -> tuple[Export, str]:
    """The export as far as it is valid and plans to nothing but renewals; its text.

    Raises:
        ReconcilerError: it cannot be made so.
    """
    write = _writer(original)
    for _ in range(_ROUNDS):
        final = with_defaults(made) if defaults else made
        text = write(final)
        problems = list(_problems(session, text, final, live))
        if not problems:
            return final, text
        spread = original is not None and original.has_defaults
        made = leave_out(made, problems, under_defaults=spread)
    raise ReconcilerError(
        "what Daily has could not be brought into a valid file",
        tip="try --rooms with a part of the rooms",
    )


def _writer(original: Original | None) -> Callable[[Export], str]:
    if original is None:
        return document
    step = style_of(original.text).step
    return lambda made: merge(original.text, _additions(made, step))


def _additions(made: Export, step: int) -> dict[str, list[Addition]]:
    return {
        section: [
            Addition(entry.key, entry_lines(entry, step), entry_flow(entry))
            for entry in made.of_kind(kind)
        ]
        for kind, section in SECTIONS.items()
    }


def variables(made: Export) -> dict[str, str]:
    """The variables that a text refers to, with their values."""
    found = (*references([e.body for e in made.entries]), *references(made.defaults))
    return {ref.name: str(reveal(ref.secret)) for ref in found}


def _problems(
    session: Session, text: str, made: Export, live: Live
) -> Iterator[Problem]:
    now = session.now()
    loaded = load(
        [Path("import.yaml")],
        environ=variables(made),
        now=now,
        variables=Variables.OPTIONAL,
        read=lambda _file: (text, None),
    )
    if loaded.config is None:
        yield from _invalid(loaded, made)
        return
    ours = {(entry.kind, entry.key) for entry in made.entries}
    selection = Selection(only=lambda kind, key: (kind, key) in ours)
    plan = make_plan(loaded.config, live, now=now, selection=selection)
    for change in plan.changes:
        yield from _planned(change)


def _invalid(loaded: Loaded, made: Export) -> Iterator[Problem]:
    ours = {(entry.kind, entry.key) for entry in made.entries}
    for finding in errors(loaded.findings):
        path = finding.path
        if path[:2] == ("defaults", "rooms"):
            yield Problem("room", "", path[2:], finding.message, finding.id)
            continue
        kind = _KINDS.get(path[0]) if path else None
        if kind is None or len(path) < 2 or (kind, path[1]) not in ours:
            raise _unexpected(finding)
        yield Problem(kind, path[1], path[2:], finding.message, finding.id)


def _unexpected(finding: Finding) -> ConfigError:
    """Something that was there becomes wrong by what would be added."""
    return ConfigError(
        "with what Daily has, the file would not be valid; nothing was written",
        tip="change the place above, or choose other rooms with --rooms",
        findings=(finding,),
    )


def _planned(change: Change) -> Iterator[Problem]:
    """What the text says and Daily would have to be told."""
    reason = "Daily shows it in a way that does not read back the same"
    if change.action is Action.RENEW:
        # What is due at once is written on purpose, and named.
        return
    if change.action is not Action.UPDATE or not change.fields:
        yield Problem(change.kind, change.key, (), reason)
        return
    for path in dict.fromkeys(_written(change, f.path) for f in change.fields):
        yield Problem(change.kind, change.key, path, reason)


def _written(change: Change, path: Sequence[object]) -> tuple[str, ...]:
    """Where in an entry a field of a change is written."""
    steps = tuple(str(step) for step in path)
    if change.kind == "number":
        return (str(change.desired.fields["type"]), *steps)
    if steps == ("exp",) and change.desired.rolling:
        return ("expires",)
    return steps if steps == ("privacy",) else ("properties", *steps)
