"""`schema`: print a JSON Schema, for editors and for reading."""

from __future__ import annotations

import click


@click.command()
@click.argument(
    "name",
    type=click.Choice(
        ["config", "plan", "report", "check", "ledger", "dialin", "numbers"]
    ),
    default="config",
)
def schema(name: str) -> int:
    """Print a JSON Schema (draft 2020-12).

    NAME is `config` (the config file, the default), or what commands write as JSON:
    `plan`, `report` (apply), `check`, `dialin`, `numbers` or `ledger` (dialin
    --update-ledger).
    """
    from reconciler.config.schema.validator import schema_text

    click.echo(schema_text(name), nl=False)
    return 0
