"""Charts by month as numbers for an SVG: sizes are attributes, so that no style is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

HEIGHT, WIDTH, FOOT = 180, 52, 24  # of the columns' field, of one month's place, of the line with the names


@dataclass(frozen=True, slots=True)
class Column:
    """A month's column, and the line where the same month stood a year before; None when nothing is known of it."""

    x: int
    y: int
    height: int
    middle: int
    name: str
    earlier: int | None
    label: str  # the amount in words, above the column; empty where there is none


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    foot: int
    columns: list[Column]
    marks: list[tuple[int, int]]  # (y, minor units): the lines behind the columns


@dataclass(frozen=True, slots=True)
class Pair:
    """A month's two columns side by side, each as its top and height, and the line of a third count, if it is any."""

    x: int
    first: tuple[int, int]
    second: tuple[int, int]
    line: int | None
    middle: int
    name: str


@dataclass(frozen=True, slots=True)
class Pairs:
    width: int
    height: int
    foot: int
    months: list[Pair]
    marks: list[tuple[int, int]]  # (y, count)


def chart(months: Sequence[tuple[str, int, int | None]], shown: Callable[[int], str] = str) -> Chart:
    """A chart of (name, minor units, minor units a year before). What is below zero is drawn as nothing.

    `shown` says an amount of minor units in a few letters: a column is five wide.
    """
    top = _round_up(max([1, *(max(now, earlier or 0) for _name, now, earlier in months)]))
    columns = []
    for place, (name, now, earlier) in enumerate(months):
        height = _scaled(now, top)
        line = HEIGHT - _scaled(earlier, top) if earlier else None
        x = place * WIDTH + 8
        columns.append(Column(x, HEIGHT - height, height, x + (WIDTH - 16) // 2, name, line, shown(now) if now else ""))
    return Chart(len(months) * WIDTH, HEIGHT, HEIGHT + FOOT, columns, _marks(top))


def pairs(months: Sequence[tuple[str, int, int, int]]) -> Pairs:
    """A chart of (name, first count, second count, third count): two columns for each month, and a line."""
    top = _round_up(max([1, *(max(counts) for _name, *counts in months)]))
    drawn = []
    for place, (name, first, second, third) in enumerate(months):
        x = place * WIDTH + 8
        columns = [(HEIGHT - _scaled(count, top), _scaled(count, top)) for count in (first, second)]
        line = HEIGHT - _scaled(third, top) if third else None
        drawn.append(Pair(x, columns[0], columns[1], line, x + (WIDTH - 16) // 2, name))
    return Pairs(len(months) * WIDTH, HEIGHT, HEIGHT + FOOT, drawn, _marks(top))


def _marks(top: int) -> list[tuple[int, int]]:
    return [(HEIGHT - _scaled(top * part // 2, top), top * part // 2) for part in (1, 2)]


def _scaled(amount: int, top: int) -> int:
    return max(0, amount) * (HEIGHT - 12) // top


def _round_up(amount: int) -> int:
    """The next of 1, 2, 2.5, 4, 5, 6, 8 and 10 times a power of ten that is even: half of it is marked as well."""
    if amount <= 2:
        return 2
    power = 1
    while True:
        for tenths in (10, 20, 25, 40, 50, 60, 80, 100):
            top, rest = divmod(tenths * power, 10)
            if not rest and not top % 2 and top >= amount:
                return top
        power *= 10
