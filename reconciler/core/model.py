"""The nouns: what a file declares, what Daily holds, and values nobody may see.

A resource is flat: a room's fields are `privacy` and its properties, a number's
are `type` and the fields of its assignment. Field values are plain JSON values,
except that a `Secret` may stand for any string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from reconciler.core.times import expired, seconds_of

KindName: TypeAlias = Literal["room", "number"]
Store: TypeAlias = Literal["current", "legacy"]
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written: line and column count from 1.

    `width` is the length of the marked text, in characters.
    """

    file: str
    line: int = 0
    column: int = 0
    width: int = 1


@dataclass(frozen=True, slots=True)
class Rolling:
    """`expires`: how far ahead `exp` is set, and when it is pushed. Seconds."""

    after: int
    renew_before: int


@dataclass(frozen=True, slots=True)
class Limit:
    """The most changes of one kind an apply may make without being told.

    One of the two is set: a count, or a percentage of the resources that the
    file manages and Daily has. `least`: a percentage never means fewer than this.
    """

    count: int | None = None
    percent: float | None = None
    least: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """The `limits` section, defaults filled in."""

    delete: Limit = Limit(count=5)
    replace: Limit = Limit(count=1)
    update: Limit = Limit(percent=50, least=10)


@dataclass(frozen=True, slots=True)
class Desired:
    """One room or number as the files declare it, defaults applied.

    `fields`: only what is written; None means "back to Daily's default".
    `write_only`: paths that are never compared, and sent with every write of the
    room or number; a nested one with every write of its object.
    `extra`: names in `fields` that the schema does not know. `ends`: the room is meant
    to end, and its PIN with it. `title` is for people: never sent, never compared.
    `places`: where each field is written, for messages.
    """

    kind: KindName
    key: str
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)
    absent: bool = False
    rolling: Rolling | None = None
    write_only: frozenset[Path] = frozenset()
    extra: frozenset[str] = frozenset()
    ends: bool = False
    title: str = ""
    place: Place | None = None
    places: Mapping[Path, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the files declare.

    `ledger`: the file that records what callers have been told; empty without one.
    """

    domain: str
    store: Store = "current"
    limits: Limits = Limits()
    resources: tuple[Desired, ...] = ()
    ledger: str = ""

    def of_kind(self, kind: KindName) -> tuple[Desired, ...]:
        """The declared resources of one kind, in file order."""
        return tuple(r for r in self.resources if r.kind == kind)


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """A room as Daily showed it. `config` holds every key Daily sent.

    `created`: when it was made, in Unix seconds; None where Daily does not show it.
    `url`: where people join by browser; empty where Daily does not show it.
    """

    name: str
    id: str
    privacy: str | None
    config: Mapping[str, object] = field(default_factory=dict, repr=False)
    created: int | None = None
    url: str = ""

    @property
    def fields(self) -> Mapping[str, object]:
        """The room's fields, flat, as `Desired.fields` has them."""
        return {"privacy": self.privacy, **self.config}

    @property
    def exp(self) -> int | None:
        """When the room expires, in whole Unix seconds; None when it does not."""
        return seconds_of(self.config.get("exp"))

    def expired(self, now: float) -> bool:
        """Tell whether Daily treats the room as gone at this time."""
        return expired(self.config.get("exp"), now)

    @property
    def pin(self) -> str | None:
        """The 11-digit PIN (`dialin_code`), None without one."""
        code = self.config.get("dialin_code")
        return str(code) if code not in (None, "") else None


@dataclass(frozen=True, slots=True)
class LiveAssignment:
    """A phone-number assignment as one store shows it.

    `number` is E.164, or None for an entry that is reached by SIP only.
    `fields` holds every key Daily sent. `position` is the index in a legacy list.
    """

    store: Store
    type: str
    number: str | None
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)
    id: str = ""
    position: int = 0

    @property
    def label(self) -> str:
        """Its number, else its SIP address or name."""
        name = self.fields.get("sip_uri") or self.fields.get("name_prefix") or self.id
        return self.number or f"SIP entry {name or self.position}"

    @property
    def description(self) -> str:
        """What people call the entry, and where it is: for messages."""
        return f"{self.label} ({self.type}, {self.store} store)"


@dataclass(frozen=True, slots=True)
class PurchasedNumber:
    """A number the domain owns. Verified caller ids are not among them.

    `created` is as Daily wrote it: its documentation has two forms of dates. `name`
    is what people called it.
    """

    number: str
    id: str
    created: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class LiveDomain:
    """The domain itself: its name, id, and the settings rooms inherit.

    `shown_lists` names the legacy lists that the answer contained at all, even
    when null or empty: a list that is not shown cannot be replaced safely.
    `suspended`: calls do not work. `most_phones`: how many phone and SIP connections
    one room takes at a time.
    """

    name: str
    id: str
    config: Mapping[str, object]
    shown_lists: frozenset[str] = frozenset()
    suspended: bool = False
    most_phones: int = 5


@dataclass(frozen=True, slots=True)
class Presence:
    """How many people are in each room that is not empty.

    `problem`: why that is not known; `people` says nothing then.
    """

    people: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """One reading of a Daily domain.

    `rooms` is keyed by the name a room was found under. `total_rooms` is Daily's
    own count. `complete` says that every room of the domain was read. `purchased` is
    newest first, and None when it was not asked for. `caller_ids` are numbers that
    are verified for calling out, and serve for nothing else. `skew` is Daily's clock
    minus ours in seconds, None when Daily did not say what time it is. `presence` is
    None when it was not asked for.
    """

    domain: LiveDomain
    rooms: Mapping[str, LiveRoom] = field(default_factory=dict)
    total_rooms: int = 0
    complete: bool = False
    assignments: tuple[LiveAssignment, ...] = ()
    purchased: tuple[PurchasedNumber, ...] | None = None
    caller_ids: tuple[str, ...] = ()
    requests: int = 0
    skew: float | None = None
    presence: Presence | None = None
