"""`dialin`: who dials what. The one command that shows PINs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    config_argument,
    file_option,
    only_option,
    output_options,
    target_options,
)

if TYPE_CHECKING:
    from reconciler.core.dialin.sheet import DialIn
    from reconciler.core.selectors import Selector
    from reconciler.operations.session import Session

EXTRA = "pip install 'daily-reconciler[report]'"


@click.command()
@config_argument
@only_option
@click.option("--mask", is_flag=True, help="Leave the PINs out.")
@file_option("--out", "Write to this file, readable by you only, not to stdout.")
@output_options("text", "json", "csv", "markdown", "html")
@target_options
def dialin(
    config: tuple[Path, ...],
    only: tuple[str, ...],
    mask: bool,
    out: Path | None,
    **options: Any,
) -> int:
    """Show which number and PIN callers use for each room of the files.

    The output holds PINs: whoever has one can join by phone. As html it is a sheet to
    print or to share, with a link to tap and a QR code for each room.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(**options)

    def work() -> int:
        from reconciler.core.dialin.sheet import masked
        from reconciler.core.selectors import parse_selectors
        from reconciler.operations.files import check_distinct

        selectors = parse_selectors("--only", only)
        check_distinct({"--out": out}, session.target.files, config)
        entries, domain = _read(session, config)
        if selectors:
            entries = _chosen(entries, selectors)
        text = _show(session, masked(entries) if mask else entries, domain)
        _give(session, text, out, private=not mask)
        return 3 if any(entry.missing for entry in entries) else 0

    return guarded(session, work)


def _read(session: Session, paths: tuple[Path, ...]) -> tuple[Sequence[DialIn], str]:
    from reconciler.config.load import Variables
    from reconciler.core.dialin.sheet import dialins
    from reconciler.daily.read import read_live
    from reconciler.operations.session import connect, load_files, usable

    wanted = usable(load_files(session, paths, Variables.OPTIONAL))
    with connect(session, wanted) as client:
        live = read_live(client, wanted, every_assignment=True)
    return dialins(wanted, live, now=session.now()), live.domain.name


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


def _show(session: Session, entries: Sequence[DialIn], domain: str) -> str:
    import reconciler

    tool = reconciler.__version__
    match session.output.format:
        case "json":
            from reconciler.render.json.dialin import dialin_document
            from reconciler.render.json.documents import dump

            return dump(dialin_document(entries, domain, tool=tool))
        case "csv":
            from reconciler.render.csv import dialin_csv

            return dialin_csv(entries)
        case "markdown":
            from reconciler.render.markdown.dialin import dialin_markdown

            return dialin_markdown(entries, domain)
        case "html":
            from reconciler.render.html.dialin import dialin_html
            from reconciler.render.html.qr import available

            if not available():
                session.say(f"no QR codes in the sheet; to have them: {EXTRA}")
            return dialin_html(entries, domain, now=session.now(), tool=tool)
    from reconciler.render.text.dialin import dialin_text

    return dialin_text(entries)


def _give(session: Session, text: str, out: Path | None, *, private: bool) -> None:
    if out is None:
        # What prints the result ends its last line.
        session.result(text.removesuffix("\n"))
        return
    from reconciler.core.text import clean
    from reconciler.operations.files import write_private

    write_private(out, text)
    session.say(f"wrote {clean(str(out))}" + ("; it holds PINs" if private else ""))
