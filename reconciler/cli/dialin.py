"""`dialin`: who dials what. The one command that shows PINs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import config_argument, output_options, target_options


@click.command()
@config_argument
@output_options("text", "json")
@target_options
def dialin(config: tuple[Path, ...], **options: Any) -> int:
    """Show which number and PIN callers use for each room of the files.

    The output holds PINs: whoever has one can join by phone.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(**options)

    def work() -> int:
        import reconciler
        from reconciler.cli.session import (
            connect,
            load_files,
            numbers_of,
            usable,
        )
        from reconciler.config.load import Variables
        from reconciler.core.callers import dialins
        from reconciler.daily.live import read_live
        from reconciler.render.json import dialin_document, dump
        from reconciler.render.report_text import dialin_text

        wanted = usable(load_files(session, config, Variables.OPTIONAL))
        with connect(session, wanted.domain, numbers_of(wanted)) as client:
            live = read_live(client, wanted, every_assignment=True)
        entries = dialins(wanted, live)
        if session.output.format == "json":
            tool = reconciler.__version__
            document = dialin_document(entries, live.domain.name, tool=tool)
            session.result(dump(document))
        else:
            session.result(dialin_text(entries))
        return 0

    return guarded(session, work)
