"""`restore`: bring back assignments from a rescue file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    allow_option,
    lock_option,
    output_options,
    target_options,
)

if TYPE_CHECKING:
    from reconciler.core.report import Restoration
    from reconciler.daily.http.client import DailyClient
    from reconciler.daily.rescue.file import Rescue
    from reconciler.operations.session import Session


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@lock_option
@allow_option
@output_options("text", "json")
@target_options
def restore(
    file: Path,
    yes: bool,
    lock_file: Path | None,
    allow: tuple[str, ...],
    **options: Any,
) -> int:
    """Bring back assignments that a rescue file holds and Daily has lost.

    FILE was written by an apply before it touched phone-number assignments. Only
    what is missing comes back; nothing is removed.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(**options)

    def work() -> int:
        from reconciler.core.model import Config
        from reconciler.core.plan.gates import NAMES
        from reconciler.daily.rescue import file as rescues
        from reconciler.operations.lock import held
        from reconciler.operations.options import parse_allow
        from reconciler.operations.session import connect

        allowed = parse_allow(allow, NAMES)
        if not yes and not sys.stdin.isatty():
            raise click.UsageError("without a terminal, restore needs --yes")
        rescue = rescues.load(file)
        with (
            held(session, rescue.domain, lock_file),
            connect(session, Config(rescue.domain), writable=True) as client,
        ):
            return _restore(session, client, rescue, allowed, yes=yes)

    return guarded(session, work)


def _restore(
    session: Session,
    client: DailyClient,
    rescue: Rescue,
    allowed: Mapping[str, int],
    *,
    yes: bool,
) -> int:
    import reconciler
    from reconciler.core.report import Restoration
    from reconciler.core.text import clean
    from reconciler.daily.read import read_stores
    from reconciler.daily.rescue import restore as restoring
    from reconciler.errors import RefusedError
    from reconciler.render.json.documents import dump, restored_document
    from reconciler.render.words import count

    domain, stores = read_stores(client)
    restoring.check_same_domain(rescue, domain.name)
    lost = restoring.missing(rescue, stores)
    for entry in lost:
        session.say(f"missing: {clean(entry.description)}")
    restoring.check_gates(lost, domain, stores, allowed)
    if lost and not yes:
        question = f"Bring back {count(len(lost), 'assignment')} in '{domain.name}'?"
        if not click.confirm(question, err=True):
            raise RefusedError("declined; nothing was changed")
    result = restoring.restore(client, rescue) if lost else Restoration()
    if session.output.format == "json":
        tool = reconciler.__version__
        session.result(dump(restored_document(result, domain.name, tool=tool)))
    else:
        for line in _lines(result) if lost else ["nothing is missing"]:
            session.result(line)
    return result.exit_code


def _lines(result: Restoration) -> Iterator[str]:
    from reconciler.core.text import clean
    from reconciler.render.words import count

    problems = [done for done in result.made if done.problem]
    for done in problems:
        yield f"failed: {clean(done.entry.description)}: {clean(done.problem)}"
    for entry in result.left:
        yield f"still missing: {clean(entry.description)}"
    if result.unverified:
        yield f"not verified: {clean(result.unverified)}; restore again to look"
    back = count(len(result.made) - len(problems), "assignment")
    yield f"{back} brought back"
