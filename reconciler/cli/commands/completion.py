"""`completion`: the script that teaches a shell to complete this command."""

from __future__ import annotations

import click

from reconciler.cli import completing  # noqa: F401  registers our bash

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the completion script of a shell, to be read when it starts.

    \b
    bash  eval "$(daily-reconciler completion bash)"     in ~/.bashrc
    zsh   eval "$(daily-reconciler completion zsh)"      in ~/.zshrc
    fish  daily-reconciler completion fish | source      in config.fish

    Names of rooms and numbers are read from the config on the command line.
    """  # noqa: D301  click wants the character, not a backslash
    from click.shell_completion import get_completion_class

    from reconciler.cli.main import COMPLETE, cli

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  the choice above has only known ones
    click.echo(kind(cli, {}, "daily-reconciler", COMPLETE).source(), nl=False)
    return 0
