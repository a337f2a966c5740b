"""The `sandbox` command: options in, one running sandbox, two lines on stdout.

The first line is `DAILY_API_URL=...`, so that a script can wait for it and use
it as it stands. The simulation itself is imported only when the command runs.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import Amount, duration_option

if TYPE_CHECKING:
    from reconciler.sandbox.running import Recorded
    from reconciler.sandbox.settings import Settings


@click.command()
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the state in this file; without it, it ends with the command.",
)
@click.option("--domain", default="acme", show_default=True, help="The domain's name.")
@click.option(
    "--number", multiple=True, help="A purchased number (repeat; default: three)."
)
@click.option(
    "--assume",
    multiple=True,
    metavar="KEY=VALUE",
    help="Answer an open question about Daily (repeat): see docs/sandbox.md.",
)
@click.option(
    "--latency-ms",
    type=Amount(0, 3_600_000),
    default=0.0,
    help="Time every answer takes.",
)
@click.option(
    "--rate-limit-scale",
    type=Amount(0, 1_000_000),
    default=1.0,
    help="Daily's limits times this; 0 switches them off.",
)
@click.option("--retry-after", is_flag=True, help="Send Retry-After with a 429.")
@duration_option("--clock-offset", "0s", "Run in the future or the past: 120d, -2h.")
@click.option(
    "--accept-property",
    multiple=True,
    metavar="NAME",
    help="A room property, or a key of one (sip.new_key), with any value (repeat).",
)
@click.option(
    "--domain-setting",
    multiple=True,
    metavar="KEY=VALUE",
    help="What GET / shows and no request can set (repeat); VALUE is JSON.",
)
@click.option(
    "--fault",
    multiple=True,
    metavar="SPEC",
    help="KIND[=ARG][:METHOD[:PATHGLOB]][@NTH][*TIMES] (repeat).",
)
@click.option(
    "--present",
    multiple=True,
    metavar="ROOM=N",
    help="Have N participants in a room (repeat; default: none).",
)
@click.option("--no-seed", is_flag=True, help="Start a new state empty.")
@click.option("--log", is_flag=True, help="Write a line per request to stderr.")
def sandbox(
    port: int, state: Path | None, no_seed: bool, log: bool, **options: Any
) -> None:
    """Serve a simulation of Daily's REST API on this machine.

    It ends with Ctrl-C or SIGTERM.
    """
    from reconciler.sandbox.server import serve
    from reconciler.sandbox.state.statefile import StateError

    settings = _settings(**options)
    ended = threading.Event()
    try:
        with (
            _ending_with_signals(ended.set),
            serve(
                settings,
                state_path=state,
                port=port,
                seed=not no_seed,
                on_request=_log_line if log else None,
            ) as running,
        ):
            click.echo(f"DAILY_API_URL={running.url}")
            click.echo(f"DAILY_API_KEY={settings.key}")
            ended.wait()
    except StateError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the sandbox cannot start: {error}") from error


def _settings(
    assume: tuple[str, ...],
    number: tuple[str, ...],
    accept_property: tuple[str, ...],
    domain_setting: tuple[str, ...],
    fault: tuple[str, ...],
    present: tuple[str, ...],
    **plain: Any,
) -> Settings:
    """Build the settings; a value that makes no sense is a usage error."""
    from reconciler.sandbox.faults import parse_fault
    from reconciler.sandbox.rules.account import read_settings
    from reconciler.sandbox.rules.properties import room_properties
    from reconciler.sandbox.settings import Settings, parse_assume, parse_present

    try:
        for spec in fault:
            parse_fault(spec)
        read_settings(domain_setting)
        room_properties(accept_property)
        return Settings(
            numbers=number or Settings().numbers,
            assume=parse_assume(assume),
            accept_properties=accept_property,
            domain_settings=domain_setting,
            faults=fault,
            present=tuple(map(parse_present, present)),
            **plain,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _log_line(one: Recorded) -> None:
    click.echo(f"{one.method} {one.path} {one.status or '-'}", err=True)


@contextmanager
def _ending_with_signals(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` on Ctrl-C and SIGTERM, and put the old handlers back afterwards."""
    before = {
        number: signal.signal(number, lambda *_: end())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
