"""`plan`: show what apply would do, on a client that cannot write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    allow_option,
    config_argument,
    file_option,
    only_option,
    output_options,
    parse_allow,
    parse_globs,
    target_options,
)

if TYPE_CHECKING:
    from reconciler.operations.plan import Planned
    from reconciler.operations.session import Session


@dataclass(frozen=True, slots=True)
class Wish:
    """What one `plan` was asked for."""

    only: tuple[str, ...]
    show_unmanaged: bool
    detailed_exitcode: bool
    allow: tuple[str, ...]
    base: str | None
    out: Path | None
    markdown: Path | None
    html: Path | None


@click.command()
@config_argument
@only_option
@click.option("--show-unmanaged", is_flag=True, help="List what no file mentions.")
@click.option(
    "--base",
    metavar="PATH|git:REV",
    help="Tell what this revision changes from what had drifted.",
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="End with 2 when there are differences."
)
@file_option("--out", "Also write the plan as JSON, for apply --plan.")
@file_option("--markdown", "Also write the plan as markdown.")
@file_option("--html", "Also write the plan as an HTML page.")
@allow_option
@output_options("text", "json", "markdown", "html")
@target_options
def plan(config: tuple[Path, ...], **options: Any) -> int:
    """Compare files with the live domain and show what apply would do.

    Nothing is written to Daily: the client of this command can send only GET.
    """
    from reconciler.cli.failure import guarded, session_of

    wish = Wish(**{name: options.pop(name) for name in Wish.__slots__})
    session = session_of(**options)
    return guarded(session, lambda: _plan(session, config, wish))


def _plan(session: Session, paths: tuple[Path, ...], wish: Wish) -> int:
    from reconciler.core.plan.gates import NAMES
    from reconciler.core.plan.model import Selection
    from reconciler.operations.plan import load_base, planned, show_plan
    from reconciler.operations.session import connect, load_config, numbers_of, usable

    allowed = parse_allow(wish.allow, NAMES)
    chosen = parse_globs("--only", wish.only) if wish.only else lambda _k, _n: True
    selection = Selection(only=chosen, list_unmanaged=wish.show_unmanaged)
    loaded = load_config(session, paths)
    config = usable(loaded)
    base = load_base(session, wish.base, paths, config) if wish.base else None
    with connect(session, config.domain, numbers_of(config)) as client:
        made = planned(session, client, loaded, selection, allowed, base=base)
    _write_files(session, made, wish)
    session.result(show_plan(session, made))
    if made.plan.blocked:
        return 1
    return 2 if wish.detailed_exitcode and made.plan.changes else 0


def _write_files(session: Session, made: Planned, wish: Wish) -> None:
    from reconciler.operations.files import write_private
    from reconciler.operations.plan import show_plan

    files = {"json": wish.out, "markdown": wish.markdown, "html": wish.html}
    for format_, path in files.items():
        if path is not None:
            write_private(path, show_plan(session, made, format_))
