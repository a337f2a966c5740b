"""How values read: two that differ never look the same."""

from __future__ import annotations

import pytest

from reconciler.core.compare.diff import ABSENT, FieldChange
from reconciler.render.outline import sides
from reconciler.render.words import LONGEST_VALUE, cut

NOTE = "--format json has all)"


@pytest.mark.parametrize("common", [0, 99, 239, 240, 600, LONGEST_VALUE, 9_000])
@pytest.mark.parametrize("tails", [(0, 0), (0, 5_000), (5_000, 0), (5_000, 5_000)])
@pytest.mark.parametrize("marks", [("OLD", "NEW"), ("", "NEW"), ("OLD", "")])
@pytest.mark.parametrize("most", [240, LONGEST_VALUE])
def test_values_that_differ_look_different(
    common: int, tails: tuple[int, int], marks: tuple[str, str], most: int
) -> None:
    """The first difference is shown on both sides, wherever it stands."""
    one, other = (
        "x" * common + mark + "y" * tail
        for mark, tail in zip(marks, tails, strict=True)
    )

    before, after = sides(FieldChange(("lang",), one, other), most)

    assert before != after
    assert "(another value)" not in after
    assert marks[0] in before
    assert marks[1] in after
    assert max(len(before), len(after)) < most + 60


def test_a_value_is_whole_up_to_the_limit() -> None:
    """Two values of which neither is long stand there as they are."""
    one, other = "x" * (LONGEST_VALUE - 2), "x" * (LONGEST_VALUE - 3)

    assert sides(FieldChange(("lang",), one, other)) == (f'"{one}"', f'"{other}"')


def test_both_windows_begin_shortly_before_the_first_difference() -> None:
    """Beside a long value, a short one is a window too, and both say their length."""
    one, other = "x" * 1_000 + "OLD", "x" * 1_000 + "NEW" + "y" * 3_000

    before, after = sides(FieldChange(("lang",), one, other))

    assert before == f'…{"x" * 100}OLD" (1,005 characters; {NOTE}'
    assert after.startswith(f"…{'x' * 100}NEWyyy")
    assert after.endswith(f"y… (4,005 characters; {NOTE}")


def test_the_last_item_of_a_long_list_is_seen() -> None:
    """A list is compared item by item by a reader; its end may be what changes."""
    items = [f"https://example.com/{n:04d}" for n in range(300)]

    before, after = sides(FieldChange(("urls",), items, [*items[:-1], "last"]))

    assert '"https://example.com/0299"]' in before
    assert '"last"]' in after


def test_a_new_long_value_says_how_long_it_is() -> None:
    """What is not shown is counted."""
    field = FieldChange(("lang",), ABSENT, "x" * 3_000)

    assert sides(field)[0] == "(not set)"
    assert sides(field)[1].endswith(f"x… (3,002 characters; {NOTE}")


def test_control_characters_are_spelled_in_windows_too() -> None:
    """No part of a long value moves the cursor."""
    hostile = "\x1b[31m::warning::\u202e" * 400

    assert all(s.isprintable() for s in sides(FieldChange(("a",), hostile, "x")))


def test_a_text_of_the_limit_is_whole() -> None:
    """The limit itself is not too long."""
    assert cut("x" * LONGEST_VALUE) == "x" * LONGEST_VALUE
