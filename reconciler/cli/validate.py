"""`validate`: check files, offline."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import config_argument, output_options


@click.command()
@config_argument
@output_options
def validate(
    config: tuple[Path, ...], format_: str, no_color: bool, verbose: int
) -> int:
    """Check config files against the schema and the rules; nothing is sent.

    CONFIG is a file, several files, or a folder with *.yaml and *.yml files.
    Variables need not be set.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(format_, no_color, verbose)

    def work() -> int:
        import reconciler
        from reconciler.cli.session import load_files
        from reconciler.config.load import Variables
        from reconciler.render.json import dump, findings_document
        from reconciler.render.text import findings_text, verdict_text
        from reconciler.render.words import Paint

        loaded = load_files(session, config, Variables.OPTIONAL)
        paint = Paint(session.output.colour)
        if format_ == "json":
            document = findings_document(
                loaded.findings, loaded.files, reconciler.__version__
            )
            session.result(dump(document))
        else:
            if loaded.findings:
                session.result(findings_text(loaded.findings, paint))
            session.result(verdict_text(loaded.findings, loaded.files))
        return 0 if loaded.config else 1

    return guarded(session, work)
