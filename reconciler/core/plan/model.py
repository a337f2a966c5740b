"""What would be done, as a value: computed whole, then shown, checked, applied.

`make_plan` is the only planner; `plan`, `apply` and the check after an apply all
call it. There is no state: the plan follows from the config, one reading of the
domain, and the time.

Decisions:
* Nothing is deleted but what is declared `state: absent`.
* A renewal is a change of its own, beside an update of the same room, so that it
  can be applied when the update is refused.
* A room whose `exp` has passed is planned as a creation, because Daily treats it
  as gone; it may also still hold the name, and the apply copes with both.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.core.compare.diff import FieldChange, Step
from reconciler.core.findings import Finding, errors, in_order
from reconciler.core.model import (
    Config,
    Desired,
    KindName,
    Live,
    LiveAssignment,
    LiveRoom,
    Store,
)


class Action(enum.StrEnum):
    """What is done to one resource."""

    CREATE = "create"
    UPDATE = "update"
    RENEW = "renew"
    REPLACE = "replace"
    DELETE = "delete"


class Origin(enum.StrEnum):
    """Why a change is there, when the plan was made against a base revision.

    `CHANGE`: only this revision wants it. `DRIFT`: the base wanted it too, so Daily
    had moved away from what was agreed.
    """

    UNKNOWN = ""
    CHANGE = "change"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something the base managed and this revision does not; it stays in Daily.

    `path` is empty for a whole room or number. `line` is what to write to remove or
    reset it.
    """

    kind: KindName
    key: str
    path: tuple[str, ...]
    line: str


@dataclass(frozen=True, slots=True)
class Risk:
    """What a change may cost the people who call in: an id and one sentence."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do, why, and what it risks.

    `fields` is for people: secrets in it are `Secret`s. `send` is what is written
    (secrets in it too): the changed fields for a room, the whole entry for a
    number. `drifted`: paths of fields that the base revision wanted too.
    """

    action: Action
    kind: KindName
    key: str
    reason: str
    desired: Desired
    fields: tuple[FieldChange, ...] = ()
    risks: tuple[Risk, ...] = ()
    send: Mapping[str, object] = field(default_factory=dict, repr=False)
    live: LiveRoom | LiveAssignment | None = field(default=None, repr=False)
    origin: Origin = Origin.UNKNOWN
    drifted: frozenset[tuple[Step, ...]] = frozenset()

    @property
    def address(self) -> str:
        """How people and options name it: `room lobby`, `number +1209...`."""
        return f"{self.kind} {self.key}"

    @property
    def live_room(self) -> LiveRoom | None:
        """The live side of a room's change."""
        return self.live if isinstance(self.live, LiveRoom) else None

    @property
    def live_assignment(self) -> LiveAssignment | None:
        """The live side of a number's change."""
        return self.live if isinstance(self.live, LiveAssignment) else None

    @property
    def ends_dialin(self) -> bool:
        """True when the change takes PIN dial-in away on purpose."""
        return "dialin" in self.send and self.send["dialin"] is None

    @property
    def live_pin(self) -> str | None:
        """The PIN that callers use now, if the room has one."""
        return self.live_room.pin if self.live_room else None


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """What lives in Daily and in no file. `rooms` is filled only when asked for.

    `listed`: it was asked for. A number that both dial-in stores show counts once.
    """

    room_count: int = 0
    rooms: tuple[str, ...] = ()
    assignments: tuple[LiveAssignment, ...] = ()
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one run would do, in the order in which it would do it.

    `managed_live`: how many declared resources Daily has; limits in percent count
    against it. `now`: Unix seconds. `base` names the revision that the plan was
    compared with, `base_count` how many resources it declared; see `origin`.
    """

    config: Config
    live: Live = field(repr=False)
    now: float
    changes: tuple[Change, ...] = ()
    in_sync: int = 0
    managed_live: int = 0
    unmanaged: Unmanaged = Unmanaged()
    findings: tuple[Finding, ...] = ()
    base: str = ""
    base_count: int = 0
    dropped: tuple[Dropped, ...] = ()

    @property
    def store(self) -> Store:
        """The dial-in store that assignments are written to."""
        return self.config.store

    @property
    def blocked(self) -> bool:
        """True when findings say that this plan cannot be applied."""
        return bool(errors(self.findings))

    def count(self, *actions: Action) -> int:
        """How many changes have one of these actions."""
        return sum(change.action in actions for change in self.changes)

    def only_renewals(self) -> Plan:
        """The same plan without anything but renewals, and without its errors.

        An error elsewhere in the file must not let a PIN die.
        """
        kept = tuple(c for c in self.changes if c.action is Action.RENEW)
        said = tuple(f for f in self.findings if f not in errors(self.findings))
        return replace(self, changes=kept, findings=said)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources a run is about, and which are sent again regardless.

    Both take a kind and a key, and answer yes or no.
    """

    only: Callable[[KindName, str], bool] = lambda _kind, _key: True
    resend: Callable[[KindName, str], bool] = lambda _kind, _key: False
    list_unmanaged: bool = False


EVERYTHING = Selection()

_ORDER = {
    ("number", Action.REPLACE): 0,
    ("number", Action.CREATE): 0,
    ("number", Action.UPDATE): 0,
    ("room", Action.RENEW): 1,
    ("room", Action.CREATE): 2,
    ("room", Action.UPDATE): 3,
    ("room", Action.DELETE): 4,
    ("number", Action.DELETE): 5,
}


def make_plan(
    config: Config, live: Live, *, now: float, selection: Selection = EVERYTHING
) -> Plan:
    """Compare what is declared with what Daily has.

    Args:
        config: a valid config.
        live: one reading of the domain that holds every declared resource.
        now: Unix seconds.
        selection: what to plan, and what to send again without a difference.
    """
    from reconciler.core.plan import numbers as plan_numbers
    from reconciler.core.plan import rooms as plan_rooms

    rooms = plan_rooms.plan_rooms(config, live, now, selection)
    numbers = plan_numbers.plan_numbers(config, live, selection)
    changes = [*rooms.changes, *numbers.changes]
    changes.sort(key=lambda c: _ORDER[c.kind, c.action])
    return Plan(
        config=config,
        live=live,
        now=now,
        changes=tuple(changes),
        in_sync=rooms.in_sync + numbers.in_sync,
        managed_live=rooms.found + numbers.found,
        unmanaged=_unmanaged(config, live, selection),
        findings=in_order([*rooms.findings, *numbers.findings]),
    )


@dataclass(slots=True)
class Draft:
    """What the planner of one kind gathers."""

    changes: list[Change] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    in_sync: int = 0
    found: int = 0


def _unmanaged(config: Config, live: Live, selection: Selection) -> Unmanaged:
    declared = {room.key for room in config.of_kind("room")}
    numbers = {number.key for number in config.of_kind("number")}
    ours = sum(1 for name in live.rooms if name in declared)
    foreign = [a for a in live.assignments if a.number not in numbers]
    chosen = {a.number for a in foreign if a.number and a.store == config.store}
    return Unmanaged(
        room_count=max(0, live.total_rooms - ours),
        rooms=tuple(sorted(n for n in live.rooms if n not in declared))
        if selection.list_unmanaged
        else (),
        assignments=tuple(
            a for a in foreign if a.store == config.store or a.number not in chosen
        ),
        listed=selection.list_unmanaged,
    )
