"""What came in by month and year: gifts from the running totals, fees from Stripe's own book.

Gifts are counted in the gift's currency and fees in the one that Stripe settles in. Different currencies are never
added: each has rows of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from donations.models import BalanceTransaction, StripeRef, Total
from lib.dates import start_of_day

YOUNG = 60  # seconds: how long the fees of this month and the last may be behind
OLD = 3600  # seconds: those of older months, which hardly change any more
PAYMENTS = ("charge", "payment")


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
        for currency, fees in fees_of(month).items():
            found[currency][month] = found[currency].get(month, Sums()) + Sums(fees=fees)
    return dict(found)


def summed(by_month: ByMonth, first: date, last: date) -> Sums:
    return sum((sums for month, sums in by_month.items() if first <= month <= last), Sums())


def months(first: date, last: date) -> list[date]:
    """The first day of every month from `first` to `last`."""
    found = [first]
    while found[-1] < last:
        found.append(after(found[-1]))
    return found


def after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def before(month: date, many: int = 1) -> date:
    """The first day of the month so many months earlier."""
    number = month.year * 12 + month.month - 1 - many
    return date(number // 12, number % 12 + 1, 1)


def fees_of(month: date) -> dict[str, int]:
    """What Stripe kept of our money in this month, by settlement currency; a minute or an hour old at most."""
    young = month >= before(timezone.localdate().replace(day=1))
    found: dict[str, int] = (
        cache.get_or_set(f"desk.fees.{settings.SITE_HOST}.{month}", lambda: _fees(month), YOUNG if young else OLD) or {}
    )
    return found


def _fees(month: date) -> dict[str, int]:
    start, end = start_of_day(month), start_of_day(after(month))
    booked = BalanceTransaction.objects.filter(created_at__gte=start, created_at__lt=end).exclude(fee=0).order_by()
    # A payment carries our mark. A refund or a dispute does not: it is ours if we know its payment. Two questions,
    # because one with OR makes the databases look at every payment there is.
    marked = booked.filter(type__in=PAYMENTS, site=settings.SITE_HOST)
    known = StripeRef.objects.filter(pk=OuterRef("payment"), donation__isnull=False)
    others = booked.exclude(type__in=PAYMENTS).filter(Exists(known))
    sums: dict[str, int] = defaultdict(int)
    for rows in (marked, others):
        for row in rows.values("currency").annotate(fees=Sum("fee")):
            sums[row["currency"]] += row["fees"]
    return dict(sums)
