"""All rows of a check, and what is to be said beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.core.check.model import (
    ASSIGNMENTS,
    Reading,
    Row,
    Verdict,
    row,
)
from reconciler.core.check.numbers import number_row
from reconciler.core.check.rooms import Scene, room_row
from reconciler.core.check.unmanaged import throw_away, unmanaged_rows
from reconciler.core.dialin.number_use import NumberUse, number_uses
from reconciler.core.dialin.sheet import wants_pin
from reconciler.core.dialin.unmanaged import unmanaged_rooms
from reconciler.core.findings import Finding, in_order
from reconciler.core.model import Config, Desired, KindName
from reconciler.core.plan import make_plan
from reconciler.core.plan.model import Plan, Selection
from reconciler.core.plan.pin_life import account
from reconciler.core.plan.renewals import REST, SOON, waiting
from reconciler.core.secrecy import Secret

ALARMS: Final = frozenset({"pin-not-as-told", "ledger-key", "ledger-unusable"})
"""What says that a ledger does not hold, or cannot be compared."""

_NOTES: Final = frozenset({"clock-skew", "unverified", "other-dialin-number"})
_ORDER: Final = {Verdict.FAIL: 0, Verdict.UNKNOWN: 1, Verdict.OK: 2}

Only = Callable[[KindName, str], bool]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check looks at.

    `min_left`: seconds that a PIN must have left where nothing renews it. `proven`:
    see `Selection`. `told`: what the ledger has to say, where the config has one.
    `others`: rooms that no file names are looked at, too. `rescues`: the rescue files
    of earlier runs, each with what is to be said about it.
    """

    config: Config
    reading: Reading
    now: float
    min_left: float
    only: Only
    proven: Mapping[str, float]
    told: Sequence[Finding] = ()
    others: bool = True
    rescues: Mapping[str, Sequence[Finding]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Examined:
    """The rows, those that fail first, and what fails no row; see `Health`."""

    rows: tuple[Row, ...]
    notes: tuple[Finding, ...]
    throw_away: int | None


def examine(asked: Checked, of_files: Iterable[Finding] = ()) -> Examined:
    """A row for each thing that callers depend on.

    `of_files`: what was found in the config.
    """
    asked = replace(asked, config=_without_unset(asked.config))
    config, live = asked.config, asked.reading.live
    plan = make_plan(config, live, now=asked.now, selection=Selection(only=asked.only))
    uses = {use.number: use for use in number_uses(config, live)}
    every = [_account(asked), *_ledger(asked), *_rescues(asked)]
    every += _rooms(asked, plan, uses)
    every += _numbers(asked, plan, uses)
    others = unmanaged_rooms(config, live, asked.now) if asked.others else []
    count = throw_away(others, asked.reading) if asked.others else None
    if asked.others:
        every += unmanaged_rows(others, asked.reading, asked.now, asked.min_left)
    rows = tuple(sorted(every, key=lambda row: _ORDER[row.verdict]))
    notes = in_order([*_notes(asked, plan), *of_files])
    return Examined(rows, notes, count)


def _without_unset(config: Config) -> Config:
    """What is declared, without fields whose variable is not set: nothing is known."""

    def known(desired: Desired) -> Desired:
        fields = {
            name: value
            for name, value in desired.fields.items()
            if not (isinstance(value, Secret) and value.text == "")
        }
        return replace(desired, fields=fields)

    return replace(config, resources=tuple(map(known, config.resources)))


def _notes(asked: Checked, plan: Plan) -> Iterator[Finding]:
    yield from (f for f in asked.told if f.id not in ALARMS)
    yield from (f for f in plan.findings if f.id in _NOTES)


def _account(asked: Checked) -> Row:
    domain = asked.reading.live.domain
    state = "suspended" if domain.suspended else "not suspended"
    return row("account", domain.name, account(domain), checked=[state])


def _ledger(asked: Checked) -> Iterator[Row]:
    """Whether rooms are as callers were told; all parts of a reading tell."""
    if not asked.config.ledger:
        return
    alarms = in_order(f for f in asked.told if f.id in ALARMS)
    gaps = asked.reading.gaps(*asked.reading.unread)
    checked = () if asked.told or gaps else ("as callers were told",)
    yield row("ledger", asked.config.ledger, alarms, gaps, checked=checked)


def _rescues(asked: Checked) -> Iterator[Row]:
    """Files of earlier runs that hold what Daily lacks; others need no row."""
    gaps = asked.reading.gaps(ASSIGNMENTS)
    for path, findings in asked.rescues.items():
        if findings or gaps:
            yield row("rescue-file", path, findings, gaps)


def _rooms(asked: Checked, plan: Plan, uses: Mapping[str, NumberUse]) -> Iterator[Row]:
    live = asked.reading.live
    scene = Scene(
        asked.reading,
        asked.now,
        asked.min_left,
        uses,
        _by_number(plan.findings),
        _waiting(asked),
    )
    for desired in asked.config.of_kind("room"):
        room = live.rooms.get(desired.key)
        if asked.only("room", desired.key) and wants_pin(desired, room):
            yield room_row(desired, scene)


def _waiting(asked: Checked) -> frozenset[str]:
    """Rooms whose renewal waits for another one on purpose, and can.

    Also where the day of waiting has passed, and the next renewal is yet to come.
    """
    config, live = asked.config, asked.reading.live
    times = asked.now, asked.now - REST
    names = {n for at in times for n in waiting(config, live, at, asked.proven)}
    ends = ((name, live.rooms[name].exp) for name in names)
    return frozenset(name for name, exp in ends if exp and exp - asked.now > SOON)


def _numbers(
    asked: Checked, plan: Plan, uses: Mapping[str, NumberUse]
) -> Iterator[Row]:
    findings = _by_number(plan.findings)
    changes = {c.key: c for c in plan.changes if c.kind == "number"}
    for desired in asked.config.of_kind("number"):
        key = desired.key
        if asked.only("number", key) and not desired.absent:
            found = findings.get(key, ())
            yield number_row(desired, uses[key], changes.get(key), found, asked.reading)


def _by_number(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings about numbers, by number."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.path[:1] == ("phone_numbers",):
            found.setdefault(finding.path[1], []).append(finding)
    return found
