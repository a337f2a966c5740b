"""`dialin --update-ledger`: the one writer of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import reconciler
from reconciler.core.dialin.sheet import DialIn
from reconciler.core.findings import Finding, in_order
from reconciler.core.ledger import MIN_KEY, Ledger
from reconciler.core.ledger.reach import reaches
from reconciler.core.ledger.text import ID
from reconciler.core.ledger.update import Named, Recording, Update, update
from reconciler.core.ledger.writing import written
from reconciler.core.model import Config, Live
from reconciler.core.selectors import Key, choosing, parse_selectors
from reconciler.core.times import iso
from reconciler.errors import ReconcilerError, UsageError
from reconciler.operations.callers.ledger import (
    Keyed,
    compare,
    is_of_another,
    opened,
    read,
)
from reconciler.operations.files import check_writable, is_file, write_private
from reconciler.operations.session import Session, ledger_key, with_commands
from reconciler.render.text.findings import findings_text

_READABLE = 0o644
"""It is in git, and holds nothing that is secret."""
_FORMATS = ("text", "json")


def check_usable(session: Session, config: Config) -> None:
    """Refuse, before Daily is asked, what could not be written afterwards.

    Raises:
        UsageError: there is no ledger, its key is too short, or the format is another.
        ReconcilerError: the file cannot be read or written.
    """
    if session.output.format not in _FORMATS:
        raise UsageError("--update-ledger answers in text or json")
    if not config.ledger:
        raise UsageError(
            "--update-ledger: the config names no ledger; write beside `domain`: "
            "ledger: dialin.ledger"
        )
    key = ledger_key()
    if key is not None and len(key.text) < MIN_KEY:
        raise UsageError(f"DAILY_LEDGER_KEY has fewer than {MIN_KEY} characters")
    path = Path(config.ledger)
    if not is_file(path):
        raise ReconcilerError(f"the ledger {path} is not a regular file")
    check_writable({"ledger": path})
    _usable(read(config.ledger)[0], config.ledger)


def record(
    session: Session,
    config: Config,
    live: Live,
    entries: Sequence[DialIn],
    told: tuple[str, ...],
    only: tuple[str, ...],
) -> int:
    """Bring the ledger up to date and show what was changed; returns the exit code.

    Raises:
        UsageError: a selector matches nothing.
        ReconcilerError: the ledger is of another domain or key, or cannot be written.
    """
    ledger, file, now = read(config.ledger)[0], config.ledger, session.now()
    _usable(ledger, file)
    if is_of_another(ledger, live):
        raise ReconcilerError(f"the ledger {file} is of another domain; left as it is")
    keyed = opened(ledger, live.domain.name, to_write=True)
    numbers = {entry.room: [n.number for n in entry.numbers] for entry in entries}
    rooms = {room: numbers.get(room, []) for room in (*ledger.lines, *numbers)}
    made = update(
        ledger,
        reaches(config, live, now),
        Recording(iso(now)[:10], keyed.seal, keyed.other),
        named=_chooser("--told", told, dict.fromkeys(rooms, ()))
        if told
        else lambda _room: False,
        only=_chooser("--only", only, rooms) if only else lambda _room: True,
    )
    made = replace(made, ledger=_headed(made.ledger, live, keyed))
    _check_keys(session, ledger, made, keyed)
    if changed := _write(file, ledger, made):
        session.say(f"wrote {file}")
    said = in_order(with_commands(session, compare(session, config, live, now)))
    if said:
        session.say(findings_text(said, session.paint), level="warning")
    code = 3 if made.alarms or any(entry.missing for entry in entries) else 0
    session.result(_shown(session, made, live.domain.name, file, changed, said, code))
    return code


def _usable(ledger: Ledger, file: str) -> None:
    if not ledger.problems:
        return
    first = ledger.problems[0]
    where = f"{file}:{first.line}" if first.line else file
    raise ReconcilerError(
        f"{where}: {first.message}; the ledger was left as it is",
        tip="correct the line, or take the file as git has it",
    )


def _chooser(
    option: str, patterns: Iterable[str], rooms: Mapping[str, Sequence[str]]
) -> Named:
    """A test for rooms, which are chosen by name or by one of their numbers."""
    keys: dict[str, list[Key]] = {
        room: [("room", room), *(("number", number) for number in numbers)]
        for room, numbers in rooms.items()
    }
    known = [key for found in keys.values() for key in found]
    chosen = choosing(parse_selectors(option, patterns), known)
    return lambda room: any(chosen(*key) for key in keys.get(room, ()))


def _headed(ledger: Ledger, live: Live, keyed: Keyed) -> Ledger:
    """The ledger with the head that belongs to its lines."""
    id_ = live.domain.id if ID.fullmatch(live.domain.id) else ""
    print_ = keyed.seal.fingerprint if keyed.seal else ledger.fingerprint
    return replace(
        ledger,
        domain=live.domain.name,
        domain_id=ledger.domain_id or id_,
        fingerprint=print_ if ledger.keyed else "",
    )


def _check_keys(session: Session, old: Ledger, made: Update, keyed: Keyed) -> None:
    """Refuse to leave digests of two keys in one file."""
    kept = [r for r, line in made.ledger.lines.items() if old.lines.get(r) is line]
    if keyed.other and any(old.lines[room].digest for room in kept):
        command = session.invocation.again("--told", "room:*")
        raise ReconcilerError(
            "the ledger was written with another DAILY_LEDGER_KEY; nothing was written",
            tip=f"set that key; to change it, every line is told again: `{command}`",
        )


def _write(file: str, old: Ledger, made: Update) -> bool:
    """Write the file, if that changes it."""
    if not old.rows and not made.ledger.lines:
        return False
    text = written(old, made.ledger)
    if text == "".join(old.rows):
        return False
    write_private(Path(file), text, mode=_READABLE)
    return True


def _shown(
    session: Session,
    made: Update,
    domain: str,
    file: str,
    changed: bool,
    said: Sequence[Finding],
    code: int,
) -> str:
    if session.output.format == "json":
        from reconciler.render.json.documents import dump
        from reconciler.render.json.ledger import ledger_document

        tool = reconciler.__version__
        return dump(
            ledger_document(
                made, domain, file, said, written=changed, exit_code=code, tool=tool
            )
        )
    from reconciler.render.text.ledger import ledger_text

    return ledger_text(made)
