"""`import`: from a live domain to a config file that plans to nothing."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import file_option, log_options, target_options


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
    from reconciler.operations.import_ import run_import
    from reconciler.operations.options import ImportOptions

    asked = ImportOptions(**{n: options.pop(n) for n in ImportOptions.__slots__})
    session = session_of(format_="yaml", **options)
    return guarded(session, lambda: run_import(session, asked))
