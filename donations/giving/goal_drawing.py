"""The cup that fills, as coordinates for templates/_cup.html. It may not flatter.

A coin stands for 2 % of the goal and appears only when it is whole; the three stacks never differ by more than one
coin, so their tops read true against the marks.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST = 50  # coins that the goal is worth
ORDER = (1, 0, 2)  # the stack in the middle gets the odd coin, then the left one
SHAKE = (0, 15, -10, 5, -20, 10, 0, -10, 15, -5)  # tenths: coins that people threw in do not lie exactly


@dataclass(frozen=True, slots=True)
class Mark:
    """A line on the cup's wall, with the sum beside it."""

    line: str
    x: str
    y: str
    label: str


def coins(raised: int, goal: int) -> int:
    """How many whole coins have come in."""
    return max(0, min(MOST, raised * MOST // goal))


def stacks(count: int) -> list[tuple[str, str]]:
    """The left upper corner of each coin, from below."""
    heights = [count // 3] * 3
    for stack in ORDER[: count % 3]:
        heights[stack] += 1
    return [
        (_tenths(685 + 375 * stack + SHAKE[(level + 3 * stack) % len(SHAKE)]), _tenths(1695 - 82 * level))
        for stack, height in enumerate(heights)
        for level in range(height)
    ]


def marks(labels: tuple[str, str, str, str]) -> list[Mark]:
    """The marks at 25, 50, 75 and 100 % of the goal: the tops that the stacks have then."""
    found = []
    for percent, label in zip((25, 50, 75, 100), labels, strict=True):
        y = 1769 - 1367 * percent // 100
        x = 1860 + (1720 - y) * 10 // 142
        line = f"M{_tenths(x)} {_tenths(y)}h-{7 if percent % 50 == 0 else 5}"
        found.append(Mark(line, _tenths(x + 80), _tenths(y + (70 if percent == 100 else 35)), label))
    return found


def _tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}"
