"""The table of the benchmark: what is judged, and how rows are shown and kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))  # the benchmark is no part of the package

from bench import samples, table  # noqa: E402
from bench.measure import Cost, Figure, ratio, rounded  # noqa: E402
from bench.table import Bound, Row, plain  # noqa: E402
from reconciler.config.reading.parse import parse  # noqa: E402


def row(*bounds: Bound, note: str = "") -> Row:
    """A row of the benchmark."""
    return Row("start", "`--version`", "at most 2 times", bounds, note)


def document(*rows: Row) -> dict[str, Any]:
    """A results file of these rows."""
    machine = {"python": "3.11.7", "cores": 2, "system": "Linux x86_64"}
    shown = [one.as_json() for one in rows]
    return {"version": "1.0", "taken": "2027-01-15", "machine": machine, "rows": shown}


@pytest.mark.parametrize(
    ("bound", "met"),
    [
        pytest.param(Bound(Figure("f", "s", (1, 9, 2)), most=2), True, id="at-most"),
        pytest.param(Bound(Figure("f", "s", (1, 9, 3)), most=2), False, id="above"),
        pytest.param(Bound(Figure("f", "", (0.9, 1, 1)), least=1), True, id="at-least"),
        pytest.param(Bound(Figure("f", "", (0.9,)), least=1), False, id="below"),
        pytest.param(Bound(Figure("f", "s", (1,))), None, id="nothing-asked"),
    ],
)
def test_a_row_is_judged_by_its_medians(bound: Bound, met: bool | None) -> None:
    """A row is met when each median keeps to its bound; without any it is neither."""
    assert row(bound).as_json()["met"] is met


def test_a_row_with_one_bound_broken_is_not_met() -> None:
    """One figure beyond its bound is enough for the row to be missed."""
    good, bad = Figure("a", "s", (1,)), Figure("b", "s", (3,))

    assert row(Bound(good, 2), Bound(bad, 2)).as_json()["met"] is False


def test_a_ratio_is_taken_turn_by_turn() -> None:
    """What ran in the same turn is divided, so that a slow turn counts for both."""
    ours = [Cost(1, 1, 0), Cost(10, 1, 0)]
    theirs = [Cost(2, 1, 0), Cost(20, 1, 0)]

    assert ratio("r", ours, theirs).values == (0.5, 0.5)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.012345, 0.0123), (12.345, 12.3), (1234.5, 1234), (0, 0)]
)
def test_figures_have_three_digits(value: float, shown: float) -> None:
    """A results file holds no digit that means nothing."""
    assert rounded(value) == shown


def test_the_text_shows_verdict_bound_and_spread() -> None:
    """The table for a terminal has all of a row: asked, measured, judged, why."""
    made = row(Bound(Figure("ratio", "times", (3, 1, 2)), 1.6), note="The floor is 2.")

    text = table.as_text(document(made))

    assert "NOT MET `--version`" in text
    assert "asked: at most 2 times" in text
    assert "1 .. 3  n=3  (at most 1.6)" in text
    assert "note: The floor is 2." in text


def test_the_markdown_is_one_table_with_notes_below() -> None:
    """The page has one line for each row, and the notes after the table."""
    first = row(Bound(Figure("ratio", "times", (1, 2, 1)), 2), note="Why.")
    second = row(*plain(Figure("count", "", (10,))))

    lines = table.as_markdown(document(first, second)).splitlines()

    assert lines[2] == (
        "| `--version` | at most 2 times | ratio: **1** x (1 to 2) | met |"
    )
    assert lines[3] == "| `--version` | at most 2 times | count: **10** | - |"
    assert lines[5] == "* `--version`: Why."


def test_measured_rows_replace_those_of_their_name() -> None:
    """A run of some rows keeps the others, in the order of the benchmark."""
    old = {**document(), "rows": [{"id": "a", "n": 1}, {"id": "b", "n": 1}]}
    new = {**document(), "rows": [{"id": "c", "n": 2}, {"id": "a", "n": 2}]}

    rows = table.merged(old, new, ["a", "b", "c"])["rows"]

    assert rows == [{"id": "a", "n": 2}, {"id": "b", "n": 1}, {"id": "c", "n": 2}]


@pytest.mark.parametrize(("kind", "lines"), [("light", 7), ("heavy", 34)])
def test_the_yaml_and_the_bodies_are_the_same_rooms(
    kind: str, lines: int, tmp_path: Path
) -> None:
    """What fills the sandbox is what the config declares, in so many lines a room."""
    path = samples.write_rooms(tmp_path / "c.yaml", kind, 3, size=9)
    text = path.read_text()
    parsed = parse(text, "c.yaml").document
    assert parsed

    asked = {body.pop("name"): body for body in samples.bodies(kind, 3, size=9)}

    assert parsed.data["rooms"] == asked
    assert len(text.removeprefix(samples.HEAD).splitlines()) == 3 * lines


def test_batches_hold_every_room_once() -> None:
    """Rooms are handed out in full batches and one that holds the rest."""
    sent: list[bytes] = []

    samples.batches("light", 5, sent.append, of=2)

    assert [len(json.loads(body)["rooms"]) for body in sent] == [2, 2, 1]


def test_the_last_run_is_whole() -> None:
    """The published results hold every row, and say why one was missed."""
    from bench.__main__ import RESULTS, ROWS

    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]

    assert [one["id"] for one in rows] == list(ROWS)
    for one in rows:
        assert one["met"] is not False or one["note"], f"{one['id']} is not explained"
