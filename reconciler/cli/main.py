"""The command group. Imports click only: a command's module is loaded when it runs."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import keyword
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem

import reconciler

if TYPE_CHECKING:
    from reconciler.environment import MakeEnvironment

COMMANDS: Final = {
    "validate": "Check config files; nothing is sent.",
    "plan": "Show what apply would do; nothing is written.",
    "apply": "Bring Daily to what the files say.",
    "check": "Tell whether callers can get in now; nothing is written.",
    "dialin": "Show which number and PIN callers use for each room.",
    "import": "Write what a live domain has as a config file.",
    "numbers": "Show what each phone number does, and for which rooms.",
    "restore": "Bring back assignments from a rescue file.",
    "explain": "Explain one key of the config.",
    "effective": "Show what a room gets after the defaults, and from where.",
    "schema": "Print the JSON Schema of the config file.",
    "sandbox": "Serve a simulation of Daily on this machine.",
    "completion": "Print the completion script of a shell.",
}
COMPLETE: Final = "_DAILY_RECONCILER_COMPLETE"
"""The variable through which a shell asks click what may come next."""
USAGE_EXIT: Final = 64
INTERRUPTED: Final = "interrupted; nothing was changed"
_LONGEST: Final = 1_000
"""Characters of one line of a message about the command line."""


class Commands(click.Group):
    """Finds each command in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command; None for a name that does not exist."""
        if cmd_name not in COMMANDS:
            return None
        # A word of the language cannot be the name of a module.
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        module = importlib.import_module(f"reconciler.cli.commands.{name}")
        command: click.Command = getattr(module, name)
        # Set here, and not by the group alone: click keeps the first help option that
        # anybody asked a command for, whoever that was.
        command.context_settings["help_option_names"] = ["-h", "--help"]
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands without loading them: `--help` stays fast."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Offer the commands without loading them: a shell waits for the answer."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=text)
            for name, text in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Offer the nearest name for one that does not exist."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"no such command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done or in sync, 1 failed, 2 differences (with "
    "--detailed-exitcode) or a failing check, 3 stopped part-way, 4 refused by a "
    "safety gate, 64 usage.",
)
@click.version_option(reconciler.__version__, "--version", "-V")
def cli() -> None:
    """Keep Daily rooms and phone-number assignments in git."""


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit. The only place that decides an exit code."""
    code = run(args)
    # All is written and reported: a signal that comes now must not change the code.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    sys.exit(code)


def run(
    args: list[str] | None = None, *, environment: MakeEnvironment | None = None
) -> int:
    """Run the command line; returns the exit code. `environment`: None for the real."""
    from reconciler import streams

    given = sys.argv[1:] if args is None else args
    streams.open_streams()
    if COMPLETE in os.environ:
        from reconciler.cli import completing  # noqa: F401  registers our bash
    try:
        code = cli.main(
            given,
            prog_name="daily-reconciler",
            standalone_mode=False,
            obj=environment,
        )
    except click.ClickException as error:
        message = _clean(error.format_message())
        shown, code = click.ClickException(message), 1
        if isinstance(error, click.UsageError):
            shown, code = click.UsageError(message, error.ctx), USAGE_EXIT
        with contextlib.suppress(OSError):
            shown.show()
        return _ended(given, message, code)
    except click.Abort:
        streams.try_write("stderr", f"\n{INTERRUPTED}")
        return _ended(given, INTERRUPTED, 1)
    except OSError as error:
        if error.filename is not None:
            return _crashed(given, error)
        # The output of --help and the like. A reader may go away, as `head` does.
        streams.give_up("stdout", error)
        if not isinstance(error, BrokenPipeError):
            said = f"error: cannot write to stdout: {error.strerror}"
            streams.try_write("stderr", said)
        return 1
    except Exception as error:
        return _crashed(given, error)
    return code if isinstance(code, int) else 0


def _crashed(args: list[str], error: Exception) -> int:
    from reconciler.cli.crash import told

    return _ended(args, told(error), 1)


def _clean(message: str) -> str:
    """A message that quotes the command line: it moves no cursor and starts no line."""
    from reconciler.core.text import short

    # Of the choices that click lists, each has a line of its own.
    return "\n".join(
        short(line.replace("\t", "  "), _LONGEST) for line in message.split("\n")
    )


def _ended(args: list[str], message: str, code: int) -> int:
    """A command line that was not understood may still have asked for JSON."""
    if "--format=json" in args or ("--format", "json") in itertools.pairwise(args):
        from reconciler import streams
        from reconciler.errors import ReconcilerError
        from reconciler.render.json.documents import dump, error_document

        document = error_document(ReconcilerError(message), reconciler.__version__)
        streams.try_write("stdout", dump({**document, "exit_code": code}))
    return code
