"""The cup may not flatter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donations.giving import goal_drawing


@pytest.mark.parametrize(
    ("raised", "goal", "coins"),
    [
        (0, 5000, 0),
        (99, 5000, 0),
        (100, 5000, 1),
        (3190, 5000, 31),
        (4999, 5000, 49),
        (5000, 5000, 50),
        (9, 3, 50),
        (-5, 9, 0),
    ],
)
def test_a_coin_appears_when_it_is_whole(raised: int, goal: int, coins: int) -> None:
    assert goal_drawing.coins(raised, goal) == coins


@given(st.integers(0, 50))
def test_the_stacks_never_differ_by_more_than_one_coin(count: int) -> None:
    lefts = [float(x) for x, _y in goal_drawing.stacks(count)]
    heights = [sum(abs(left - (68.5 + 37.5 * stack)) < 5 for left in lefts) for stack in range(3)]
    assert sum(heights) == count
    assert max(heights) - min(heights) <= 1


@pytest.mark.parametrize(("percent", "place"), [(25, 0), (50, 1), (75, 2), (100, 3)])
def test_the_marks_are_where_the_stacks_end(percent: int, place: int) -> None:
    tops = sorted(float(y) for _x, y in goal_drawing.stacks(percent // 2))
    mark = goal_drawing.marks(("a", "b", "c", "d"))[place]
    line = float(mark.line.removeprefix("M").split()[1].split("h")[0])
    # Within one coin: the middle stack may stand one above the others.
    assert abs(tops[0] - line) < 8.2
