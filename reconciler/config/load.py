"""Config files to a Config and findings: the one way in.

Everything is collected: a broken file does not hide what is wrong in the next one.
With any error there is no config.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.config import build as desired
from reconciler.config.entries import SECTIONS, Entry, Gathered, gather
from reconciler.config.reading import excerpt as source
from reconciler.config.reading import files, limits
from reconciler.config.reading.parse import parse
from reconciler.config.reading.positions import Document
from reconciler.config.renewable import Renewable, renewable
from reconciler.config.rules import check_rules
from reconciler.config.rules import ledger as rules_ledger
from reconciler.config.schema import messages as shape
from reconciler.config.variables import Filling, Variables, fill
from reconciler.core.findings import Finding, errors, in_order
from reconciler.core.model import Config, Place

__all__ = ["Loaded", "Variables", "load"]

Reader = Callable[[Path], tuple[str | None, Finding | None]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading gave.

    `config` is None if any finding is an error, and `digest` is empty then.
    `files` are named as the user did; `variables` are those referred to. `entries`
    are the rooms and numbers as written, with the defaults beneath them. `unread` are
    files whose rooms and numbers cannot be told. `renewable` are the rooms whose end
    can be told, whatever else is wrong.
    """

    config: Config | None
    findings: tuple[Finding, ...]
    files: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    digest: str = ""
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    unread: tuple[str, ...] = ()
    renewable: Renewable = field(default_factory=Renewable, repr=False)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The files as read: the documents, and the text of each, broken ones too."""

    documents: tuple[Document, ...]
    texts: Mapping[str, str]
    findings: tuple[Finding, ...]


def load(
    paths: Sequence[Path],
    *,
    environ: Mapping[str, str],
    now: float,
    variables: Variables,
    read: Reader = files.read,
) -> Loaded:
    """Read, check and merge config files. Never raises for what is in them.

    `paths` are files or folders, `now` is in Unix seconds, `read` gives the text of
    a file or the reason why there is none.
    """
    names, missing = files.listed(paths)
    texts = _read(names, read)
    filling = Filling(environ, variables, now)
    for document in texts.documents:
        fill(document, filling)
    gathered = gather(texts.documents)
    whole = len(texts.documents) == len(names) and not missing
    taken = rules_ledger.check(gathered, names) if read is files.read else ()
    found = [
        *missing,
        *texts.findings,
        *filling.findings,
        *gathered.findings,
        *taken,
        *filling.beside(_check(texts.documents, gathered, now, whole=whole)),
    ]
    listed = tuple(limits.until_enough(in_order(found)))
    findings = source.marked(listed, texts.documents, texts.texts)
    config = None if errors(findings) else desired.config(gathered)
    return Loaded(
        config=config,
        findings=findings,
        files=tuple(map(str, names)),
        variables=tuple(sorted(filling.names)),
        digest=desired.digest(config) if config else "",
        entries=gathered.entries,
        unread=_unread(names, texts.documents),
        renewable=renewable(texts.documents, gathered),
    )


def _unread(names: Iterable[Path], documents: Iterable[Document]) -> tuple[str, ...]:
    known = {
        document.file
        for document in documents
        if all(isinstance(document.data.get(s) or {}, dict) for s in SECTIONS.values())
    }
    return tuple(str(name) for name in names if str(name) not in known)


def _read(names: Iterable[Path], read: Reader) -> _Texts:
    documents: list[Document] = []
    texts: dict[str, str] = {}
    findings: list[Finding] = []
    for name in names:
        text, finding = read(name)
        if finding:
            findings.append(finding)
        if text is not None:
            texts[str(name)] = text
            parsed = parse(text, str(name))
            findings.extend(parsed.findings)
            if parsed.document:
                documents.append(parsed.document)
    return _Texts(tuple(documents), texts, tuple(findings))


def _check(
    documents: Sequence[Document], gathered: Gathered, now: float, *, whole: bool
) -> list[Finding]:
    """Check shape and rules; where both mark one value, the rule knows better."""
    said = list(limits.until_enough(check_rules(gathered, now)))
    if whole and documents:
        said += _missing(documents[0], gathered)
    places = {(f.place, f.path) for f in errors(said)}
    shapes = limits.until_enough(
        itertools.chain(
            itertools.chain.from_iterable(map(shape.of_document, documents)),
            itertools.chain.from_iterable(map(shape.of_entry, gathered.entries)),
        )
    )
    said += (f for f in shapes if (f.place, f.path) not in places)
    return said


def _missing(first: Document, gathered: Gathered) -> list[Finding]:
    lines = {
        "version": ("version: 1", "the version of the file format"),
        "domain": ("domain: NAME", "the Daily domain the file belongs to"),
    }
    return [
        Finding(
            "missing-key",
            f"'{key}' is missing: {meaning}",
            Place(first.file, 1, 1),
            hint=f"add '{line}'",
            path=(key,),
        )
        for key, (line, meaning) in lines.items()
        if key not in gathered.single
    ]
