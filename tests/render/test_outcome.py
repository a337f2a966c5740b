"""How an apply ended, in words that every format shares."""

from __future__ import annotations

import pytest

from reconciler.core.compare.diff import FieldChange
from reconciler.core.model import Desired, Place
from reconciler.core.plan.model import Action, Change
from reconciler.core.report import Kept, Outcome, PinFate, PinNews, Report, Result
from reconciler.render.markdown.report import report_markdown
from reconciler.render.outcome import PIN_NEWS, cost, kept_text, outcomes
from reconciler.render.text.report import report_text
from reconciler.render.words import Paint, place_text

CHANGE = Change(Action.UPDATE, "room", "lobby", "x", Desired("room", "lobby"))


@pytest.mark.parametrize("fate", PinFate)
def test_every_format_says_the_same_about_a_pin(fate: PinFate) -> None:
    """Each fate has its words; text may write them in capitals."""
    report = Report(pins=(PinNews("lobby", fate),))

    assert PIN_NEWS[fate] in report_markdown(report, "acme")
    assert PIN_NEWS[fate].lower() in report_text(report, Paint()).lower()


@pytest.mark.parametrize("fate", [PinFate.CHANGED, PinFate.LOST])
def test_text_shouts_what_keeps_callers_out(fate: PinFate) -> None:
    """A log has no colours."""
    text = report_text(Report(pins=(PinNews("lobby", fate),)), Paint())

    assert PIN_NEWS[fate].partition(":")[0].upper() in text


def test_what_was_done_is_always_counted() -> None:
    """Other outcomes only where there are any."""
    failed = Report(results=(Result(CHANGE, Outcome.FAILED, "x"),))

    assert outcomes(Report()) == ["0 done"]
    assert outcomes(failed) == ["0 done", "1 failed"]


def test_throttling_is_part_of_the_cost() -> None:
    """A 429 is counted only where there was one."""
    assert cost(Report(requests=12, seconds=3)) == "12 requests, 3 s"
    assert cost(Report(requests=1, throttled=2)).endswith(", 2 answered with 429")


def test_a_kept_value_is_shown_beside_the_sent_one() -> None:
    """Without a path it is the whole change that Daily did not make."""
    field = Kept(CHANGE, FieldChange(("lang",), "en", "de"))
    whole = Kept(CHANGE, FieldChange((), None, None))

    assert kept_text(field) == 'lang: sent "de", Daily kept "en"'
    assert kept_text(whole) == "Daily accepted the update, but it is not done"


@pytest.mark.parametrize(
    ("place", "line", "column"),
    [
        (Place("a.yaml", 2, 3), "a.yaml:2", "a.yaml:2:3"),
        (Place("a.yaml"), "a.yaml", "a.yaml"),
    ],
)
def test_a_place_without_a_line_is_its_file(
    place: Place, line: str, column: str
) -> None:
    """A file that cannot be read has no line."""
    assert place_text(place) == line
    assert place_text(place, column=True) == column
