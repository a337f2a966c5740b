"""What an apply did, as a value: every change with its outcome and its reason.

An apply never raises half-way: it returns a report, so that what was done is said
also when the rest failed.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.core.compare.diff import FieldChange
from reconciler.core.findings import Finding
from reconciler.core.model import Live, LiveAssignment
from reconciler.core.plan.model import Action, Change, Plan, Unapproved
from reconciler.core.secrecy import sealed_like
from reconciler.errors import ReconcilerError, RefusedError


class Outcome(enum.StrEnum):
    """How one change ended.

    `unknown`: a write was sent, its answer was lost, and reading afterwards did
    not settle what happened. `moved`: it was read again right before it was to be
    written, and was no longer what had been approved; nothing of it was written.
    """

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    NOT_TRIED = "not tried"
    MOVED = "moved since the plan"


UNDONE: Final = (
    *(Outcome.FAILED, Outcome.UNKNOWN, Outcome.BLOCKED, Outcome.NOT_TRIED),
    Outcome.MOVED,
)
"""How a change ends that was not done, or may not have been."""


@dataclass(frozen=True, slots=True)
class Result:
    """One change and its outcome. `reason` is empty for a change that was done.

    `change` is what was written, which may have been planned again right before.
    `wrote`: it failed after something of it had been written. `remark`: what else there
    is to say, also of a change that was done.
    """

    change: Change
    outcome: Outcome
    reason: str = ""
    wrote: bool = False
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """Daily answered yes and kept something else than was sent."""

    change: Change
    field: FieldChange


class PinFate(enum.StrEnum):
    """What became of a room's PIN. `gone`: the room itself is not there any more."""

    NEW = "new"
    CHANGED = "changed"
    LOST = "lost"
    GONE = "gone"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class PinNews:
    """A room whose callers need to be told. The PIN itself is not in here."""

    room: str
    fate: PinFate


@dataclass(frozen=True, slots=True)
class Report:
    """Everything an apply has to say.

    `left`: what differs from the config after the last write and is no change of
    this run that Daily kept otherwise: it moved meanwhile, or because of a write.
    `lost`: foreign assignments that were seen before and not afterwards.
    `rescue_file`: where both dial-in stores were saved; empty once it was removed.
    `verified`: the domain was read after the last write.
    `left_out`: changes that the approved plan did not hold.
    `allowed_pins`: how many PINs were allowed to change.
    `interrupted`: a signal asked the run to end.
    `requests` and `throttled` count what was sent, and the 429s among the answers.
    `writes`: those that Daily answered as done.
    `after`: the reading after the last write; None without one.
    `not_as_told`: what callers were told and does not hold after the run; None
    without a ledger.
    `tell`: rooms whose callers need a new PIN or number. `record`: the words of the
    command that records it when they have been told; empty without a ledger.
    `unrestored`: what earlier runs lost and is not back after this one.
    `findings`: those of the plan, with `not_as_told` as it is after the run.
    """

    results: tuple[Result, ...] = ()
    kept: tuple[Kept, ...] = ()
    left: tuple[Change, ...] = ()
    pins: tuple[PinNews, ...] = ()
    lost: tuple[str, ...] = ()
    rescue_file: str = ""
    stopped: str = ""
    verified: bool = True
    unverified_reason: str = ""
    requests: int = 0
    throttled: int = 0
    writes: int = 0
    seconds: float = 0.0
    left_out: tuple[Unapproved, ...] = ()
    allowed_pins: int = 0
    interrupted: bool = False
    after: Live | None = field(default=None, repr=False)
    not_as_told: tuple[Finding, ...] | None = None
    tell: tuple[str, ...] = ()
    record: tuple[str, ...] = ()
    unrestored: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()

    def of(self, *outcomes: Outcome) -> tuple[Result, ...]:
        """The results with one of these outcomes."""
        return tuple(r for r in self.results if r.outcome in outcomes)

    @property
    def wrote(self) -> bool:
        """True when something in Daily was changed, or may have been."""
        written = self.of(Outcome.DONE, Outcome.UNKNOWN)
        part_way = any(result.wrote for result in self.results)
        return bool(written) or part_way or bool(self.writes)

    @property
    def exit_code(self) -> int:
        """0 all done; 3 part of it, or Daily kept something else; else 1.

        4 when nothing was written because all of it had moved since the plan. What an
        earlier run lost counts as what this one left.
        """
        if self.unrestored:
            return 3
        bad = (
            self.of(*UNDONE)
            or self.kept
            or self.left
            or self.lost
            or self.bad_pins
            or self.stopped
            or not self.verified
            or self.left_out
        )
        if not bad:
            return 0
        partial = self._wrote_besides_renewals() or self._has_bad_renewals()
        cut_off = self.interrupted and self.wrote
        if partial or cut_off or self.lost or self.left_out:
            return 3
        only_moved = len(self.of(*UNDONE)) == len(self.of(Outcome.MOVED)) > 0
        return 4 if only_moved else 1

    def _wrote_besides_renewals(self) -> bool:
        written = [r for r in self.results if _may_be_written(r)]
        renewals = sum(r.change.action is Action.RENEW for r in written)
        return self.writes > renewals or len(written) > renewals

    def _has_bad_renewals(self) -> bool:
        """Tell whether a renewal was written and something of it is not as it should.

        Renewals that are all well are no reason to call the rest half done.
        """
        all_well = all(
            r.outcome is Outcome.DONE
            for r in self.results
            if r.change.action is Action.RENEW
        )
        is_well = all_well and self.verified and not self.kept and not self.left
        return self.wrote and (not is_well or bool(self.bad_pins))

    @property
    def renewed(self) -> tuple[str, ...]:
        """The rooms whose renewal was done."""
        return tuple(
            r.change.key
            for r in self.of(Outcome.DONE)
            if r.change.action is Action.RENEW
        )

    @property
    def bad_pins(self) -> int:
        """How many PINs are gone, or changed without being allowed to."""
        fates = [news.fate for news in self.pins]
        changed = fates.count(PinFate.CHANGED)
        gone = sum(fate not in (PinFate.NEW, PinFate.CHANGED) for fate in fates)
        return gone + max(0, changed - self.allowed_pins)


def concealed(report: Report, plan: Plan) -> Report:
    """The same report, with hidden what the plan hides.

    What was read after the plan was made shows what a base or an approved plan knows
    to be a secret.
    """
    seals = {(c.kind, c.key): sealed_like((*c.sent, *c.removed)) for c in plan.changes}

    def change(one: Change) -> Change:
        seal = seals.get((one.kind, one.key))
        return one.veiled(seal) if seal else one

    def kept(one: Kept) -> Kept:
        seal = seals.get((one.change.kind, one.change.key))
        before = one.field.before
        if seal and one.field.path:
            before = seal(one.field.path, before)
        return Kept(change(one.change), replace(one.field, before=before))

    return replace(
        report,
        results=tuple(replace(r, change=change(r.change)) for r in report.results),
        kept=tuple(map(kept, report.kept)),
    )


@dataclass(frozen=True, slots=True)
class Renewals:
    """What was renewed before anything else was done, as in `Report`."""

    results: tuple[Result, ...] = ()
    pins: tuple[PinNews, ...] = ()
    stopped: str = ""
    writes: int = 0
    seconds: float = 0.0

    @property
    def ended_well(self) -> bool:
        """True when everything that was due is renewed, and no PIN is another."""
        done = all(result.outcome is Outcome.DONE for result in self.results)
        return done and not self.pins and not self.stopped


_ONLY_RENEWALS: Final = "nothing but the listed renewals was written"


class RefusedAfterRenewalsError(ReconcilerError):
    """The rest of a run was refused or failed, after its renewals.

    `report` holds the renewals, and why the run `stopped`. The code is that of the
    cause, unless a renewal ended worse. `renewals_ended_well`: none of those that
    were due is left. `delivered`: its JSON document is out, where one was asked for.
    """

    def __init__(
        self, cause: ReconcilerError, report: Report, *, renewals_ended_well: bool
    ) -> None:
        super().__init__(cause.message, tip=cause.tip)
        self.effect = _ONLY_RENEWALS if report.wrote else RefusedError.effect
        self.cause = cause
        self.report = report = replace(report, stopped=self.statement)
        self.renewals_ended_well = renewals_ended_well
        self.delivered = False
        # The refusal alone makes a report that ends with 1.
        self.exit_code = 3 if report.exit_code == 3 else cause.exit_code


def _may_be_written(result: Result) -> bool:
    return result.wrote or result.outcome in (Outcome.DONE, Outcome.UNKNOWN)


def ordered(results: Iterable[Result], changes: Iterable[Change]) -> tuple[Result, ...]:
    """The results in the order of the plan."""
    rank = {change.id: index for index, change in enumerate(changes)}
    return tuple(sorted(results, key=lambda r: rank.get(r.change.id, len(rank))))


@dataclass(frozen=True, slots=True)
class Restored:
    """An entry of a rescue file and what became of it; `problem` is empty when done.

    `unsure`: it was sent, and the answer was lost.
    """

    entry: LiveAssignment
    problem: str = ""
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """An entry of a rescue file that is gone, and how its number is assigned `now`."""

    entry: LiveAssignment
    now: LiveAssignment


@dataclass(frozen=True, slots=True)
class Differing:
    """An entry of a rescue file that is there, with other values in `fields`."""

    entry: LiveAssignment
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restoration:
    """What a restore did. `left`: what is missing still, as far as is known.

    `lost`: other assignments that a reading no longer showed. `stopped`: why the rest
    was not tried. `unverified` says why nothing was read afterwards; empty when it
    was. `rescue_file`: where both stores were saved before; empty once it was removed.
    """

    made: tuple[Restored, ...] = ()
    left: tuple[LiveAssignment, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    differing: tuple[Differing, ...] = ()
    lost: tuple[str, ...] = ()
    stopped: str = ""
    unverified: str = ""
    rescue_file: str = ""

    @property
    def exit_code(self) -> int:
        """0 all is as it was; 3 something was written, or may have been; 1 nothing."""
        if not (self.left or self.differing or self.unverified or self.lost):
            return 0
        return 3 if self.wrote or self.lost else 1

    @property
    def wrote(self) -> bool:
        """True when something in Daily was changed, or may have been."""
        return any(done.unsure or not done.problem for done in self.made)
