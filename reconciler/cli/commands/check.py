"""`check`: whether callers can get in now, on a client that cannot write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import (
    config_argument,
    duration_option,
    file_option,
    only_option,
    output_options,
    target_options,
)


@click.command()
@config_argument
@only_option
@duration_option(
    "--min-left",
    "60d",
    "How long a PIN must still live where nothing renews it.",
    least=0,
)
@click.option("--quiet", is_flag=True, help="Show only rows that are not ok.")
@file_option("--metrics", "Also write metrics for node_exporter's textfile collector.")
@output_options("text", "json")
@target_options
def check(config: tuple[Path, ...], **options: Any) -> int:
    """Tell whether callers can get in now.

    One row for each thing that callers depend on: the account, each PIN room, each
    number, what callers were told. Ends with 2 when a row fails. Nothing is written to
    Daily, and no variable of the config needs a value.
    """
    from reconciler.cli.failure import guarded, session_of
    from reconciler.operations.callers.check import run_check
    from reconciler.operations.options import CheckOptions

    asked = CheckOptions(**{n: options.pop(n) for n in CheckOptions.__slots__})
    session = session_of(**options)
    return guarded(session, lambda: run_check(session, config, asked))
