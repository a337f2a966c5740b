"""`apply`: the options; what they set going is in `operations.apply`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from reconciler.cli import completing
from reconciler.cli.options import (
    allow_option,
    config_argument,
    duration_option,
    file_option,
    lock_option,
    only_option,
    output_options,
    target_options,
)


@click.command()
@config_argument
@only_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--only-renewals", is_flag=True, help="Push expiry dates and do nothing else."
)
@click.option(
    "--resend",
    multiple=True,
    metavar="KIND:GLOB",
    shell_complete=completing.only,
    help="Write these again without a difference, e.g. after rotating an hmac.",
)
@file_option("--plan", "Apply what this reviewed plan holds, or less.")
@click.option(
    "--skip-unapproved",
    is_flag=True,
    help="With --plan: leave out what it does not hold, and apply the rest.",
)
@duration_option(
    "--max-plan-age", "7d", "With --plan: how old the reviewed plan may be.", least=0
)
@file_option("--report", "Also write the report as JSON.")
@file_option("--markdown", "Also write the report as markdown.")
@file_option("--metrics", "Write metrics for Prometheus' textfile collector.")
@click.option("--quiet", is_flag=True, help="No text when nothing was to do.")
@click.option(
    "--detailed-exitcode", is_flag=True, help="End with 2 when something was applied."
)
@file_option(
    "--rescue-file",
    "Where both dial-in stores are saved before a write; else beside the config.",
)
@lock_option
@allow_option
@output_options("text", "json")
@target_options
def apply(config: tuple[Path, ...], **options: Any) -> int:
    """Bring Daily to what the files say, after showing the plan and asking.

    Renewals come first: they count against no limit, and go on also when the rest
    of the run is refused.
    """
    from reconciler.cli.failure import guarded, session_of
    from reconciler.operations.apply import run_apply
    from reconciler.operations.options import ApplyOptions

    wish = ApplyOptions(**{n: options.pop(n) for n in ApplyOptions.__slots__})
    session = session_of(**options)
    if not wish.yes and not sys.stdin.isatty():
        raise click.UsageError("without a terminal, apply needs --yes")
    return guarded(session, lambda: run_apply(session, config, wish))
