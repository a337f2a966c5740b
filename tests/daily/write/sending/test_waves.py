"""Waves: as many at once as were proven before, and one more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.daily.write.sending.waves import in_waves


def sizes(
    count: int, proves: Callable[[int], bool], most: Callable[[], int | None]
) -> tuple[list[int], list[int]]:
    """The sizes of the waves, and what was not begun."""
    waves: list[list[int]] = []

    def write(wave: list[int]) -> int:
        waves.append(wave)
        return sum(proves(item) for item in wave)

    left = in_waves(range(count), write, most)
    assert [item for wave in waves for item in wave] + left == list(range(count))
    return [len(wave) for wave in waves], left


@pytest.mark.parametrize(
    ("count", "waves"),
    [(0, []), (1, [1]), (2, [1, 1]), (7, [1, 2, 4]), (20, [1, 2, 4, 8, 5])],
)
def test_waves_double(count: int, waves: list[int]) -> None:
    """1, 2, 4, 8 and what is left, in the order that was given."""
    assert sizes(count, lambda _item: True, lambda: None) == (waves, [])


def test_what_proves_nothing_makes_no_wave_larger() -> None:
    """While every write is refused, one is tried at a time."""
    assert sizes(5, lambda item: item > 2, lambda: None) == ([1, 1, 1, 1, 1], [])


def test_a_wave_holds_no_more_than_may_be_harmed() -> None:
    """The limit is asked before each wave; 0 ends it."""
    limits = iter([2, 2, 1, 0])

    assert sizes(9, lambda _item: True, lambda: next(limits)) == (
        [1, 2, 1],
        [4, 5, 6, 7, 8],
    )
