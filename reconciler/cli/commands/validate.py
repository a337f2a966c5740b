"""`validate`: check files, offline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import config_argument, output_options

if TYPE_CHECKING:
    from reconciler.config.load import Loaded
    from reconciler.operations.session import Session


@click.command()
@config_argument
@output_options("text", "json", "github")
def validate(config: tuple[Path, ...], **shared: Any) -> int:
    """Check config files against the schema and the rules; nothing is sent.

    CONFIG is a file, several files, or a folder with *.yaml and *.yml files.
    Variables need not be set. The format `github` gives annotations for GitHub
    Actions.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(**shared)

    def work() -> int:
        from reconciler.config.load import Variables
        from reconciler.core.findings import in_order
        from reconciler.operations.callers.ledger import offline
        from reconciler.operations.session import load_files

        loaded = load_files(session, config, Variables.OPTIONAL)
        if loaded.config:
            said = in_order([*loaded.findings, *offline(loaded.config)])
            loaded = replace(loaded, findings=said)
        session.result(_text(session, loaded))
        return 0 if loaded.config else 1

    return guarded(session, work)


def _text(session: Session, loaded: Loaded) -> str:
    import reconciler
    from reconciler.core.findings import ConfigError, errors
    from reconciler.render.text.findings import findings_text, verdict_text
    from reconciler.render.words import Paint

    if session.output.format == "json":
        from reconciler.render.json.documents import dump, findings_document

        tool = reconciler.__version__
        return dump(findings_document(loaded.findings, loaded.files, tool))
    verdict = verdict_text(loaded.findings, loaded.files)
    if errors(loaded.findings):
        verdict += f"; {ConfigError.effect}"
    if session.output.format == "github":
        from reconciler.operations.session import in_repository
        from reconciler.render.github import annotation_lines

        return "\n".join([*annotation_lines(loaded.findings, in_repository), verdict])
    if not loaded.findings:
        return verdict
    return f"{findings_text(loaded.findings, Paint(session.output.colour))}\n{verdict}"
