"""The steps of a restore: read, compare, ask, write, look again, report."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import reconciler
from reconciler.core.commands import Invocation
from reconciler.core.model import Config, LiveAssignment, LiveDomain
from reconciler.core.plan.gates import NAMES
from reconciler.core.report import Conflict, Differing, Restoration
from reconciler.core.text import clean
from reconciler.core.times import iso
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import read_stores
from reconciler.daily.rescue import file as rescues
from reconciler.daily.rescue.restore import (
    RestoreOptions,
    closed_gates,
    conflicts,
    edited,
    missing,
    restore,
)
from reconciler.errors import ReconcilerError, RefusedError, UsageError
from reconciler.operations.lock import held
from reconciler.operations.options import RestoreAsked, parse_allow
from reconciler.operations.output.question import confirm
from reconciler.operations.rescue.place import beside
from reconciler.operations.session import Session, connect
from reconciler.operations.signals import stop_on_signals
from reconciler.render.json.documents import (
    dismissed_document,
    dump,
    restored_document,
)
from reconciler.render.words import count

MISSING: Final = 2
"""How `--check` ends when something is missing or differs."""

UNDELIVERED: Final = 3
"""How a restore ends that wrote, and whose result no stream took."""

_DAY: Final = 86_400
_AHEAD: Final = _DAY
"""Seconds that the clock of the machine which saved a file may be ahead of this one."""


def run_restore(session: Session, file: Path, asked: RestoreAsked) -> int:
    """Bring back, look or dismiss; returns the exit code."""
    allowed = parse_allow(asked.allow, NAMES)
    if asked.check and asked.dismiss:
        raise UsageError("--check and --dismiss do not go together")
    rescue = rescues.load(file)
    if asked.dismiss:
        return _dismiss(session, file, rescue)
    if not asked.check and not asked.yes and not sys.stdin.isatty():
        raise UsageError("without a terminal, restore needs --yes or --check")
    config = Config(rescue.domain)
    declared = _declared(session, asked.config, rescue)
    if asked.check:
        with connect(session, config) as client:
            return _check(session, client, rescue, declared)
    _check_age(session, file, rescue, asked.max_age)
    options = RestoreOptions(
        copy=beside([str(file)], rescue.domain, session.now()),
        allow=allowed,
        declared=declared,
        stop=session.stop,
        saved=int(session.now()),
    )
    with connect(session, config, writable=True) as client:
        return _restore(session, client, rescue, options, asked)


def _dismiss(session: Session, file: Path, rescue: rescues.Rescue) -> int:
    now = str(rescues.dismiss(file))
    text = f"dismissed: {now}"
    if session.output.format == "json":
        text = dump(dismissed_document(rescue.domain, now, reconciler.__version__))
    return 0 if session.deliver(text) else UNDELIVERED


def _declared(
    session: Session, paths: Iterable[Path], rescue: rescues.Rescue
) -> frozenset[str]:
    """The numbers that the config declares now: those are apply's business."""
    from reconciler.config.load import Variables
    from reconciler.operations.session import load_files, usable

    if not (paths := tuple(paths)):
        return frozenset()
    config = usable(load_files(session, paths, Variables.DUMMY))
    if config.domain != rescue.domain:
        raise RefusedError(
            f"the config is for domain '{config.domain}', but the rescue file is of "
            f"domain '{rescue.domain}'"
        )
    return frozenset(number.key for number in config.of_kind("number"))


def _check_age(
    session: Session, file: Path, rescue: rescues.Rescue, most: float
) -> None:
    """What an old file misses may have been removed on purpose since."""
    saved = rescue.saved or file.stat().st_mtime
    if saved - session.now() > _AHEAD:
        raise ReconcilerError(
            f"{file} is not a whole rescue file: it says that it was saved on "
            f"{iso(saved)}, which is in the future; nothing was sent"
        )
    if session.now() - saved > most:
        # The file is a little older when the command is pasted.
        days = int((session.now() - saved) / _DAY) + 2
        again = session.invocation.again
        raise RefusedError(
            f"{file} was saved on {iso(saved)}, and what went since may have been "
            "removed on purpose",
            tip=f"`{again('--check')}` shows what it would bring back; "
            f"`{again('--max-age', f'{days}d')}` allows it",
        )


Seen = tuple[LiveDomain, tuple[LiveAssignment, ...]]


def _read(client: DailyClient, rescue: rescues.Rescue) -> Seen:
    domain, stores = read_stores(client)
    if rescue.domain != domain.name:
        raise RefusedError(
            f"the rescue file is of domain '{rescue.domain}', "
            f"but the API key belongs to '{domain.name}'"
        )
    return domain, stores


def _check(
    session: Session,
    client: DailyClient,
    rescue: rescues.Rescue,
    declared: frozenset[str],
) -> int:
    """Say what would come back. Nothing is sent."""
    stores = _read(client, rescue)[1]
    lost = missing(rescue, stores, declared)
    result = Restoration(
        left=lost,
        conflicts=conflicts(rescue, stores, declared),
        differing=edited(rescue, stores, declared),
    )
    code = MISSING if lost or result.differing else 0
    return _show(session, result, rescue.domain, code=code)


def _restore(
    session: Session,
    client: DailyClient,
    rescue: rescues.Rescue,
    options: RestoreOptions,
    asked: RestoreAsked,
) -> int:
    domain, stores = _read(client, rescue)
    lost = missing(rescue, stores, options.declared)
    for entry in lost:
        session.say(f"missing: {clean(entry.description)}")
    for gate in closed_gates(lost, domain, stores, options.allow):
        raise RefusedError(
            "restoring rewrites a legacy list and is blocked by gate "
            f"{gate.name}: {gate.message}",
            tip="docs/gates.md explains the risk; to allow it: "
            f"`{session.invocation.again(*gate.hint.split())}`",
        )
    if lost and not asked.yes:
        entries = count(len(lost), "assignment")
        confirm(session, f"Bring back {entries} in '{domain.name}'?")
    result = Restoration(
        conflicts=conflicts(rescue, stores, options.declared),
        differing=edited(rescue, stores, options.declared),
    )
    if lost:
        # Not while the question waits: what was read is compared when it is written.
        with held(session, domain.name, asked.lock_file):
            stop_on_signals(session)
            result = restore(client, rescue, stores, options)
    return _show(session, result, domain.name, code=result.exit_code)


def _show(session: Session, result: Restoration, domain: str, *, code: int) -> int:
    """Deliver the result; returns the code, which is 3 for an undelivered write."""
    text = "\n".join(_lines(result, session.invocation))
    if result.lost and result.rescue_file:
        command = session.invocation.restoring(result.rescue_file)
        text += f"\n{command}"
    if session.output.format == "json":
        tool = reconciler.__version__
        text = dump(restored_document(result, domain, code, tool=tool))
    if not (result.wrote or result.lost):
        session.result(text)
        return code
    # What was written must be known, if only on the other stream.
    return code if session.deliver(text) else UNDELIVERED


def _lines(result: Restoration, run: Invocation) -> Iterator[str]:
    problems = [done for done in result.made if done.problem]
    for said in result.lost:
        yield f"LOST: {clean(said)}"
    for done in problems:
        yield f"failed: {clean(done.entry.description)}: {clean(done.problem)}"
    for entry in result.left:
        yield f"still missing: {clean(entry.description)}"
    yield from map(_conflict, result.conflicts)
    yield from map(_differing, result.differing)
    if result.stopped:
        yield f"stopped: {clean(result.stopped)}"
    if result.unverified:
        looks = f"`{run.again('--check')}` looks again"
        yield f"not verified: {clean(result.unverified)}; {looks}"
    if result.rescue_file:
        yield f"both stores as they were before are saved in {result.rescue_file}"
    if result.made or result.stopped:
        yield f"{count(len(result.made) - len(problems), 'assignment')} brought back"
    elif not result.left:
        differ = f", {count(len(result.differing), 'assignment')} with other values"
        yield "nothing is missing" + differ * bool(result.differing)


def _differing(differing: Differing) -> str:
    return (
        f"not restored: {clean(differing.entry.description)}: it differs from the file "
        f"in {clean(', '.join(differing.fields))}; restore does not overwrite what may "
        "be a later edit"
    )


def _conflict(conflict: Conflict) -> str:
    entry, now = conflict.entry, conflict.now
    return (
        f"not restored: {clean(entry.description)}: the number is assigned as "
        f"{now.type} in the {now.store} store now"
    )
