"""What a sheet for callers holds: rooms that they can join, numbers that answer.

A caller cannot judge a number, so a sheet has no doubts on it: what is not known to
work is left out where something better is known, and named for whoever made the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.core.dialin.number_use import NumberUse
from reconciler.core.dialin.sheet import DialIn, Number, Source

_UNSURE: Final = frozenset({Source.DECLARED, Source.ASSUMED})


@dataclass(frozen=True, slots=True)
class Sheet:
    """`ready`: rooms for callers. `left_out`: the others, each with its `problem`."""

    ready: tuple[DialIn, ...]
    left_out: tuple[DialIn, ...]

    def unsure(self, source: Source) -> tuple[str, ...]:
        """The rooms whose numbers on the sheet are known in this uncertain way only."""
        return tuple(
            entry.room
            for entry in self.ready
            if any(number.source is source for number in entry.numbers)
        )

    @property
    def invited(self) -> tuple[str, ...]:
        """The rooms whose link lets nobody in without a meeting token."""
        return tuple(e.room for e in self.ready if e.invited and joinable(e.url))


def for_callers(entries: Iterable[DialIn], uses: Iterable[NumberUse]) -> Sheet:
    """Sort the rooms; of those that are ready only numbers that answer are kept."""
    by_number = {use.number: use for use in uses}
    judged = [_judged(entry, by_number) for entry in entries]
    return Sheet(
        tuple(entry for entry in judged if not entry.problem),
        tuple(entry for entry in judged if entry.problem),
    )


def joinable(url: str) -> bool:
    """Tell whether a room's address can be a link: https, and nothing odd in it."""
    return url.startswith("https://") and url.isprintable() and " " not in url


def _judged(entry: DialIn, uses: Mapping[str, NumberUse]) -> DialIn:
    if entry.problem:
        return entry
    answering = [number for number in entry.numbers if _answers(number, uses)]
    if not answering:
        problem = f"{_named(entry.numbers)} not assigned to PIN dial-in by this domain"
        return replace(entry, problem=problem, expires=None, missing=True)
    sure = tuple(n for n in answering if n.source not in _UNSURE)
    return replace(entry, numbers=sure or tuple(answering))


def _answers(number: Number, uses: Mapping[str, NumberUse]) -> bool:
    """Tell whether a number is known to ask callers for a PIN."""
    use = uses.get(number.number, NumberUse(number.number))
    if number.source is Source.GLOBAL:
        return True
    if number.source is Source.DAILY and not use.owned and not use.entries:
        return True  # Daily itself answers it, for domains without a number.
    return use.owned and use.types == ("pin_dialin",)


def _named(numbers: Sequence[Number]) -> str:
    names = ", ".join(number.number for number in numbers) or "a number"
    return f"{names} {'is' if len(numbers) < 2 else 'are'}"
