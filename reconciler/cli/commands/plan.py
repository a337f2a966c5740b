"""`plan`: show what apply would do, on a client that cannot write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import (
    allow_option,
    config_argument,
    file_option,
    only_option,
    output_options,
    target_options,
)


@click.command()
@config_argument
@only_option
@click.option("--show-unmanaged", is_flag=True, help="List what no file mentions.")
@click.option(
    "--base",
    metavar="PATH|git:REV",
    help="Tell what this revision changes from what had drifted.",
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="End with 2 when there are differences."
)
@click.option("--quiet", is_flag=True, help="No text when nothing is to do.")
@file_option("--out", "Also write the plan as JSON, for apply --plan.")
@file_option("--markdown", "Also write the plan as markdown.")
@file_option("--html", "Also write the plan as an HTML page.")
@file_option("--metrics", "Also write metrics for node_exporter's textfile collector.")
@allow_option
@output_options("text", "json", "markdown", "html")
@target_options
def plan(config: tuple[Path, ...], **options: Any) -> int:
    """Compare files with the live domain and show what apply would do.

    Nothing is written to Daily: the client of this command can send only GET.
    """
    from reconciler.cli.failure import guarded, session_of
    from reconciler.operations.options import PlanOptions
    from reconciler.operations.plan import run_plan

    asked = PlanOptions(**{n: options.pop(n) for n in PlanOptions.__slots__})
    session = session_of(**options)
    return guarded(session, lambda: run_plan(session, config, asked))
