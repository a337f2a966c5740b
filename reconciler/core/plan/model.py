"""What a plan is: the types, apart from the planner that makes one."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from reconciler.core.compare.diff import FieldChange, Step
from reconciler.core.compare.fingerprint import PIN
from reconciler.core.dialin.unmanaged import UnmanagedRoom, nearest_end
from reconciler.core.findings import Finding, errors
from reconciler.core.model import (
    Config,
    Desired,
    KindName,
    Live,
    LiveAssignment,
    LiveRoom,
    Path,
    Store,
)


class Action(enum.StrEnum):
    """What is done to one resource."""

    CREATE = "create"
    UPDATE = "update"
    RENEW = "renew"
    REPLACE = "replace"
    DELETE = "delete"


ChangeId: TypeAlias = tuple[KindName, str, Action]


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

    `path` is empty for a whole room or number, and `("expires",)` for a room that is
    not renewed any more. `line` is what to write beneath the keys `under`: it removes
    or resets the thing, or keeps it managed where `keeps` says so. It is empty where
    no line helps.
    `ends`: Unix seconds at which Daily ends the room, if it does; `has_pin` says that
    callers use its PIN until then. `renamed_to` is the likely new name of a room.
    """

    kind: KindName
    key: str
    path: tuple[str, ...]
    line: str
    under: tuple[str, ...] = ()
    keeps: bool = False
    ends: int | None = None
    has_pin: bool = False
    renamed_to: str = ""


@dataclass(frozen=True, slots=True)
class Risk:
    """What a change may cost the people who call in: an id and one sentence.

    `rooms`: the rooms whose callers it may cost something, where the risk names some.
    """

    id: str
    text: str
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do, why, what it sends, and what it risks.

    `send` is what is written (secrets in it are `Secret`s). Every leaf of it is in one
    of the next three, which are for people: `fields` differ, before and after;
    `also_sent` are declared, and sent without a difference that was seen; `carried` are
    live keys of a written object, sent back as they were read. `removed` is what
    writing takes away. `resent`: it was asked for, whatever differs. `drifted`: paths
    of fields that the base revision wanted too.
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
    also_sent: tuple[FieldChange, ...] = ()
    carried: tuple[FieldChange, ...] = ()
    removed: tuple[FieldChange, ...] = ()
    resent: bool = False

    @property
    def sent(self) -> tuple[FieldChange, ...]:
        """Every leaf of what is written, in no order that means something."""
        return (*self.fields, *self.also_sent, *self.carried)

    def veiled(self, veil: Callable[[tuple[Step, ...], object], object]) -> Change:
        """The same change with its live values shown as `veil` says, by path."""

        def live(field: FieldChange) -> FieldChange:
            return replace(field, before=veil(field.path, field.before))

        def both(field: FieldChange) -> FieldChange:
            return replace(live(field), after=veil(field.path, field.after))

        return replace(
            self,
            fields=tuple(map(live, self.fields)),
            also_sent=tuple(map(live, self.also_sent)),
            carried=tuple(map(both, self.carried)),
            removed=tuple(map(live, self.removed)),
        )

    @property
    def id(self) -> ChangeId:
        """Which change of its plan this is: a room may be renewed and updated too."""
        return self.kind, self.key, self.action

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
    def removes_pin(self) -> bool:
        """True when callers lose a PIN that they can use now."""
        return any(field.path == PIN for field in self.removed)

    @property
    def live_pin(self) -> str | None:
        """The PIN that callers use now, if the room has one."""
        return self.live_room.pin if self.live_room else None


@dataclass(frozen=True, slots=True)
class Unapproved:
    """A change that nobody approved, and how it differs from what was."""

    change: Change
    why: str


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """What lives in Daily and in no file.

    `rooms`: PIN rooms first, by their end, then the others; None when some rooms were
    not read. `listed`: the list was asked for. A number that both dial-in stores show
    counts once. `assignments` is None when the dial-in stores were not read.
    """

    room_count: int = 0
    rooms: tuple[UnmanagedRoom, ...] | None = None
    assignments: tuple[LiveAssignment, ...] | None = None
    listed: bool = False

    @property
    def pin_rooms(self) -> tuple[UnmanagedRoom, ...] | None:
        """Rooms with a PIN that callers may have been given."""
        if self.rooms is None:
            return None
        return tuple(room for room in self.rooms if room.watched)

    @property
    def endless(self) -> tuple[UnmanagedRoom, ...] | None:
        """Rooms without a PIN and without an end."""
        if self.rooms is None:
            return None
        return tuple(r for r in self.rooms if r.lasting and not r.has_pin)

    @property
    def thrown_away(self) -> int | None:
        """How many rooms end by themselves, and callers do not depend on them."""
        return None if self.rooms is None else sum(not r.lasting for r in self.rooms)

    @property
    def nearest_end(self) -> int | None:
        """When the first PIN that callers may have been given ends, in Unix seconds."""
        return nearest_end(self.rooms or ())


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one run would do, in the order in which it would do it.

    `managed_live`: how many declared resources Daily has; limits in percent count
    against it. `now`: Unix seconds. `base` names the revision that the plan was
    compared with, `base_count` how many of its resources Daily has, `base_unread` how
    many of its files cannot be read; see `origin`. `witnessed`: keys of rooms that
    Daily may hide, and that it showed of some room.
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
    base_unread: int = 0
    dropped: tuple[Dropped, ...] = ()
    witnessed: frozenset[Path] = frozenset()

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


Forced: TypeAlias = Callable[[KindName, str, Path], bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources a run is about, and which are sent again regardless.

    `only` and `resend` take a kind and a key, and answer yes or no. `forced` takes a
    path as well: a key there that Daily may keep without showing it is a difference.
    `proven`: rooms that have the PIN that a ledger has a digest of, with the time at
    which it was written at the latest, in Unix seconds.
    """

    only: Callable[[KindName, str], bool] = lambda _kind, _key: True
    resend: Callable[[KindName, str], bool] = lambda _kind, _key: False
    forced: Forced = lambda _kind, _key, _path: False
    list_unmanaged: bool = False
    proven: Mapping[str, float] = field(default_factory=dict)


EVERYTHING = Selection()


@dataclass(slots=True)
class Draft:
    """What the planner of one kind gathers."""

    changes: list[Change] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unverified: list[tuple[Desired, Path]] = field(default_factory=list)
    in_sync: int = 0
    found: int = 0
    witnessed: frozenset[Path] = frozenset()
