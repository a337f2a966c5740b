"""From options to a loaded config and a client: what every command starts with.

The variables of the environment and the API key are read here and nowhere below.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import reconciler
from reconciler import streams
from reconciler.core.commands import UNKNOWN, Invocation
from reconciler.core.findings import ConfigError, Finding
from reconciler.core.model import Config
from reconciler.core.phone import room_numbers
from reconciler.core.secrecy import Secret
from reconciler.environment import Environment
from reconciler.errors import ReconcilerError, UsageError
from reconciler.operations.options import Output, Target
from reconciler.paths import read_text

if TYPE_CHECKING:
    from reconciler.config.load import Loaded, Variables
    from reconciler.core.check.model import Way
    from reconciler.daily.http.client import DailyClient
    from reconciler.render.words import Paint

_LONGEST_KEY = 65_536
"""Bytes of a file that holds an API key."""


@dataclass(frozen=True, slots=True)
class Session:
    """One command's surroundings. `now` gives Unix seconds, shifted if asked.

    `invocation`: how it was started, for the commands that messages suggest.
    """

    output: Output
    target: Target
    stop: threading.Event
    environment: Environment
    invocation: Invocation = UNKNOWN

    def now(self) -> float:
        """The time that plans are made for."""
        return self.environment.now() + self.target.clock_offset

    @property
    def paint(self) -> Paint:
        """Colours for what is said on stderr; JSON has none."""
        from reconciler.render.words import Paint

        return Paint(self.output.colour and self.output.log_format == "text")

    def say(self, line: str, *, level: str = "info") -> None:
        """One line for people: on stderr, so that stdout stays the result.

        Never raises. Where stderr is gone, an error goes to stdout if that is text.
        """
        if self.output.log_format == "json":
            from reconciler.core.times import iso

            now = iso(self.environment.now())
            entry = {"time": now, "level": level, "message": line}
            line = json.dumps(entry)
        # None leaves colours to a terminal: stderr may be a file when stdout is none.
        colour = None if self.output.colour else False
        if streams.try_write("stderr", line, color=colour):
            return
        if level == "error" and self.output.format == "text":
            streams.try_write("stdout", line, color=colour)

    def result(self, text: str) -> None:
        """The result: on stdout, and nothing else ever is.

        Raises:
            BrokenPipeError: the reader went away, as `head` does.
            ReconcilerError: stdout is closed, or what it leads to is full.
        """
        try:
            streams.write("stdout", text, color=self.output.colour)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ReconcilerError(f"cannot write to stdout: {error.strerror}") from None

    def deliver(self, text: str) -> bool:
        """A result that must not be lost: on stdout, else on stderr.

        Returns whether one of them took it. Never raises.
        """
        colour = self.output.colour
        return streams.try_write("stdout", text, color=colour) or streams.try_write(
            "stderr", text, color=colour
        )


def wants_colour(no_color: bool) -> bool:
    """Colours only on a terminal, and not under NO_COLOR (no-color.org)."""
    return not no_color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()


def in_repository(file: str) -> str:
    """A file by its path below the checkout, which annotations of GitHub need."""
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    if not workspace:
        return file
    try:
        # Not only as text: a runner's workspace may be reached by a link.
        folder = Path(file).absolute().parent.resolve()
        return (
            (folder / Path(file).name).relative_to(Path(workspace).resolve()).as_posix()
        )
    except (OSError, RuntimeError, ValueError):
        return file


def load_config(session: Session, paths: Iterable[Path]) -> Loaded:
    """Load for a command that talks to Daily: every variable must be set.

    Raises:
        ConfigError: with every finding, when any of them is an error.
    """
    loaded = load_to_write(session, paths)
    usable(loaded)
    return loaded


def load_to_write(session: Session, paths: Iterable[Path]) -> Loaded:
    """Load with every variable set, whatever is in the files: see `usable`."""
    from reconciler.config.load import Variables

    mode = Variables.DUMMY if session.target.sandbox else Variables.REQUIRED
    return load_files(session, paths, mode)


def load_files(session: Session, paths: Iterable[Path], mode: Variables) -> Loaded:
    """Load files, whatever is in them."""
    from reconciler.config.load import load

    return load(list(paths), environ=os.environ, now=session.now(), variables=mode)


def ledger_files(loaded: Loaded) -> dict[str, Path | None]:
    """The ledger of a config, which may be wrong elsewhere, as a file that is read."""
    config = loaded.config or loaded.renewable.config
    return {"the ledger": Path(config.ledger) if config and config.ledger else None}


def usable(loaded: Loaded) -> Config:
    """The config, or a ConfigError with everything that was found."""
    if loaded.config is None:
        from reconciler.render.text.findings import verdict_text

        verdict = verdict_text(loaded.findings, loaded.files)
        raise ConfigError(verdict, findings=loaded.findings)
    return loaded.config


def with_commands(session: Session, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings with whole commands in their hints, for the files of this run."""
    for finding in findings:
        if finding.command:
            command = session.invocation.suggested(*finding.command)
            hint = f"{finding.hint}: `{command}`"
            finding = replace(finding, hint=hint, command=())
        yield finding


def ledger_key() -> Secret | None:
    """The key of ledgers, from DAILY_LEDGER_KEY; None when it is not set."""
    key = os.environ.get("DAILY_LEDGER_KEY", "").strip()
    return Secret(key, "${DAILY_LEDGER_KEY}") if key else None


@contextlib.contextmanager
def connect(
    session: Session, config: Config, *, writable: bool = False
) -> Iterator[DailyClient]:
    """A client for this command's Daily, with a sandbox behind it if asked for.

    Such a sandbox has the domain and the numbers that the config speaks of.
    """
    with contextlib.ExitStack() as stack:
        if session.target.sandbox:
            url, key = stack.enter_context(_sandbox(session, config))
        else:
            url, key = _address(session)
        yield stack.enter_context(_client(session, url, key, writable=writable))


def _client(session: Session, url: str, key: Secret, *, writable: bool) -> DailyClient:
    from reconciler.daily.http.client import DailyClient

    verbose = session.output.verbose
    return DailyClient(
        url,
        key,
        # The client compares it with Daily's time: shifted, as the sandbox's is.
        environment=replace(session.environment, now=session.now),
        variables=os.environ,
        user_agent=f"daily-reconciler/{reconciler.__version__}",
        timeout=session.target.timeout,
        share=session.target.rate,
        writable=writable,
        log=session.say if verbose else lambda _line: None,
    )


def _address(session: Session) -> tuple[str, Secret]:
    from reconciler.daily.http.address import DEFAULT_URL, check_url, is_loopback

    url = check_url(os.environ.get("DAILY_API_URL") or DEFAULT_URL)
    if not is_loopback(url):
        if session.target.rate > 1:
            raise UsageError("--rate above 1 is for the sandbox on this machine")
        if session.target.clock_offset:
            raise UsageError("--clock-offset is for the sandbox on this machine")
    return url, _key(session.target.api_key_file, os.environ)


def way_to(session: Session, url: str) -> Way:
    """How this run reaches Daily: for people who look for what is wrong."""
    from reconciler.core.check.model import Way
    from reconciler.daily.http.surroundings import proxy_in_use

    proxy = proxy_in_use(url, os.environ)
    file = session.target.api_key_file
    key = f"file {file}" if file is not None else "DAILY_API_KEY"
    if session.target.sandbox:
        key = "the sandbox"
    return Way(key, proxy.place if proxy else "")


def _key(file: Path | None, environ: Mapping[str, str]) -> Secret:
    if file is not None:
        try:
            return Secret(read_text(file, _LONGEST_KEY).strip())
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not text"
            raise ReconcilerError(
                f"cannot read the API key from {file}: {why}"
            ) from None
    key = environ.get("DAILY_API_KEY", "").strip()
    if not key:
        raise ReconcilerError(
            "no API key: DAILY_API_KEY is not set",
            tip="set it, or use --api-key-file FILE; --sandbox needs no key",
        )
    return Secret(key)


@contextlib.contextmanager
def _sandbox(session: Session, config: Config) -> Iterator[tuple[str, Secret]]:
    from reconciler.sandbox.server import serve
    from reconciler.sandbox.settings import Settings
    from reconciler.sandbox.state.statefile import StateError

    settings = Settings(
        domain=config.domain,
        numbers=tuple(_numbers_of(config)),
        clock_offset=session.target.clock_offset,
    )
    with contextlib.ExitStack() as stack:
        serving = serve(settings, state_path=session.target.sandbox_state, seed=True)
        try:
            sandbox = stack.enter_context(serving)
        except (OSError, ValueError, StateError) as error:
            raise ReconcilerError(
                f"the sandbox cannot start: {error}",
                tip="--sandbox-state names another file",
            ) from error
        yield sandbox.url, Secret(settings.key)


def _numbers_of(config: Config) -> Iterator[str]:
    """The numbers that a file speaks of, as if they were purchased."""
    found = dict.fromkeys(number.key for number in config.of_kind("number"))
    for room in config.of_kind("room"):
        found |= dict.fromkeys(room_numbers(room.fields))
    yield from found
