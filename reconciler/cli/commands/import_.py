"""`import`: from a live domain to a config file that plans to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import file_option, log_options, target_options

if TYPE_CHECKING:
    from reconciler.core.export.model import Export
    from reconciler.core.model import Config, Live
    from reconciler.operations.prove_import import Original
    from reconciler.operations.session import Session


@dataclass(frozen=True, slots=True)
class Order:
    """What one `import` was asked for."""

    domain: str | None
    out: Path | None
    force: bool
    rooms: tuple[str, ...]
    include_expiring: bool
    rolling: bool
    defaults: bool
    merge: Path | None
    in_place: bool
    secrets_out: Path | None
    store: Any


@click.command("import")
@click.option("--domain", metavar="NAME", help="Refuse a key of any other domain.")
@file_option("--out", "Write to a new file instead of stdout.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.option(
    "--rooms", multiple=True, metavar="GLOB", help="Only these rooms; repeatable."
)
@click.option(
    "--include-expiring",
    is_flag=True,
    help="Also rooms that expire and have no PIN dial-in.",
)
@click.option(
    "--rolling", is_flag=True, help="Write expires, not exp, for rooms with a PIN."
)
@click.option(
    "--defaults", is_flag=True, help="Move what all rooms share under defaults."
)
@file_option("--merge", "Add what is missing to this file, and change nothing in it.")
@click.option("--in-place", is_flag=True, help="Write to the file of --merge itself.")
@file_option("--secrets-out", "Write the values of variables here, for a shell.")
@click.option(
    "--store",
    type=click.Choice(["current", "legacy"]),
    help="The dial-in store to import; by default the one that is in use.",
)
@log_options
@target_options
def import_(**options: Any) -> int:
    """Write what a live domain has as a config file.

    The result is valid and plans to nothing. It goes to stdout; what was left out
    and which variables to set goes to stderr. Nothing is written to Daily.
    """
    from reconciler.cli.failure import guarded, session_of

    order = Order(**{name: options.pop(name) for name in Order.__slots__})
    session = session_of(format_="text", **options)
    return guarded(session, lambda: _import(session, order))


def _import(session: Session, order: Order) -> int:
    from reconciler.core.model import Config
    from reconciler.operations.prove_import import proven
    from reconciler.operations.session import connect, numbers_of

    _check(order)
    original = _original(session, order.merge) if order.merge else None
    asked = original.config if original else Config(_sandbox_domain(session, order))
    with connect(session, asked.domain, numbers_of(asked)) as client:
        live = _read(client, order, original)
    made = _exported(session, order, live, original)
    final, text = proven(session, made, live, original, defaults=order.defaults)
    _write(session, order, final, text, original)
    _tell(session, order, final)
    return 0


def _check(order: Order) -> None:
    """Refuse what cannot be meant, and files that would be lost."""
    from reconciler.errors import ReconcilerError

    if order.in_place and not order.merge:
        raise click.UsageError("--in-place goes with --merge FILE")
    if order.in_place and order.out:
        raise click.UsageError("write with --in-place or with --out, not both")
    if order.merge and order.defaults:
        raise click.UsageError("--defaults would change what the file of --merge means")
    for path in (order.out, order.secrets_out):
        if path and path.exists() and not order.force:
            raise ReconcilerError(
                f"{path} exists already; nothing was written",
                tip="name another file, or replace it with --force",
            )


def _original(session: Session, path: Path) -> Original:
    """The file to merge into; it must be a whole and valid config by itself."""
    from reconciler.config.load import Variables
    from reconciler.config.reading.files import read
    from reconciler.config.reading.parse import parse
    from reconciler.operations.prove_import import Original
    from reconciler.operations.session import load_files, usable

    loaded = load_files(session, [path], Variables.OPTIONAL)
    config = usable(loaded)
    text = read(path)[0] or ""
    document = parse(text, str(path)).document
    has_defaults = bool(document and document.data.get("defaults"))
    names = frozenset(loaded.variables)
    return Original(path, text, config, has_defaults, names)


def _sandbox_domain(session: Session, order: Order) -> str:
    """The domain that a sandbox is to be: the one of its state, else an example."""
    from reconciler.sandbox.state.statefile import domain_of

    state = session.target.sandbox_state
    known = domain_of(state) if session.target.sandbox else None
    return known or order.domain or "acme"


def _read(client: Any, order: Order, original: Original | None) -> Live:
    from reconciler.core.model import Config
    from reconciler.daily.read import read_domain, read_live
    from reconciler.errors import RefusedError

    domain, _ = read_domain(client)
    if order.domain not in (None, domain.name):
        raise RefusedError(
            f"--domain is '{order.domain}', but the API key belongs to "
            f"'{domain.name}'; nothing was written"
        )
    config = original.config if original else Config(domain.name)
    return read_live(client, config, every_room=True, every_assignment=True)


def _exported(
    session: Session, order: Order, live: Live, original: Original | None
) -> Export:
    from fnmatch import fnmatchcase

    from reconciler.core.export.model import Wish, export
    from reconciler.operations.prove_import import known_keys

    wish = Wish(
        known=known_keys(),
        rooms=lambda name: (
            not order.rooms or any(fnmatchcase(name, glob) for glob in order.rooms)
        ),
        include_expiring=order.include_expiring,
        rolling=order.rolling,
        store=_store(order, original),
        declared=_declared(live, original.config) if original else frozenset(),
        taken=original.variables if original else frozenset(),
    )
    return export(live, session.now(), wish)


def _store(order: Order, original: Original | None) -> Any:
    if original is None:
        return order.store
    if order.store and order.store != original.config.store:
        raise click.UsageError(
            f"the file of --merge writes the {original.config.store} store"
        )
    return original.config.store


def _declared(live: Live, config: Config) -> Any:
    """What a file has, under the names that Daily uses for it."""
    named = {(r.kind, r.key) for r in config.resources}
    spelled = {
        ("room", live.rooms[key].name)
        for kind, key in named
        if kind == "room" and key in live.rooms
    }
    return frozenset(named | spelled)


def _write(
    session: Session, order: Order, made: Export, text: str, original: Original | None
) -> None:
    from reconciler.operations.files import write_private
    from reconciler.operations.prove_import import variables
    from reconciler.render.yaml import variables_text

    if order.secrets_out:
        write_private(order.secrets_out, variables_text(variables(made)) or "\n")
    target = original.path if order.in_place and original else order.out
    if target is None:
        session.result(text.removesuffix("\n"))
    elif not (order.in_place and original and text == original.text):
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        write_private(target, text, mode=mode)


def _tell(session: Session, order: Order, made: Export) -> None:
    from reconciler.operations.prove_import import variables
    from reconciler.render.words import clean, count

    for note in made.notes:
        session.say(clean(note))
    if names := sorted(variables(made)):
        held = f"their values are in {order.secrets_out}"
        where = held if order.secrets_out else "--secrets-out FILE writes their values"
        session.say(f"to set before plan and apply ({where}):")
        for name in names:
            session.say(f"  {name}")
    rooms = count(len(made.of_kind("room")), "room")
    numbers = count(len(made.of_kind("number")), "number")
    verb = "added" if order.merge else "imported"
    session.say(f"{verb}: {rooms} and {numbers} of domain {clean(made.domain)}")
