"""How an apply ended, in the words that text and markdown share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from reconciler.core.plan.model import Change
from reconciler.core.report import Kept, Outcome, PinFate, Report
from reconciler.render.outline import sides
from reconciler.render.words import LONGEST_VALUE, count, duration, path_text

PIN_NEWS: Final[Mapping[PinFate, str]] = {
    PinFate.NEW: "has a new PIN",
    PinFate.CHANGED: "has another PIN now: callers with the old one cannot join",
    PinFate.LOST: "has lost its PIN: callers cannot join",
    PinFate.GONE: "is gone, and its PIN with it: callers cannot join",
    PinFate.MISSING: "got no PIN, although dialin was sent",
}


def outcomes(report: Report) -> list[str]:
    """`3 done`, `1 failed`: what there is of each outcome, and always what was done."""
    counts = ((outcome, len(report.of(outcome))) for outcome in Outcome)
    return [f"{n:,} {o}" for o, n in counts if n or o is Outcome.DONE]


def cost(report: Report) -> str:
    """`12 requests, 3 s`."""
    spent = f"{count(report.requests, 'request')}, {duration(report.seconds)}"
    if report.throttled:
        spent += f", {report.throttled:,} answered with 429"
    return spent


def left_text(change: Change, quote: Callable[[str], str] = str) -> str:
    """A change that is to do still, although this run did not plan it."""
    paths = ", ".join(quote(path_text(field)) for field in change.fields)
    what = f"{change.action} ({paths})" if paths else str(change.action)
    return f"differs from the config after the last write; to do: {what}"


def kept_text(
    kept: Kept, quote: Callable[[str], str] = str, most: int = LONGEST_VALUE
) -> str:
    """What Daily has instead of what was sent; `quote` makes values safe to show."""
    if not kept.field.path:
        return f"Daily accepted the {kept.change.action}, but it is not done"
    have, sent = map(quote, sides(kept.field, most))
    return f"{quote(path_text(kept.field))}: sent {sent}, Daily kept {have}"
