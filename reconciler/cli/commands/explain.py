"""`explain`: the documentation of one key of the config, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.completing import key_paths
from reconciler.cli.options import output_options

if TYPE_CHECKING:
    from reconciler.core.key_docs import Key

MOST_NAMED = 12


@click.command()
@click.argument("path", default="", shell_complete=key_paths)
@output_options("text", "json")
def explain(path: str, **shared: Any) -> int:
    """Explain one key of the config, or a finding by its id.

    PATH is written as in a file, `rooms.lobby.properties.lang`, or with `*` for any
    name; its last steps are enough where they mean one key: `lang`. Without PATH,
    the keys at the top are listed. The id of a finding, such as `pin-not-as-told`, is
    explained too. Nothing is read but the schema.
    """
    from reconciler.cli.failure import guarded, session_of

    session = session_of(**shared)

    def work() -> int:
        import reconciler
        from reconciler.core.findings import IDS

        if path in IDS:
            session.result(_finding(path, session.output.format))
            return 0
        key = _one(path)
        if session.output.format == "json":
            from reconciler.render.json.documents import dump
            from reconciler.render.json.explain import key_document

            session.result(dump(key_document(key, reconciler.__version__)))
        else:
            from reconciler.render.text.explain import key_text
            from reconciler.render.words import Paint

            session.result(key_text(key, Paint(session.output.colour)))
        return 0

    return guarded(session, work)


def _finding(id_: str, format_: str) -> str:
    import reconciler
    from reconciler.render.json.documents import dump
    from reconciler.render.json.explain import finding_id_document
    from reconciler.render.text.explain import finding_id_text

    if format_ == "json":
        return dump(finding_id_document(id_, reconciler.__version__))
    return finding_id_text(id_)


def _one(path: str) -> Key:
    """The key that is meant; a usage error for a path that is none, or several."""
    from reconciler.config.schema import reference as keys
    from reconciler.core.text import clean

    found = keys.find(path)
    if len(found) == 1:
        return found[0]
    shown = clean(path)
    if found:
        names = [key.name for key in found[:MOST_NAMED]]
        more = (
            [f"and {len(found) - MOST_NAMED} more"] if len(found) > MOST_NAMED else []
        )
        raise click.UsageError(f"'{shown}' may be any of: {', '.join([*names, *more])}")
    near = keys.suggestion(path)
    hint = (
        f"did you mean '{clean(near)}'?"
        if near
        else "`daily-reconciler explain` lists the keys at the top"
    )
    raise click.UsageError(f"no key '{shown}' in the config format; {hint}")
