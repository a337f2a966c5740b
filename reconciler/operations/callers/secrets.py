"""The secrets of phone numbers, into a private file that a shell reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reconciler.core.export.suggest import secret_values
from reconciler.core.model import Config, Live
from reconciler.core.text import clean
from reconciler.errors import UsageError
from reconciler.operations.files import (
    check_distinct,
    check_new,
    check_writable,
    is_stream,
    write_private,
)
from reconciler.operations.rescue.place import check_spared
from reconciler.operations.session import Session
from reconciler.render.words import count
from reconciler.render.yaml import variables_text


def check_secrets(
    session: Session, config: Iterable[Path], out: Path | None, *, force: bool
) -> None:
    """Refuse what is no file, or holds something else, before anything is sent.

    Raises:
        UsageError: it is a stream or a file that the run reads.
        ReconcilerError: it exists, or cannot be written.
    """
    if out is not None and is_stream(out):
        raise UsageError(f"--secrets-out takes a file, which {out} is not")
    outputs = {"--secrets-out": out}
    check_distinct(outputs, session.target.files, config)
    check_spared(outputs)
    check_new([out], force=force)
    check_writable(outputs)


def write_secrets(session: Session, out: Path, config: Config, live: Live) -> None:
    """Write what Daily shows, the store that the config writes first."""
    entries = sorted(live.assignments, key=lambda entry: entry.store != config.store)
    values = secret_values(entries)
    write_private(out, variables_text(values) or "\n")
    session.say(f"wrote {count(len(values), 'secret')} to {clean(str(out))}")
    hidden = sum(
        entry.type == "pinless_dialin" and not entry.fields.get("hmac")
        for entry in entries
    )
    if hidden:
        said = f"Daily shows no hmac for {hidden:,} of the pinless entries"
        session.say(said, level="warning")
