"""What time it is: ours, unless Daily's clock says that it is wrong.

Everything about expiry follows from the time. On a machine whose clock is slow, a PIN
that ends in five days looks as if it had months left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.core.findings import Finding
from reconciler.core.times import shown

TOLERATED: Final = 300.0
"""Seconds that two clocks may be apart without a word."""

DAY: Final = 86_400.0
"""Seconds from which on the gate `clock-skew` is closed."""


def corrected(now: float, skew: float | None) -> float:
    """The time to plan for, in Unix seconds: Daily's, where ours is wrong."""
    return now + skew if _is_wrong(skew) and skew is not None else now


def days_apart(skew: float | None) -> int:
    """Whole days between the two clocks."""
    return int(abs(skew or 0.0) // DAY)


def check_clock(skew: float | None) -> Iterator[Finding]:
    """A finding when the clocks are too far apart."""
    if skew is not None and _is_wrong(skew):
        side = "behind" if skew > 0 else "ahead of"
        yield Finding(
            "clock-skew",
            f"the clock of this machine is {shown(int(abs(skew)))} {side} Daily's; "
            "the plan is made for Daily's time",
            hint="set the clock, for example with NTP",
        )


def _is_wrong(skew: float | None) -> bool:
    return abs(skew or 0.0) > TOLERATED
