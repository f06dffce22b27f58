"""What came in by month and year: gifts from the running totals, fees from Stripe's own book.

Gifts are counted in the gift's currency and fees in the one that Stripe settles in. Different currencies are never
added: each has rows of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from donations.models import Total
from donations.reporting import fees
from lib.dates import month_after


@dataclass(frozen=True, slots=True)
class Sums:
    """Minor units of one currency; all four are positive when things are as usual."""

    gross: int = 0
    back: int = 0  # refunds and disputes, less what came back of them
    fees: int = 0
    gifts: int = 0

    @property
    def net(self) -> int:
        return self.gross - self.back - self.fees

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.gross + other.gross, self.back + other.back, self.fees + other.fees, self.gifts + other.gifts)


ByMonth = dict[date, Sums]


def by_month(first: date, last: date) -> dict[str, ByMonth]:
    """For each currency in which something moved, the months from `first` to `last` (first days) that had any."""
    found: dict[str, ByMonth] = defaultdict(dict)
    for total in Total.objects.filter(month__gte=first, month__lte=last):
        found[total.currency][total.month] = Sums(total.raised, total.refunded, 0, total.gifts)
    for month in months(first, last):
        for currency, kept in fees.of_month(month).items():
            found[currency][month] = found[currency].get(month, Sums()) + Sums(fees=kept)
    return dict(found)


def summed(by_month: ByMonth, first: date, last: date) -> Sums:
    return sum((sums for month, sums in by_month.items() if first <= month <= last), Sums())


def months(first: date, last: date) -> list[date]:
    """The first day of every month from `first` to `last`."""
    found = [first]
    while found[-1] < last:
        found.append(month_after(found[-1]))
    return found


def before(month: date, many: int = 1) -> date:
    """The first day of the month so many months earlier."""
    number = month.year * 12 + month.month - 1 - many
    return date(number // 12, number % 12 + 1, 1)
