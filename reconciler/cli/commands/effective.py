"""`effective`: what one room or number gets after the defaults, offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.completing import config_then_name
from reconciler.cli.options import output_options

if TYPE_CHECKING:
    from reconciler.config.entries import Entry


@click.command()
@click.argument(
    "config",
    nargs=-1,
    required=True,
    metavar="CONFIG...",
    type=click.Path(path_type=Path),
    shell_complete=config_then_name,
)
@click.argument("room", shell_complete=config_then_name)
@output_options("text", "json")
def effective(config: tuple[Path, ...], room: str, **shared: Any) -> int:
    """Show what a room gets after the defaults, and where each value is written.

    ROOM is a room's name or a phone number, without wildcards. Nothing is sent, and
    variables need not be set: what they fill stays masked.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(**shared)

    def work() -> int:
        import reconciler
        from reconciler.config import effective as values
        from reconciler.config.load import Variables
        from reconciler.operations.session import load_files, usable

        loaded = load_files(session, config, Variables.OPTIONAL)
        usable(loaded)
        shown = values.effective(_entry(loaded.entries, room))
        if session.output.format == "json":
            from reconciler.render.json.documents import dump
            from reconciler.render.json.explain import effective_document

            session.result(dump(effective_document(shown, reconciler.__version__)))
        else:
            from reconciler.render.text.explain import effective_text
            from reconciler.render.words import Paint

            session.result(effective_text(shown, Paint(session.output.colour)))
        return 0

    return guarded(session, work)


def _entry(entries: tuple[Entry, ...], name: str) -> Entry:
    from reconciler.config import effective as values
    from reconciler.errors import ReconcilerError

    found = values.find(entries, name)
    if found is None:
        near = values.nearest_name(entries, name)
        raise ReconcilerError(
            f"no room or number '{name}' in the config",
            tip=f"did you mean '{near}'?" if near else "it may be spelled differently",
        )
    return found
