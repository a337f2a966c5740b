"""`plan`: show what apply would do, on a client that cannot write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import (
    Target,
    allow_option,
    config_argument,
    only_option,
    output_options,
    parse_allow,
    parse_globs,
    target_options,
)


@click.command()
@config_argument
@only_option
@click.option("--show-unmanaged", is_flag=True, help="List what no file mentions.")
@click.option(
    "--detailed-exitcode", is_flag=True, help="End with 2 when there are differences."
)
@allow_option
@output_options
@target_options
def plan(
    config: tuple[Path, ...],
    only: tuple[str, ...],
    show_unmanaged: bool,
    detailed_exitcode: bool,
    allow: tuple[str, ...],
    format_: str,
    no_color: bool,
    verbose: int,
    **target: Any,
) -> int:
    """Compare files with the live domain and show what apply would do.

    Nothing is written: the client of this command cannot send anything but GET.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(format_, no_color, verbose, Target(**target))

    def work() -> int:
        from reconciler.cli.planning import planned, show_plan
        from reconciler.cli.session import connect, load_config, numbers_of, usable
        from reconciler.core.gates import NAMES
        from reconciler.core.plan import Selection

        allowed = parse_allow(allow, NAMES)
        chosen = parse_globs("--only", only) if only else lambda _kind, _key: True
        selection = Selection(only=chosen, list_unmanaged=show_unmanaged)
        loaded = load_config(session, config)
        wanted = usable(loaded)
        with connect(session, wanted.domain, numbers_of(wanted)) as client:
            made = planned(session, client, loaded, selection, allowed)
        session.result(show_plan(session, made))
        if made.plan.blocked:
            return 1
        return 2 if detailed_exitcode and made.plan.changes else 0

    return guarded(session, work)
