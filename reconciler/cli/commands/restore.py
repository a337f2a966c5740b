"""`restore`: bring back assignments from a rescue file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import (
    allow_option,
    duration_option,
    lock_option,
    output_options,
    target_options,
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--check", is_flag=True, help="Show what would come back; 2 when anything would."
)
@click.option(
    "--dismiss", is_flag=True, help="The loss is wanted: rename the file, send nothing."
)
@click.option(
    "--config",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Leave out the numbers that this config declares; repeatable.",
)
@duration_option("--max-age", "7d", "How old the rescue file may be.")
@lock_option
@allow_option
@output_options("text", "json")
@target_options
def restore(
    file: Path,
    yes: bool,
    check: bool,
    dismiss: bool,
    config: tuple[Path, ...],
    max_age: float,
    lock_file: Path | None,
    allow: tuple[str, ...],
    **options: Any,
) -> int:
    """Bring back assignments that a rescue file holds and Daily has lost.

    FILE was written by an apply before it touched phone-number assignments. Only
    what is missing comes back; nothing is removed. A number that is assigned in
    another way by now is named and left alone. So is an entry with other values, which
    may be a later edit: the exit code is then 2 with --check, otherwise 1, or 3 when
    something was written.
    """
    from reconciler.cli.failure import guarded, session_of
    from reconciler.operations.options import RestoreAsked

    session = session_of(**options)
    asked = RestoreAsked(yes, check, dismiss, config, max_age, lock_file, allow)

    def work() -> int:
        from reconciler.operations.rescue.restore import run_restore

        return run_restore(session, file, asked)

    return guarded(session, work)
