"""From a live domain to a config file that plans to nothing."""

from __future__ import annotations

from pathlib import Path

from reconciler.config.load import Variables
from reconciler.config.reading.files import read
from reconciler.config.reading.parse import parse
from reconciler.core.export import Export, Wish, export
from reconciler.core.model import Config, KindName, Live, Store
from reconciler.core.selectors import Selector, choosing
from reconciler.core.text import clean
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import read_domain, read_live
from reconciler.errors import RefusedError, UsageError
from reconciler.operations.files import check_distinct, check_new, write_private
from reconciler.operations.options import ImportOptions
from reconciler.operations.prove_import import Original, known_keys, proven, variables
from reconciler.operations.rescue.place import check_spared
from reconciler.operations.session import (
    Session,
    connect,
    load_files,
    usable,
)
from reconciler.paths import found
from reconciler.render.words import count
from reconciler.render.yaml import variables_text
from reconciler.sandbox.state.statefile import domain_of


def run_import(session: Session, asked: ImportOptions) -> int:
    """Read, prove, write; returns the exit code. Nothing is written to Daily."""
    _check(session, asked)
    original = _original(session, asked.merge) if asked.merge else None
    config = original.config if original else Config(_sandbox_domain(session, asked))
    with connect(session, config) as client:
        live = _read(client, asked, original)
    made = _exported(session, asked, live, original)
    final, text = proven(session, made, live, original, defaults=asked.defaults)
    _write(session, asked, final, text, original)
    _tell(session, asked, final)
    return 0


def _check(session: Session, asked: ImportOptions) -> None:
    """Refuse to replace files that exist, or one output by the other."""
    target = asked.merge if asked.in_place else asked.out
    outputs = {"--secrets-out": asked.secrets_out, "--out": target}
    check_distinct(outputs, session.target.files)
    check_spared(outputs)
    check_distinct({"--secrets-out": asked.secrets_out}, {"--merge": asked.merge})
    check_new((asked.out, asked.secrets_out), force=asked.force)


def _original(session: Session, path: Path) -> Original:
    """The file to merge into; it must be a whole and valid config by itself."""
    loaded = load_files(session, [path], Variables.OPTIONAL)
    config = usable(loaded)
    text = read(path)[0] or ""
    document = parse(text, str(path)).document
    has_defaults = bool(document and document.data.get("defaults"))
    names = frozenset(loaded.variables)
    return Original(path, text, config, has_defaults, names)


def _sandbox_domain(session: Session, asked: ImportOptions) -> str:
    """The domain that a sandbox is to be: the one of its state, else an example."""
    state = session.target.sandbox_state
    known = domain_of(state) if session.target.sandbox else None
    return known or asked.domain or "acme"


def _read(client: DailyClient, asked: ImportOptions, original: Original | None) -> Live:
    domain, _ = read_domain(client)
    if asked.domain not in (None, domain.name):
        raise RefusedError(
            f"--domain is '{asked.domain}', but the API key belongs to '{domain.name}'"
        )
    config = original.config if original else Config(domain.name)
    return read_live(client, config, every_room=True, every_assignment=True)


def _exported(
    session: Session, asked: ImportOptions, live: Live, original: Original | None
) -> Export:
    rooms = [Selector("--rooms", "room", glob, fixed=True) for glob in asked.rooms]
    chosen = choosing(rooms, [("room", room.name) for room in live.rooms.values()])
    wish = Wish(
        known=known_keys(),
        rooms=lambda name: not rooms or chosen("room", name),
        include_expiring=asked.include_expiring,
        rolling=asked.rolling,
        store=_store(asked, original),
        declared=_declared(live, original.config) if original else frozenset(),
        taken=original.variables if original else frozenset(),
    )
    return export(live, session.now(), wish)


def _store(asked: ImportOptions, original: Original | None) -> Store | None:
    if original is None:
        return asked.store
    if asked.store and asked.store != original.config.store:
        raise UsageError(
            f"the file of --merge writes the {original.config.store} store"
        )
    return original.config.store


def _declared(live: Live, config: Config) -> frozenset[tuple[KindName, str]]:
    """What a file has, under the names that Daily uses for it."""
    named = {(r.kind, r.key) for r in config.resources}
    spelled: set[tuple[KindName, str]] = {
        ("room", live.rooms[key].name)
        for kind, key in named
        if kind == "room" and key in live.rooms
    }
    return frozenset(named | spelled)


def _write(
    session: Session,
    asked: ImportOptions,
    made: Export,
    text: str,
    original: Original | None,
) -> None:
    if asked.secrets_out:
        write_private(asked.secrets_out, variables_text(variables(made)) or "\n")
    target = original.path if asked.in_place and original else asked.out
    if target is None:
        session.result(text.removesuffix("\n"))
    elif not (asked.in_place and original and text == original.text):
        there = found(target)
        mode = there.st_mode & 0o777 if there else 0o644
        write_private(target, text, mode=mode)


def _tell(session: Session, asked: ImportOptions, made: Export) -> None:
    for note in made.notes:
        session.say(clean(note))
    if names := sorted(variables(made)):
        held = f"their values are in {asked.secrets_out}"
        where = held if asked.secrets_out else "--secrets-out FILE writes their values"
        session.say(f"to set before plan and apply ({where}):")
        for name in names:
            session.say(f"  {name}")
    rooms = count(len(made.of_kind("room")), "room")
    numbers = count(len(made.of_kind("number")), "number")
    verb = "added" if asked.merge else "imported"
    session.say(f"{verb}: {rooms} and {numbers} of domain {clean(made.domain)}")
