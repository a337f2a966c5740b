"""The rooms whose end can be told, also from files that are wrong elsewhere.

A renewal needs the version, the domain, and of each room its name, `state` and
`expires`. An error anywhere else must not let a PIN end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.config.build import ledger, rolling
from reconciler.config.entries import Entry, Gathered
from reconciler.config.reading.positions import Document
from reconciler.config.rules.rooms import is_room_name
from reconciler.core.model import Config, Desired, Store
from reconciler.core.phone import e164

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Renewable:
    """What can be renewed. `config` is None where version or domain is not known.

    `config` has the rooms with an `expires` that can be used, of whose fields it tells
    only that there is a `dialin`, and the numbers. `unclear`: rooms that may have
    one, and cannot be read.
    """

    config: Config | None = None
    unclear: tuple[str, ...] = field(default=())

    @property
    def rooms(self) -> tuple[Desired, ...]:
        """The rooms that can be renewed."""
        return self.config.of_kind("room") if self.config else ()


def renewable(documents: Sequence[Document], gathered: Gathered) -> Renewable:
    """Find the rooms that can be renewed in files of which some parts may be wrong."""
    domain = _domain(documents)
    if domain is None or not _is_known_version(documents):
        return Renewable()
    rooms = gathered.of_kind("room")
    usable = [room for entry in rooms for room in _room(entry)]
    numbers = [
        Desired("number", entry.key)
        for entry in gathered.of_kind("number")
        if e164(entry.key) == entry.key
    ]
    unclear = [entry.key for entry in rooms if _is_unclear(entry)]
    store: Store = (
        "legacy" if _value(gathered, "dialin_store") == "legacy" else "current"
    )
    resources = (*usable, *numbers)
    config = Config(domain, store, resources=resources, ledger=ledger(gathered))
    return Renewable(config, tuple(unclear))


def _value(gathered: Gathered, key: str) -> object:
    return gathered.single[key][1] if key in gathered.single else None


def _domain(documents: Iterable[Document]) -> str | None:
    found = [d.data["domain"] for d in documents if "domain" in d.data]
    # A text with a variable in it is another type: it is not written out.
    if not found or any(type(domain) is not str or not domain for domain in found):
        return None
    return str(found[0]) if len(set(found)) == 1 else None


def _is_known_version(documents: Iterable[Document]) -> bool:
    found = [d.data["version"] for d in documents if "version" in d.data]
    return bool(found) and all(type(v) is int and v == _VERSION for v in found)


def _room(entry: Entry) -> Iterator[Desired]:
    life = rolling(entry.merged.get("expires"))
    if life is None or entry.absent or _is_unclear(entry):
        return
    place = entry.document.key_place(entry.root)
    properties = entry.merged.get("properties")
    written = properties.get("dialin") if isinstance(properties, dict) else None
    fields: dict[str, object] = {} if written is None else {"dialin": {}}
    yield Desired("room", entry.key, fields, rolling=life, place=place)


def _is_unclear(entry: Entry) -> bool:
    """Whether the name, the state or the end of a room cannot be relied on."""
    if not entry.is_clear:
        return True
    if entry.merged.get("expires") is None or entry.absent:
        return False
    life = rolling(entry.merged["expires"])
    properties = entry.merged.get("properties")
    has_exp = isinstance(properties, dict) and properties.get("exp") is not None
    if life is None or has_exp or not is_room_name(entry.key):
        return True
    return not 0 < life.renew_before < life.after
