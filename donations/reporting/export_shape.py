"""What an export is made of: a period, columns, and rows that are read while they are written, never all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Q

from lib.dates import months_before, start_of_day

BATCH = 1000  # rows in memory at a time

Row = tuple[Any, ...]
Totals = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included, by the site's clock; open where a day is missing."""

    first: date | None = None
    last: date | None = None

    @property
    def start(self) -> datetime | None:
        return start_of_day(self.first) if self.first else None

    @property
    def end(self) -> datetime | None:
        return start_of_day(self.last + timedelta(days=1)) if self.last else None

    def of(self, field: str) -> Q:
        """The condition that a moment is in the period."""
        after = Q(**{f"{field}__gte": self.start}) if self.start else Q()
        return after & Q(**{f"{field}__lt": self.end}) if self.end else after


def usual_periods(today: date) -> dict[str, Period]:
    """What a treasurer takes out most, by name: last month, this year as far as it has come, last year."""
    this_month, this_year = today.replace(day=1), date(today.year, 1, 1)
    return {
        "last-month": Period(months_before(this_month), this_month - timedelta(days=1)),
        "this-year": Period(this_year, today),
        "last-year": Period(date(today.year - 1, 1, 1), this_year - timedelta(days=1)),
    }


@dataclass(frozen=True, slots=True)
class Export:
    """`amounts` are the columns in minor units of the row's `currency`; they are added up by currency."""

    columns: tuple[str, ...]
    amounts: tuple[str, ...]
    rows: Callable[[Period], Iterator[Row]]
    count: Callable[[Period], int]


class Adding:
    """Adds up an export's amounts while its rows go by."""

    def __init__(self, export: Export) -> None:
        self.count = 0
        self.totals: Totals = defaultdict(lambda: dict.fromkeys(export.amounts, 0))
        self._places = [(name, export.columns.index(name)) for name in export.amounts]
        self._currency = export.columns.index("currency")

    def through(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.count += 1
            sums = self.totals[row[self._currency]]
            for name, place in self._places:
                sums[name] += row[place]
            yield row


def batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    """The rows in lists of at most BATCH."""
    while batch := list(islice(rows, BATCH)):
        yield batch
