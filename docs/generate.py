"""Fills the generated blocks of the documentation: `make docs`.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`; NAME is a function
in BLOCKS. Nothing depends on the day, the machine or the network: plans are recorded
against the sandbox, at a fixed moment. `make test` fails while a block is stale.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from unittest import mock

import click

from reconciler.cli.main import COMMANDS, cli, run
from reconciler.config.schema import reference as explain
from reconciler.core.key_docs import Key
from reconciler.environment import Environment, real
from reconciler.render.text.explain import default_text, marks, type_text
from reconciler.sandbox.server import serve
from reconciler.sandbox.settings import Settings

ROOT: Final = Path(__file__).parents[1]
BLOCK: Final = re.compile(
    r"(?P<head><!-- generated: (?P<name>[a-z-]+) -->\n).*?(?P<end><!-- end -->)",
    re.DOTALL,
)
ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SOME_ID = "5f2c1f0e-8a3b-4a57-9d1c-3c1f0b7e6a21"
"""In the place of the ids that the sandbox makes, which are other ones each time."""
CONFIG: Final = re.compile(r"```yaml\n(# config\.yaml\n.*?)```", re.DOTALL)
MOMENT: Final = 1_800_000_000
"""When recorded runs happen: 2027-01-15T08:00:00Z."""
DAY: Final = 86_400
BEFORE: Final = """\
version: 1
domain: acme
phone_numbers:
  "+12095550100": {pin_dialin: {name_prefix: pin-dialin}}
rooms:
  weekly-standup:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties:
      max_participants: 12
      dialin: {display_name: Phone Caller, room_numbers: ["+12095550100"]}
  all-hands:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties: {dialin: {display_name: Phone Caller}}
  old-room: {privacy: public}
"""
"""What the domain has when the plan of the README is recorded, 130 days before."""


def main() -> None:
    """Write every page whose blocks are stale."""
    for page, text in pages():
        if page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)}\n")


def pages() -> Iterator[tuple[Path, str]]:
    """Every page with generated blocks, and what it should contain."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text(encoding="utf-8")
        if BLOCK.search(text):
            yield page, BLOCK.sub(_filled, text)


def _filled(found: re.Match[str]) -> str:
    return f"{found['head']}\n{BLOCKS[found['name']]()}\n{found['end']}"


# Recorded runs.


def readme_plan() -> str:
    """The plan of the config in the README, against a domain that has drifted."""
    wanted = _config_of(ROOT / "README.md")
    start = MOMENT - 130 * DAY
    moment = [start]
    settings = Settings(numbers=("+12095550100",), rate_limit_scale=0)
    with _folder() as folder, serve(settings, clock=lambda: moment[0]) as sandbox:
        environment = {"DAILY_API_URL": sandbox.url, "DAILY_API_KEY": "sandbox"}
        with mock.patch.dict(os.environ, environment):
            os.environ["DAILY_RATE"] = "1000"
            (folder / "config.yaml").write_text(BEFORE, encoding="utf-8")
            _run("apply", "config.yaml", "--yes", at=moment[0])
            moment[0] = MOMENT
            (folder / "config.yaml").write_text(wanted, encoding="utf-8")
            os.environ["DAILY_RATE"] = "0.5"
            text = ID.sub(SOME_ID, _run("plan", "config.yaml"))
    return f"```text\n$ daily-reconciler plan config.yaml\n{text}```"


def check_run() -> str:
    """What `check` says about the README's config: no renewals, and a lost PIN."""
    start = MOMENT - 130 * DAY
    moment = [start]
    settings = Settings(numbers=("+12095550100",), rate_limit_scale=0)
    with _folder() as folder, serve(settings, clock=lambda: moment[0]) as sandbox:
        environment = {"DAILY_API_URL": sandbox.url, "DAILY_API_KEY": "sandbox"}
        with mock.patch.dict(os.environ, {**environment, "DAILY_RATE": "1000"}):
            wanted = _config_of(ROOT / "README.md")
            (folder / "config.yaml").write_text(wanted, encoding="utf-8")
            _run("apply", "config.yaml", "--yes", at=moment[0])
            sandbox.store.rooms["all-hands"].dialin_code = None
            moment[0] = MOMENT
            text = _run("check", "config.yaml", expect=2)
    return f"```text\n$ daily-reconciler check config.yaml\n{text}```"


def quickstart_mistake() -> str:
    """What `validate` says about the quickstart's config with one key misspelt."""
    text = _config_of(ROOT / "docs/quickstart.md")
    with _folder() as folder:
        broken = text.replace("max_participants:", "max_participant:")
        (folder / "config.yaml").write_text(broken, encoding="utf-8")
        shown = _run("validate", "config.yaml", expect=1)
    return f"```text\n{shown}```"


def explain_lang() -> str:
    """What `explain` says about one key."""
    return f"```text\n$ daily-reconciler explain lang\n{_run('explain', 'lang')}```"


def effective_room() -> str:
    """What `effective` says about a room of the quickstart."""
    with _folder() as folder:
        text = _config_of(ROOT / "docs/quickstart.md")
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        shown = _run("effective", "config.yaml", "lobby")
    call = "$ daily-reconciler effective config.yaml lobby"
    return f"```text\n{call}\n{shown}```"


def _config_of(page: Path) -> str:
    found = CONFIG.search(page.read_text(encoding="utf-8"))
    if not found:
        raise SystemExit(f"{page.name} has no config.yaml")
    return found[1]


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """An empty folder that is the current one, and locks of its own."""
    with (
        tempfile.TemporaryDirectory() as name,
        contextlib.chdir(name),
        mock.patch(
            "reconciler.operations.lock.places", return_value=(Path(name) / ".locks",)
        ),
    ):
        yield Path(name)


def _run(*args: str, expect: int = 0, at: int = MOMENT) -> str:
    """Run the command line at a moment; what it prints, without trailing blanks."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(args), environment=lambda stop: _at(at, stop))
    if code != expect:
        raise SystemExit(out.getvalue() + err.getvalue())
    lines = out.getvalue().rstrip().splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _at(moment: int, stop: threading.Event) -> Environment:
    return replace(real(stop), now=lambda: moment)


def speed() -> str:
    """The figures of the last benchmark, as `make bench` wrote them."""
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))  # the benchmark is no part of the package
    from bench.table import as_markdown

    results = (ROOT / "bench/results.json").read_text(encoding="utf-8")
    return as_markdown(json.loads(results))


# References.


def commands() -> str:
    """The help of every command, in the order of `--help`."""
    # As the command line itself makes it: with -h and --help, whoever asked before.
    top = cli.make_context("daily-reconciler", ["plan"], terminal_width=80)
    parts = []
    for name in COMMANDS:
        if command := cli.get_command(top, name):
            context = click.Context(command, top, name, terminal_width=80)
            shown = command.get_help(context).rstrip()
            parts.append(f"## {name}\n\n```text\n{shown}\n```")
    return "\n\n".join(parts)


def keys() -> str:
    """Every key of the config once, a table for each mapping."""
    sections: dict[tuple[str, ...], list[Key]] = {}
    for key in explain.every_key():
        if not explain.is_shared(key.path):
            sections.setdefault(key.path[:-1], []).append(key)
    return "\n\n".join(_section(path, held) for path, held in sections.items())


def _section(path: tuple[str, ...], held: list[Key]) -> str:
    name = f"`{'.'.join(path)}`" if path else "The top of the file"
    lines = [f"## {name}", "", "| key | type | default | what it does |"]
    lines += ["|---|---|---|---|", *map(_row, held)]
    return "\n".join(lines)


def _row(key: Key) -> str:
    default = default_text(key) if key.default else ""
    if key.inherited and not key.default:
        default = "what the domain has set"
    cells = (f"`{key.path[-1]}`", type_text(key), default, " ".join(_sentences(key)))
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _sentences(key: Key) -> Iterator[str]:
    title = f"[{key.title}]({key.docs})" if key.docs else key.title
    yield f"**{title}.** {key.description}"
    if key.required:
        yield "Required."
    if key.allowed:
        yield f"One of {', '.join(f'`{value}`' for value in key.allowed)}."
    if key.range:
        yield f"{key.range[0].upper()}{key.range[1:]}."
    for mark in marks(key):
        yield f"*{mark[0].upper()}{mark[1:]}.*"


BLOCKS: Final[dict[str, Callable[[], str]]] = {
    "plan": readme_plan,
    "check-run": check_run,
    "mistake": quickstart_mistake,
    "explain": explain_lang,
    "effective": effective_room,
    "commands": commands,
    "keys": keys,
    "speed": speed,
}

if __name__ == "__main__":
    main()
