"""A few of all boundaries and faults, in every run of the tests; see `test_all`."""

from __future__ import annotations

import re

import pytest
from chaos.cases import (
    Boundary,
    Case,
    KilledRestore,
    Meanwhile,
    Refusal,
    Second,
    Signalled,
    SignalledRestore,
    Stale,
    Strike,
    StruckRestore,
    Throttled,
    ThrottledRestore,
    Unread,
)
from chaos.every import AT_ONCE, GROUPS
from chaos.trying import tried
from ready_made.runner import ROOT

SAMPLE: dict[str, Case] = {
    "killed-in-a-replacement": Boundary(
        "current", "batch", "default", 11, "unanswered"
    ),
    "killed-in-a-batch": Boundary("current", "batch", "default", 16, "unanswered"),
    "killed-in-a-legacy-write": Boundary("legacy", "batch", "default", 8, "unanswered"),
    "killed-between-rooms": Boundary("legacy", "one", "otherwise", 14, "answered"),
    "hung-up-in-a-replacement": Signalled(
        "current", "batch", "default", 12, "twice", "SIGHUP"
    ),
    "throttled-in-a-replacement": Signalled(
        "current", "batch", "default", 13, "throttled", "SIGHUP"
    ),
    "terminated-after-a-renewal": Signalled(
        "legacy", "batch", "default", 4, "unanswered", "SIGTERM"
    ),
    "interrupted-in-a-legacy-write": Signalled(
        "legacy", "batch", "default", 9, "unanswered", "SIGINT"
    ),
    "a-closed-stdout-and-a-hangup": Unread("current", 17, "stdout-closed", "SIGHUP"),
    "a-full-disk-for-both": Unread("legacy", 0, "both-full", ""),
    "the-reader-goes": Unread("current", 16, "reader-gone", ""),
    "a-lost-answer": Strike("current", "reset-after", "POST /batch/rooms", "all"),
    "never-an-answer": Strike("legacy", "slow-before", "POST /", "first"),
    "half-an-answer": Strike("current", "truncated", "GET /rooms page", "first"),
    "no-answer-as-asked": Strike("legacy", "wrong-types", "GET /", "all"),
    "a-field-of-tomorrow": Strike("current", "extra-field", "GET /rooms", "all"),
    "refused-half-way": Refusal("current", 12, lasting=True),
    "the-cursor-is-gone": Meanwhile("current", "room-deleted", 3),
    "a-name-is-taken": Meanwhile("legacy", "name-taken", 8),
    "an-entry-appears": Meanwhile("legacy", "number-made", 7),
    "an-entry-appears-in-a-pause": Throttled("legacy", "number-made", 9),
    "a-renewal-in-a-pause": Stale("current", "later-end", reviewed=False),
    "a-reviewed-deletion-in-a-pause": Stale(
        "current", "deleted-room-changed", reviewed=True
    ),
    "restore-in-a-pause": ThrottledRestore("legacy", "number-made", 5),
    "restore-killed": KilledRestore("legacy", 5, "unanswered"),
    "restore-terminated": SignalledRestore("current", 5, "unanswered", "SIGTERM"),
    "restore-blind": StruckRestore("current", "500-before", "GET /", "last"),
    "two-runs": Second("current", 7, locked=False),
    "two-runs-and-a-lock": Second("legacy", 8, locked=True),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", SAMPLE.values(), ids=SAMPLE)
def test_a_case_is_survived(case: Case) -> None:
    """The run or the one after it converges, and nobody else loses anything."""
    verdict = tried(case)

    assert not verdict.problems, str(verdict)


def test_the_page_has_a_row_for_every_group() -> None:
    """What is counted is what is tried."""
    page = (ROOT / "docs/faults.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| ([^|*]+) \|", page, re.MULTILINE)) - {"what"}

    assert rows == {*GROUPS, AT_ONCE}
