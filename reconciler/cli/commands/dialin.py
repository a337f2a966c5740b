"""`dialin`: who dials what. The one command that shows PINs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import completing
from reconciler.cli.options import (
    config_argument,
    file_option,
    only_option,
    output_options,
    target_options,
)

if TYPE_CHECKING:
    from reconciler.core.dialin.sheet import DialIn
    from reconciler.core.findings import Finding
    from reconciler.core.model import Config, Live
    from reconciler.core.selectors import Selector
    from reconciler.operations.session import Session


@click.command()
@config_argument
@only_option
@click.option("--mask", is_flag=True, help="Leave the PINs out.")
@file_option("--out", "Write to this file, readable by you only, not to stdout.")
@click.option(
    "--title", default="", metavar="TEXT", help="The heading of the html sheet."
)
@click.option(
    "--per-room",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write one html page for each room to this folder: a caller sees one PIN.",
)
@click.option(
    "--update-ledger",
    is_flag=True,
    help="Record in the config's ledger what callers have been told; show no PIN.",
)
@click.option(
    "--told",
    multiple=True,
    metavar="room:GLOB",
    shell_complete=completing.told,
    help="Their callers know what changed: take it over in the ledger; repeatable.",
)
@output_options("text", "json", "csv", "markdown", "html")
@target_options
def dialin(
    config: tuple[Path, ...],
    only: tuple[str, ...],
    mask: bool,
    out: Path | None,
    title: str,
    per_room: Path | None,
    update_ledger: bool,
    told: tuple[str, ...],
    **options: Any,
) -> int:
    """Show which number and PIN callers use for each room of the files.

    The output holds PINs: whoever has one can join by phone. As html it is a sheet for
    callers, to print or to share, with a link to tap and a QR code for each room; rooms
    that are not ready are named on stderr instead.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(**options)

    def work() -> int:
        from reconciler.config.load import Variables
        from reconciler.core.dialin.number_use import number_uses
        from reconciler.core.dialin.sheet import masked
        from reconciler.core.findings import in_order
        from reconciler.core.selectors import parse_selectors
        from reconciler.operations.callers.ledger import compare, everything
        from reconciler.operations.callers.record import check_usable, record
        from reconciler.operations.callers.sheet import (
            SheetWish,
            check_options,
            give,
            make_sheet,
        )
        from reconciler.operations.files import check_distinct
        from reconciler.operations.rescue.place import check_spared
        from reconciler.operations.session import (
            ledger_files,
            load_files,
            usable,
            with_commands,
        )
        from reconciler.render.text.findings import findings_text

        selectors = parse_selectors("--only", only)
        wish = SheetWish(out, per_room, title, mask)
        check_options(session, wish, ledger=update_ledger)
        check_distinct({"--out": out}, session.target.files, config)
        check_spared({"--out": out})
        loaded = load_files(session, config, Variables.OPTIONAL)
        check_distinct({"--out": out}, ledger_files(loaded))
        wanted = usable(loaded)
        if update_ledger:
            check_usable(session, wanted)
        live, entries = _read(session, wanted)
        if update_ledger:
            return record(session, wanted, live, entries, told, only)
        every = entries
        if selectors:
            entries = _chosen(entries, selectors)
        domain, rooms = live.domain.name, {entry.room for entry in entries}
        chosen = (lambda _kind, key: key in rooms) if selectors else everything
        found = compare(session, wanted, live, session.now(), chosen)
        if said := in_order(with_commands(session, found)):
            session.say(findings_text(said, session.paint), level="warning")
        if session.output.format == "html":
            uses = number_uses(wanted, live)
            return make_sheet(session, every, rooms, uses, wish)
        text = _show(session, masked(entries) if mask else entries, domain, said)
        give(session, text, out, private=not mask)
        return 3 if any(entry.missing for entry in entries) else 0

    return guarded(session, work)


def _read(session: Session, wanted: Config) -> tuple[Live, Sequence[DialIn]]:
    from reconciler.core.dialin.sheet import dialins
    from reconciler.daily.read import read_live
    from reconciler.operations.session import connect

    with connect(session, wanted) as client:
        live = read_live(client, wanted, every_assignment=True)
    return live, dialins(wanted, live, now=session.now())


def _chosen(
    entries: Sequence[DialIn], selectors: Sequence[Selector]
) -> Sequence[DialIn]:
    """The rooms that `--only` names, by themselves or by a number that reaches them."""
    from reconciler.core.selectors import choosing

    keys = {
        entry: [("room", entry.room), *(("number", n.number) for n in entry.numbers)]
        for entry in entries
    }
    chosen = choosing(selectors, [key for found in keys.values() for key in found])
    return [e for e in entries if any(chosen(*key) for key in keys[e])]


def _show(
    session: Session,
    entries: Sequence[DialIn],
    domain: str,
    findings: Sequence[Finding],
) -> str:
    import reconciler

    tool = reconciler.__version__
    match session.output.format:
        case "json":
            from reconciler.render.json.dialin import dialin_document
            from reconciler.render.json.documents import dump

            return dump(dialin_document(entries, domain, tool=tool, findings=findings))
        case "csv":
            from reconciler.render.csv import dialin_csv

            return dialin_csv(entries)
        case "markdown":
            from reconciler.render.markdown.dialin import dialin_markdown

            return dialin_markdown(entries, domain)
    from reconciler.render.text.dialin import dialin_text

    return dialin_text(entries)
