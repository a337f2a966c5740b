"""The ledger: what callers have been told, compared with a reading.

Nothing is planned from it, and nothing about it ends a run: what is wrong with the file
or its key is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from reconciler.core.findings import Finding, first_of
from reconciler.core.ledger import MIN_KEY, Ledger, Problem, Seal, findings, parse
from reconciler.core.ledger.compare import compare as held_against
from reconciler.core.ledger.compare import proven as rooms_proven
from reconciler.core.ledger.reach import reaches
from reconciler.core.model import Config, KindName, Live
from reconciler.core.report import PinFate, Report
from reconciler.operations.session import Session, ledger_key, with_commands
from reconciler.paths import exists, is_regular

Only: TypeAlias = Callable[[KindName, str], bool]

MOST: Final = 8 * 1024 * 1024
"""Bytes of a ledger; a line has about 150."""


def everything(_kind: str, _key: str) -> bool:
    """Chooses all rooms."""
    return True


def compare(
    session: Session,
    config: Config,
    live: Live,
    now: float,
    only: Only = everything,
) -> tuple[Finding, ...]:
    """What the config's ledger has to say about a reading. Never raises.

    Of a room that is not as its callers were told, the finding is `pin-not-as-told`
    and its path `("rooms", NAME)`. Findings have commands: see `with_commands`.

    Args:
        session: of the run.
        config: as loaded; one without a `ledger` gives no finding.
        live: may be a reading of the rooms alone; numbers that it does not tell are
            not compared.
        now: Unix seconds.
        only: which rooms to compare.
    """
    if not config.ledger:
        return ()
    return tuple(_compared(session, config, live, now, only))


def _compared(
    session: Session, config: Config, live: Live, now: float, only: Only
) -> Iterator[Finding]:
    file = config.ledger
    ledger, exists = read(file)
    yield from findings.unusable(ledger, file)
    if is_of_another(ledger, live):
        # A sandbox is nobody's domain: whatever it is asked to try is no alarm.
        if not session.target.sandbox:
            yield findings.other_domain(ledger, file, live.domain.name)
        return
    keyed = opened(ledger, live.domain.name)
    yield from keyed.findings(ledger, file)
    compared = held_against(ledger, reaches(config, live, now), keyed.seal)
    for alarm in compared.alarms:
        if only("room", alarm.line.room):
            yield findings.alarm(alarm, ledger, file)
    if not ledger.problems:
        yield from findings.notes(compared, file, exists=exists)


def offline(config: Config) -> tuple[Finding, ...]:
    """What can be said about the config's ledger without a reading."""
    if not config.ledger:
        return ()
    ledger, _ = read(config.ledger)
    found = tuple(findings.unusable(ledger, config.ledger))
    if ledger.domain and ledger.domain != config.domain:
        found += (findings.other_domain(ledger, config.ledger, config.domain),)
    return found


def proven(config: Config, live: Live) -> Mapping[str, float]:
    """The rooms that have the PIN that callers were told: see `Selection`."""
    if not config.ledger:
        return {}
    ledger, _ = read(config.ledger)
    if is_of_another(ledger, live):
        return {}
    pins = {name: room.pin for name, room in live.rooms.items()}
    return rooms_proven(ledger, pins, opened(ledger, live.domain.name).seal)


def after_apply(
    session: Session,
    config: Config,
    report: Report,
    before: Live,
    now: float,
    only: Only = everything,
) -> Report:
    """The report with what callers have to be told now. Never raises.

    `before`: the reading that counts where there is none after the last write.
    """
    live = report.after or before
    alarms = first_of(with_commands(session, compare(session, config, live, now, only)))
    fates = (PinFate.NEW, PinFate.CHANGED)
    tell = {news.room for news in report.pins if news.fate in fates}
    named = {finding.path[1] for finding in alarms}
    tell |= {name for name in named if (room := live.rooms.get(name)) and room.pin}
    record: tuple[str, ...] = ()
    if config.ledger and tell:
        known = tell & read(config.ledger)[0].lines.keys()
        told = (word for room in sorted(known) for word in ("--told", f"room:{room}"))
        record = (*findings.UPDATE, *told)
    kept = alarms if config.ledger else None
    return replace(report, not_as_told=kept, tell=tuple(sorted(tell)), record=record)


def read(file: str) -> tuple[Ledger, bool]:
    """A ledger, and whether the file is there. Why it cannot be read is in it."""
    path = Path(file)
    try:
        if exists(path) and not is_regular(path):
            return _broken("it is not a regular file"), True
        with path.open("rb") as stream:
            content = stream.read(MOST + 1)
        if len(content) > MOST:
            return _broken(f"it is larger than {MOST >> 20} MiB"), True
        return parse(content.decode("utf-8")), True
    except FileNotFoundError:
        return Ledger(), False
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        return _broken(f"it cannot be read: {why}"), True
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Ledger(problems=(Problem(line, "it is not UTF-8 text"),)), True


def _broken(why: str) -> Ledger:
    return Ledger(problems=(Problem(0, why),))


def is_of_another(ledger: Ledger, live: Live) -> bool:
    """Tell whether a ledger belongs to another domain than the one that was read."""
    names = (ledger.domain, live.domain.name)
    ids = (ledger.domain_id, live.domain.id)
    return any(all(pair) and pair[0] != pair[1] for pair in (names, ids))


@dataclass(frozen=True, slots=True)
class Keyed:
    """What the key of this machine can do with a ledger. `seal` opens its digests."""

    seal: Seal | None = None
    given: bool = False
    short: bool = False
    other: bool = False

    def findings(self, ledger: Ledger, file: str) -> Iterator[Finding]:
        """What is to be said about the key, where the ledger has digests."""
        if self.short:
            yield findings.short_key(file, MIN_KEY)
        elif self.other:
            yield findings.other_key(file)
        elif ledger.keyed and not self.given:
            yield findings.no_key(file)


def opened(ledger: Ledger, domain: str, *, to_write: bool = False) -> Keyed:
    """Hold the key of this machine against a ledger.

    `to_write`: make the seal also of a ledger that has no digests, or another key's.
    """
    key = ledger_key()
    if key is None:
        return Keyed()
    if len(key.text) < MIN_KEY:
        return Keyed(given=True, short=True)
    if not ledger.keyed and not to_write:
        return Keyed(given=True)
    seal = Seal.of(key.text, domain)
    other = ledger.keyed and seal.fingerprint != ledger.fingerprint
    return Keyed(seal if to_write or not other else None, given=True, other=other)
