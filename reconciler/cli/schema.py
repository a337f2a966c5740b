"""`schema`: print the JSON Schema, for editors and for reading."""

from __future__ import annotations

import click


@click.command()
def schema() -> int:
    """Print the JSON Schema of the config file (draft 2020-12)."""
    from reconciler.config.schema import schema_text

    click.echo(schema_text(), nl=False)
    return 0
