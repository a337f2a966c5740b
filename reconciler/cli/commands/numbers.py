"""`numbers`: what the domain's phone numbers do, and which of them the file manages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    config_argument,
    file_option,
    output_options,
    target_options,
)

if TYPE_CHECKING:
    from reconciler.operations.session import Session


@click.command()
@config_argument
@click.option(
    "--all-rooms",
    is_flag=True,
    help="Read every room of the domain, to know each one that names a number.",
)
@file_option(
    "--secrets-out",
    "Write the hmac of pinless numbers here, for a shell, as import does.",
)
@click.option("--force", is_flag=True, help="Replace the file of --secrets-out.")
@output_options("text", "json")
@target_options
def numbers(
    config: tuple[Path, ...],
    all_rooms: bool,
    secrets_out: Path | None,
    force: bool,
    **options: Any,
) -> int:
    """Show the domain's phone numbers: what each one does, where, for which rooms.

    For those that the files do not manage it prints the YAML that would.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(**options)

    def work() -> int:
        from reconciler.operations.callers.secrets import check_secrets

        check_secrets(session, config, secrets_out, force=force)
        return _numbers(session, config, all_rooms, secrets_out)

    return guarded(session, work)


def _numbers(
    session: Session, paths: tuple[Path, ...], all_rooms: bool, secrets_out: Path | None
) -> int:
    import reconciler
    from reconciler.config.load import Variables
    from reconciler.core.dialin.number_use import number_uses
    from reconciler.core.export.suggest import suggestions
    from reconciler.daily.read import read_live
    from reconciler.operations.callers.secrets import write_secrets
    from reconciler.operations.session import connect, load_files, usable
    from reconciler.render.json.documents import dump
    from reconciler.render.json.numbers import numbers_document
    from reconciler.render.text.numbers import numbers_text

    wanted = usable(load_files(session, paths, Variables.OPTIONAL))
    with connect(session, wanted) as client:
        live = read_live(client, wanted, every_room=all_rooms, every_assignment=True)
    uses = number_uses(wanted, live)
    if secrets_out is not None:
        write_secrets(session, secrets_out, wanted, live)
    suggested = tuple(suggestions(uses, wanted.store))
    if session.output.format == "json":
        tool = reconciler.__version__
        session.result(dump(numbers_document(uses, suggested, live, tool=tool)))
    else:
        session.result(numbers_text(uses, suggested, live))
    return 0
