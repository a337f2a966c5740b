"""Both dial-in stores as one run sees them, reading after reading.

An assignment that the run does not write is a bystander: it must survive every
write. One reading proves little, since an answer may leave something out. So each
reading before a write is compared with all earlier ones of the run, and the gates
are checked again on it. `apply` and `restore` write by this module.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.core.model import LiveAssignment, LiveDomain
from reconciler.core.plan.gates import Gate
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import read_domain, read_stores
from reconciler.daily.rescue import file as rescue
from reconciler.daily.write.sending.settle import HeldBackError, settle
from reconciler.errors import DailyError, ReconcilerError

Entries = tuple[LiveAssignment, ...]
Reading = tuple[LiveDomain, Entries]

LOOKS: Final = 2
"""How often the stores are read before a missing entry is believed to be missing."""

SETTLING: Final = 2.0
"""Seconds between two such readings after a write."""


class OtherDomainError(DailyError):
    """The API key shows another domain than the one that the run began with."""


class StoresError(HeldBackError):
    """The stores are not to be written as they are now. `lost`: bystanders, named."""

    def __init__(self, message: str, lost: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.lost = tuple(lost)


@dataclass(slots=True)
class Stores:
    """What one run knows of both stores.

    `domain`: its name; a reading of another one is never used. `known`: the union of
    all readings so far. `is_ours`: tells the entries that the run writes from the
    bystanders. `closed`: the gates that a reading closes. `copy`: the rescue file, once
    there is one; it holds whatever a reading before a write showed.
    """

    client: DailyClient
    domain: str
    known: Entries
    is_ours: Callable[[LiveAssignment], bool]
    closed: Callable[[LiveDomain, Sequence[LiveAssignment]], Sequence[Gate]]
    copy: rescue.Copy | None = None

    def read(self) -> Entries:
        """Both stores, right before they are written.

        Raises:
            StoresError: a bystander is missing or has lost its `hmac`, a gate is
                closed, it is another domain, or the rescue file cannot be kept. Nothing
                was sent.
        """
        return self._checked(self.fresh, ("current", "legacy"))

    def read_lists(self) -> Entries:
        """The legacy lists, right before they are replaced. Raises as `read`."""
        checked = self._checked(self.fresh_lists, ("legacy",))
        return tuple(entry for entry in checked if entry.store == "legacy")

    def fresh(self) -> Reading:
        """Both stores as they are now.

        Raises:
            OtherDomainError: they are those of another domain.
            DailyError: they could not be read.
        """
        return self._of_domain(read_stores(self.client))

    def fresh_lists(self) -> Reading:
        """The legacy lists as they are now. Raises as `fresh`."""
        return self._of_domain(read_domain(self.client))

    def _of_domain(self, reading: Reading) -> Reading:
        if (name := reading[0].name) != self.domain:
            raise OtherDomainError(
                f"the run began with domain '{self.domain}', "
                f"but the API key belongs to '{name}' now",
                tip="use the key of the domain that the file names",
            )
        return reading

    def _checked(self, read: Callable[[], Reading], stores: Sequence[str]) -> Entries:
        others = tuple(e for e in self.known if e.store not in stores)
        before = tuple(e for e in self.known if e.store in stores)
        for _ in range(LOOKS):
            try:
                domain, entries = read()
            except OtherDomainError as error:
                raise StoresError(error.message) from error
            if not (gone := rescue.vanished(self._bystanders(before), entries)):
                break
        else:
            self.known += rescue.additions(self.known, entries)
            with contextlib.suppress(StoresError):
                self._keep()
            raise StoresError(
                "an earlier reading showed what the latest one does not: "
                f"{'; '.join(gone)}",
                gone,
            )
        self.known = (*entries, *others)
        self._keep()
        if closed := self.closed(domain, self.known):
            raise StoresError("; ".join(_in_words(gate) for gate in closed))
        return self.known

    def _keep(self) -> None:
        """Save what was seen: the write that follows may cost it."""
        if self.copy is None:
            return
        try:
            self.copy.keep(self.known)
        except ReconcilerError as error:
            raise StoresError(error.message) from error

    def _bystanders(self, entries: Iterable[LiveAssignment]) -> list[LiveAssignment]:
        return [entry for entry in entries if not self.is_ours(entry)]

    def losses(self, entries: Iterable[LiveAssignment]) -> list[str]:
        """Every bystander that is not, in a later reading, what it was."""
        return rescue.losses(self._bystanders(self.known), entries)

    def look(
        self, returns: Callable[[LiveAssignment], bool] = lambda _entry: False
    ) -> tuple[str, ...]:
        """Both stores after a write: every bystander that is not what it was.

        Args:
            returns: tells the entries that this run brings back when they are gone.

        Raises:
            DailyError: they could not be read.
            StoresError: the rescue file cannot be kept.
        """
        for attempt in range(LOOKS):
            if attempt:
                self.client.sleep(SETTLING)
            entries = self.fresh()[1]
            before = (e for e in self._bystanders(self.known) if not returns(e))
            if not (lost := rescue.losses(before, entries)):
                self.known = entries
                self._keep()
                break
        return tuple(lost)


def _in_words(gate: Gate) -> str:
    return f"blocked by gate {gate.name}: {gate.message}; to allow it: {gate.hint}"


def send_lists(
    stores: Stores,
    overlay: Callable[[Entries], Mapping[str, object]],
    is_done: Callable[[Entries], bool],
    before: Callable[[], None] = lambda: None,
) -> None:
    """Replace legacy lists, which Daily replaces whole: read, overlay, write.

    `before` each reading: what else is to be read, and what it raises is raised. The
    lists are read last, so that nothing comes between them and the write.

    Raises:
        StoresError: the reading right before the write is not to be relied on.
        DailyError: as `settle`.
    """

    def build() -> object:
        before()
        return {"properties": overlay(stores.read_lists())}

    settle(
        lambda: stores.client.send_built("POST", "/", build),
        lambda: stores.fresh_lists()[1],
        is_done,
    )
