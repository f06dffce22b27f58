"""The figures of a period: the one place that gross, refunds, disputes, fees and net come from.

Every page, export and proof asks here. A gift counts in its own currency, a fee in the one that Stripe settled it in;
different currencies are never added, so each has figures of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, TypeVar

from django.core.cache import cache
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from donations.ledger import identity
from donations.models import BalanceTransaction, Invoice, LedgerEntry, StripeRef, Total
from lib.dates import month_after, months, start_of_day
from organisation.models import current

PAYMENTS = ("charge", "payment")  # Stripe's types of a balance transaction by which money arrives
# Stripe's reporting category, or its type where there is none -> the row that the fee stands on.
_FEES_FOR = {
    **dict.fromkeys(("charge", "payment", "charge_failure", "payment_failure_refund", "payment_reversal"), "payments"),
    **dict.fromkeys(("refund", "payment_refund", "refund_failure", "partial_capture_reversal"), "refunds"),
    **dict.fromkeys(("dispute", "dispute_reversal", "adjustment"), "disputes"),
}
# A figure -> the column of the totals that keeps it.
_COLUMNS = {
    "gifts": "gifts",
    "gross": "raised",
    "refunds": "refunded",
    "disputes": "disputed",
    "outside_gifts": "offline_gifts",
    "outside": "offline",
}
SETTLED = timedelta(days=35)  # by then Stripe has booked what belongs to a month
KEPT = 3600  # seconds: how old the fees of such a month may be

Row = TypeVar("Row", "Fees", "Figures")
ByMonth = dict[date, "Figures"]


@dataclass(frozen=True, slots=True)
class Fees:
    """What Stripe kept, by what for: minor units of the settlement currency, negative where it gave a fee back."""

    payments: int = 0
    refunds: int = 0
    disputes: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        return self.payments + self.refunds + self.disputes + self.other

    def __add__(self, other: Fees) -> Fees:
        return _added(self, other)


@dataclass(frozen=True, slots=True)
class Figures:
    """One currency of one period, in its minor units; all are positive when things are as usual.

    `gifts` came through Stripe, in the period, and something of them is left; `outside_gifts` are those that did not
    pass through Stripe, and `outside` is their sum, less what was struck out.
    """

    gifts: int = 0
    gross: int = 0
    refunds: int = 0  # less those that failed
    disputes: int = 0  # withdrawn, less what was reinstated
    fees: Fees = Fees()
    outside_gifts: int = 0
    outside: int = 0

    @property
    def all_gifts(self) -> int:
        return self.gifts + self.outside_gifts

    @property
    def raised(self) -> int:
        """What the public total counts: what was given less what went back, no fee subtracted."""
        return self.gross + self.outside - self.refunds - self.disputes

    @property
    def net(self) -> int:
        """What is left of what came through Stripe."""
        return self.gross - self.refunds - self.disputes - self.fees.total

    @property
    def reached(self) -> int:
        """All that is left, gifts outside Stripe included."""
        return self.net + self.outside

    def __add__(self, other: Figures) -> Figures:
        return _added(self, other)


def of_month(month: date) -> dict[str, Figures]:
    """The figures of the month that begins on this day, for each currency in which something moved."""
    return {currency: found[month] for currency, found in by_month(month, month).items()}


def by_month(first: date, last: date) -> dict[str, ByMonth]:
    """For each currency in which something moved, the months from `first` to `last` (first days) that had any."""
    found: dict[str, ByMonth] = defaultdict(dict)
    for total in Total.objects.filter(month__gte=first, month__lte=last):
        found[total.currency][total.month] = Figures(
            **{figure: getattr(total, column) for figure, column in _COLUMNS.items()}
        )
    for month in months(first, last):
        for currency, kept in _fees(month).items():
            found[currency][month] = found[currency].get(month, Figures()) + Figures(fees=kept)
    return dict(found)


def booked(currency: str, since: date | None = None) -> Figures:
    """All months of a currency together, from that of `since` on, without fees: quick, for pages that show none."""
    months = {"month__gte": since.replace(day=1)} if since else {}
    sums = Total.objects.filter(currency=currency, **months).aggregate(
        **{f"{figure}_": Sum(column) for figure, column in _COLUMNS.items()}
    )
    found: dict[str, Any] = {figure: sums[f"{figure}_"] or 0 for figure in _COLUMNS}
    return Figures(**found)


def public(figures: Figures) -> Figures:
    """As visitors may read them: gifts outside Stripe are counted only if the organisation says so."""
    return figures if current().count_offline else replace(figures, outside_gifts=0, outside=0)


def of_period(first: date | None, last: date | None) -> dict[str, ByMonth]:
    """The same for each whole month of which a day lies between these two; all before or after where one is missing."""
    booked = Total.objects.aggregate(oldest=Min("month"), newest=Max("month"))
    told = BalanceTransaction.objects.aggregate(oldest=Min("created_at"), newest=Max("created_at"))
    known = [day for day in booked.values() if day] + [timezone.localtime(at).date() for at in told.values() if at]
    if not known:
        return {}
    start, end = max(first or date.min, min(known)).replace(day=1), min(last or date.max, max(known)).replace(day=1)
    return by_month(start, end) if start <= end else {}


def summed(by_month: ByMonth, first: date, last: date) -> Figures:
    """The months from `first` to `last` together."""
    return sum((figures for month, figures in by_month.items() if first <= month <= last), Figures())


def untold(month: date, currency: str) -> int:
    """How many payments of the month in this currency Stripe's book, as far as we have it, does not hold yet."""
    told = BalanceTransaction.objects.filter(type__in=PAYMENTS)
    invoices = Invoice.objects.filter(Exists(told.filter(payment=OuterRef("payment"))), pk=OuterRef("source"))
    untold = _payments(month, currency).filter(~Exists(told.filter(payment=OuterRef("source"))))
    return untold.filter(~Exists(invoices)).count()


def received(month: date, currency: str) -> int:
    """How many gifts the month's gross is of, whatever became of them since."""
    return _payments(month, currency).order_by().values("donation").distinct().count()


def _payments(month: date, currency: str) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(
        kind=LedgerEntry.Kind.PAYMENT,
        currency=currency,
        happened_at__gte=start_of_day(month),
        happened_at__lt=start_of_day(month_after(month)),
    )


def fees_elsewhere(month: date, currency: str) -> dict[str, int]:
    """What Stripe kept of gifts in this currency that it settled in another one, by that one, in its minor units."""
    booked = _booked(month).filter(gift_currency=currency).exclude(currency=currency)
    return {settled_in: kept.total for settled_in, kept in sorted(_added_up(booked).items())}


def known_here() -> Exists:
    """Of a balance transaction: that we know the gift that it is about. Refunds and disputes carry no mark of ours."""
    named = [OuterRef("payment"), OuterRef("source")]
    return Exists(StripeRef.objects.filter(pk__in=named, donation__isnull=False))


def _fees(month: date) -> dict[str, Fees]:
    """What Stripe kept of our money in this month, by settlement currency."""
    start, end = start_of_day(month), start_of_day(month_after(month))
    if end >= timezone.now() - SETTLED:
        return _added_up(_booked(month))
    key = f"donations.fees.{identity.site_id()}.{start.isoformat()}.{end.isoformat()}"
    found: dict[str, Fees] = cache.get_or_set(key, lambda: _added_up(_booked(month)), KEPT) or {}
    return found


def _booked(month: date) -> QuerySet[BalanceTransaction]:
    start, end = start_of_day(month), start_of_day(month_after(month))
    return BalanceTransaction.objects.filter(created_at__gte=start, created_at__lt=end)


def _added_up(booked: QuerySet[Any]) -> dict[str, Fees]:
    # Two questions, because one with OR makes the databases look at every payment there is.
    marked = Q(site__in=identity.marks())
    sums: dict[str, Fees] = defaultdict(Fees)
    for rows in (booked.filter(marked), booked.exclude(marked).filter(known_here())):
        kinds = rows.exclude(fee=0).order_by().values("currency", "type", "category").annotate(sum=Sum("fee"))
        for row in kinds:
            kind = _FEES_FOR.get(row["category"]) or _FEES_FOR.get(row["type"], "other")
            sums[row["currency"]] += Fees(**{kind: row["sum"]})
    return dict(sums)


def _added(one: Row, other: Row) -> Row:
    return type(one)(*(getattr(one, each.name) + getattr(other, each.name) for each in fields(one)))
