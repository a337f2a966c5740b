"""`--base`: the revision that a plan is compared with, as far as it can be used."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.core.findings import Finding, errors
from reconciler.core.model import Config, Live
from reconciler.core.plan import make_plan
from reconciler.core.plan.base.baseline import (
    changed_since,
    veiled,
    with_base,
    with_dropped,
)
from reconciler.core.plan.model import Forced, Plan, Selection
from reconciler.errors import ReconcilerError
from reconciler.operations.session import Session, load_files
from reconciler.paths import exists
from reconciler.render.words import count

if TYPE_CHECKING:
    from reconciler.config.load import Loaded
    from reconciler.config.reading.search import BaseFiles


@dataclass(frozen=True, slots=True)
class Base:
    """The revision to compare with.

    `config` is what it wants, None when it cannot be used. `known` holds every entry
    that can be told, of broken files the names alone. `unread`: how many files hide
    theirs. `apart`: what the other files of this domain hide.
    """

    name: str
    config: Config | None
    known: Config
    unread: int = 0
    findings: tuple[Finding, ...] = ()
    apart: Config | None = None


def load_base(
    session: Session, base: str, paths: Sequence[Path], config: Config
) -> Base:
    """The base revision: `git:REV` of this config, or files of their own.

    A base without a config of this domain is the first adoption. One with errors, or
    for another domain, is said; what can be told of its entries is kept.

    Raises:
        ReconcilerError: git, the revision or the path is not there.
    """
    if base.startswith("git:"):
        return _from_git(session, base, paths, config)
    from reconciler.config.load import Variables

    if not exists(Path(base)):
        raise ReconcilerError(
            f"the base {base} does not exist",
            tip="--base takes a path, or git:REV for a revision",
        )
    return _judged(base, load_files(session, [Path(base)], Variables.OPTIONAL), config)


def changed(base: Base, config: Config) -> Forced:
    """Which values this revision changed, as far as the base can be used."""
    if base.config is None:
        return lambda _kind, _key, _path: False
    return changed_since(base.config, config)


def compared(plan: Plan, base: Base, live: Live, selection: Selection) -> Plan:
    """The plan beside its base, marked as far as the base can be used."""
    plan = replace(plan, base_unread=base.unread)
    if base.apart is not None:
        plan = veiled(plan, base.apart)
    if base.config is not None:
        base_plan = make_plan(base.config, live, now=plan.now, selection=selection)
        plan = with_base(plan, base_plan, base.name)
    if base.known is base.config:
        return plan
    return with_dropped(plan, base.known, base.name)


def _from_git(
    session: Session, base: str, paths: Sequence[Path], config: Config
) -> Base:
    from reconciler.config.reading.search import base_files

    files = base_files(base.removeprefix("git:"), paths, config.domain)
    judged = _of_files(session, base, files, config)
    if not files.apart:
        return judged
    from reconciler.config.build import outline

    entries = _load(session, files.apart).entries
    apart = replace(config, resources=tuple(map(outline, entries)))
    return replace(judged, apart=apart)


def _of_files(session: Session, base: str, files: BaseFiles, config: Config) -> Base:
    named = _of_domain(files, config.domain)
    if not named and not files.found:
        note = Finding("first-adoption", _all_new(base, files))
        empty = replace(config, resources=())
        return Base(base, empty, empty, findings=(note,))
    loaded = _load(session, {**named, **files.found})
    judged = _judged(base, loaded, config)
    if judged.config is not None or not named or not files.found:
        return judged
    # What was found may be a copy of what is named: the named files decide alone.
    alone = _judged(base, _load(session, named), config)
    if alone.config is None:
        return judged
    own = {(r.kind, r.key) for r in alone.config.resources}
    more = (r for r in judged.known.resources if (r.kind, r.key) not in own)
    known = replace(config, resources=(*alone.config.resources, *more))
    return replace(alone, known=known, unread=judged.unread)


def _all_new(base: str, files: BaseFiles) -> str:
    if not files.apart:
        return f"the base {base} has no config of this domain: all of it is new"
    first, *more = sorted(map(str, files.apart))
    others = f" and {count(len(more), 'file')} more" if more else ""
    return (
        f"the base {base} has none of the given files, so every change counts as new; "
        f"this domain is also declared in {first}{others}, which was not given and is "
        "not compared with"
    )


def _of_domain(files: BaseFiles, domain: str) -> Mapping[Path, bytes | None]:
    """The named files, without those of another domain when this one's were found."""
    from reconciler.config.reading.belonging import Belongs, belongs

    if not files.found:
        return files.named
    return {
        name: text
        for name, text in files.named.items()
        if text is None or belongs(text, domain, is_yaml=True) is not Belongs.ANOTHER
    }


def _load(session: Session, texts: Mapping[Path, bytes | None]) -> Loaded:
    from reconciler.config.load import Variables, load
    from reconciler.config.reading.files import decoded

    return load(
        list(texts),
        environ=os.environ,
        now=session.now(),
        variables=Variables.OPTIONAL,
        read=lambda file: decoded(file, texts[file]),
    )


def _judged(base: str, loaded: Loaded, config: Config) -> Base:
    from reconciler.config.build import outline

    if loaded.config is not None and loaded.config.domain == config.domain:
        return Base(base, loaded.config, loaded.config)
    if loaded.config is not None:
        why = f"it is for domain '{loaded.config.domain}'"
        found = _unusable(base, why)
        return Base(base, None, replace(config, resources=()), 0, (found,))
    wrong = errors(loaded.findings)
    first = wrong[0]
    where = f"{first.place.file}:{first.place.line}: " if first.place else ""
    found = _unusable(base, f"{count(len(wrong), 'error')}; {where}{first.message}")
    known = replace(config, resources=tuple(map(outline, loaded.entries)))
    # No file at all says as little as one that cannot be read.
    unread = len(loaded.unread) or int(not loaded.files)
    return Base(base, None, known, unread, (found,))


def _unusable(base: str, why: str) -> Finding:
    text = f"the base {base} cannot be compared with ({why})"
    hint = "every change counts as one of this revision"
    return Finding("base-unusable", text, hint=hint)
