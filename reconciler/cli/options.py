"""The options that commands share, each written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from click.core import ParameterSource

from reconciler.cli import completing

if TYPE_CHECKING:
    from reconciler.core.commands import Invocation

CENTURY: Final = 36_525 * 86_400.0
"""Seconds. Beyond it, dates leave the calendar and durations the machine's numbers."""

Command = TypeVar("Command", bound=Callable[..., Any])

_NOT_GIVEN: Final = (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP, None)
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "--sandbox-state": ("--sandbox",),
    "--skip-unapproved": ("--plan",),
    "--max-plan-age": ("--plan",),
    "--in-place": ("--merge",),
    "--force": ("--out", "--secrets-out"),
    "--told": ("--update-ledger",),
}
"""Options that say something about another one: one of these must be given too."""

EXCLUDES: Final[Mapping[str, tuple[str, ...]]] = {
    "--only-renewals": ("--resend",),
    "--in-place": ("--out",),
    "--merge": ("--defaults",),
    "--update-ledger": ("--mask", "--out"),
}
"""Options that cannot be given together."""


def check_partners(ctx: click.Context) -> None:
    """Refuse an option that is given without its partner, or beside its opposite.

    An option that has no effect is a mistake, and may mean another Daily.
    """
    given = {
        option
        for param in ctx.command.params
        if ctx.get_parameter_source(param.name or "") not in _NOT_GIVEN
        for option in param.opts
    }
    for option in sorted(given):
        needed = NEEDS.get(option, ())
        if needed and not given.intersection(needed):
            raise click.UsageError(f"{option} goes with {' or '.join(needed)}", ctx)
        for other in given.intersection(EXCLUDES.get(option, ())):
            raise click.UsageError(f"{option} and {other} do not go together", ctx)


def invocation_of(ctx: click.Context) -> Invocation:
    """How a command was started, as far as the command line says so."""
    from reconciler.core.commands import Invocation

    files: tuple[str, ...] = ()
    options = []
    for param in ctx.command.params:
        name = param.name or ""
        value = ctx.params.get(name)
        if isinstance(param, click.Argument):
            files += tuple(map(str, value if isinstance(value, tuple) else (value,)))
        elif ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            options += _words(param, value)
    return Invocation(ctx.command.name or "", files, tuple(options))


def _words(param: click.Parameter, value: Any) -> list[tuple[str, ...]]:
    """An option with its value as it can be typed, once for each time it was given."""
    option = max(param.opts, key=len)
    if isinstance(param, click.Option) and param.count:
        return [(option,)] * value
    if isinstance(param, click.Option) and param.is_flag:
        return [(option,)]
    if param.metavar == "DURATION":
        value = f"{value}s"
    values = value if param.multiple else (value,)
    return [(option, str(one)) for one in values]


class Amount(click.FloatRange):
    """A number within bounds. What is no number (`nan`) and what has no end are not."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Read it; click's own range lets `nan` through."""
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail("nan is not a number", param, ctx)
        return number


def _duration(text: str, least: float) -> float:
    """Read `120d`, `1w2d` or `-3h` as seconds; a century is enough for everything."""
    from reconciler.core.times import signed_duration

    try:
        seconds = signed_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if not least <= seconds <= CENTURY:
        bounds = "0s to 36525d" if least >= 0 else "-36525d to 36525d"
        raise click.BadParameter(f"{text} is not in the range {bounds}")
    return seconds


def config_argument(command: Command) -> Command:
    """`CONFIG...`: files or folders."""
    argument = click.argument(
        "config",
        nargs=-1,
        required=True,
        metavar="CONFIG...",
        type=click.Path(path_type=Path),
    )
    return argument(command)


def output_options(*formats: str) -> Callable[[Command], Command]:
    """--format, and the log options."""
    format_ = click.option(
        "--format",
        "format_",
        type=click.Choice(formats or ("text", "json")),
        default="text",
        show_default=True,
        help="How to write the result on stdout.",
    )
    return lambda command: format_(log_options(command))


def log_options(command: Command) -> Command:
    """--log-format, --no-color, -v."""
    for option in (
        click.option("-v", "--verbose", count=True, help="Log each request."),
        click.option("--no-color", is_flag=True, help="No colours, as with NO_COLOR."),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="How to write what goes to stderr.",
        ),
    ):
        command = option(command)
    return command


def target_options(command: Command) -> Command:
    """--sandbox and its like, --timeout, --rate, --api-key-file."""
    for option in (
        duration_option(
            "--clock-offset",
            "0s",
            "Pretend that it is later (120d); sandbox and loopback only.",
        ),
        click.option(
            "--sandbox-state",
            type=click.Path(path_type=Path, dir_okay=False),
            default=Path(".daily-sandbox.json"),
            show_default=True,
            help="Where --sandbox keeps its domain.",
        ),
        click.option(
            "--sandbox", is_flag=True, help="Use a simulated Daily instead of daily.co."
        ),
        click.option(
            "--api-key-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Read the API key from a file instead of DAILY_API_KEY.",
        ),
        click.option(
            "--rate",
            type=Amount(0.001, 100_000),
            default=0.5,
            show_default=True,
            envvar="DAILY_RATE",
            metavar="FRACTION",
            help="Share of Daily's rate limits to take; above 1 on loopback only.",
        ),
        click.option(
            "--timeout",
            type=Amount(0.001, 86_400),
            default=30.0,
            show_default=True,
            metavar="SECONDS",
            help="How long a request may take, to its last byte.",
        ),
    ):
        command = option(command)
    return command


def file_option(name: str, help_text: str) -> Callable[[Command], Command]:
    """An option that names a file to write."""
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option(name, type=kind, metavar="FILE", help=help_text)


def duration_option(
    name: str, default: str, help_text: str, *, least: float = -CENTURY
) -> Callable[[Command], Command]:
    """An option that takes a duration and gives seconds, `least` or more."""
    return click.option(
        name,
        default=default,
        show_default=True,
        callback=lambda _ctx, _param, text: _duration(text, least),
        metavar="DURATION",
        help=help_text,
    )


def lock_option(command: Command) -> Command:
    """--lock-file."""
    text = "Held while writing, against a second run; the default is per domain."
    return file_option("--lock-file", text)(command)


def only_option(command: Command) -> Command:
    """--only KIND:GLOB."""
    return click.option(
        "--only",
        multiple=True,
        metavar="KIND:GLOB",
        shell_complete=completing.only,
        help="Only these, e.g. 'room:support-*' or 'number:+1209*'; repeatable.",
    )(command)


def allow_option(command: Command) -> Command:
    """--allow NAME=N."""
    return click.option(
        "--allow",
        multiple=True,
        metavar="NAME=N",
        shell_complete=completing.gates,
        help="Open a safety gate for this many, e.g. delete=12; repeatable.",
    )(command)
