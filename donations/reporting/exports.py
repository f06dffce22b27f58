"""What can be taken out of the books: each export is rows in one order, read while they are written, never all at once.

Amounts are integers in minor units until a format writes them. Currencies are never added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from donations.domain.status import ARRIVED
from donations.ledger import identity
from donations.models import (
    BalanceTransaction,
    Donation,
    Flag,
    GiftSums,
    LedgerEntry,
    PaidOut,
    Payout,
    StripeRef,
    fold,
)
from donations.reporting import period_figures
from lib import money
from lib.dates import start_of_day

BATCH = 1000  # rows in memory at a time

Row = tuple[Any, ...]
Totals = dict[str, dict[str, int]]

GIVEN = Q(kind__in=LedgerEntry.ARRIVALS)
# What arrived, also when it failed after all.
IN_THE_BOOKS = Q(status__in=ARRIVED) | Q(flags__contains=Flag.FAILED)


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


@dataclass(frozen=True, slots=True)
class Export:
    """`amounts` are the columns in minor units of the row's `currency`; they are added up by currency."""

    columns: tuple[str, ...]
    amounts: tuple[str, ...]
    rows: Callable[[Period], Iterator[Row]]
    count: Callable[[Period], int]


def _donations(period: Period) -> Iterator[Row]:
    """Gifts that arrived, by the day they did, with all that became of them since."""
    fields = (
        *("pk", "arrived_at", "status", "amount", "currency", "name", "payer_name", "email", "message"),
        *("public", "flags", "presented_amount", "presented_currency"),
    )
    for batch in _batches(_arrived(period).order_by("pk").values_list(*fields).iterator(chunk_size=BATCH)):
        booked = _booked(batch[0][0], batch[-1][0])
        for pk, at, status, asked, own, *told, paid, paid_in in batch:
            # One line for each currency; a second one is a flagged mistake, but its money is in the ledger.
            for currency, (sums, payment) in sorted(booked[pk].items()):
                refunded = -sums.refunded - sums.failed - sums.struck_out
                yield (
                    pk, at, status, currency, sums.given, refunded, -sums.disputed, sums.left,
                    asked if currency == own else 0, *told, payment, money.coded(paid, paid_in),
                )  # fmt: skip


def _arrived(period: Period) -> QuerySet[Donation]:
    arrivals = LedgerEntry.objects.filter(donation=OuterRef("pk"), kind__in=LedgerEntry.ARRIVALS).order_by(
        "happened_at"
    )
    gifts = Donation.objects.filter(IN_THE_BOOKS).annotate(arrived_at=Subquery(arrivals.values("happened_at")[:1]))
    return gifts.filter(period.of("arrived_at"))


def _booked(first: int, last: int) -> dict[int, dict[str, tuple[GiftSums, str]]]:
    """What the ledger holds of a range of gifts, by gift and currency, and the payment by which each arrived."""
    rows = (
        LedgerEntry.objects.filter(donation_id__gte=first, donation_id__lte=last)
        .order_by()
        .values_list("donation_id", "currency", "kind")
        .annotate(sum=Sum("amount"), source=Min("source"))
    )
    moved: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    sources: dict[tuple[int, str], str] = {}
    for pk, currency, kind, amount, source in rows:
        moved[pk].append((kind, currency, amount))
        if kind in LedgerEntry.ARRIVALS:
            sources[pk, currency] = source
    return {
        pk: {currency: (sums, sources.get((pk, currency), "")) for currency, sums in fold(rows).items()}
        for pk, rows in moved.items()
    }


def _ledger(period: Period) -> Iterator[Row]:
    """Every row of the ledger, by the day it happened."""
    fields = ("pk", "happened_at", "recorded_at", "kind", "currency", "amount", "donation_id", "source")
    rows = LedgerEntry.objects.filter(period.of("happened_at")).order_by("pk")
    yield from rows.values_list(*fields).iterator(chunk_size=BATCH)


def _donors(period: Period) -> Iterator[Row]:
    """One line for each address and currency; all who left none are one line."""
    rows = (
        LedgerEntry.objects.filter(period.of("happened_at"))
        .values("currency", address=Lower("donation__email"))
        .annotate(
            name=Coalesce(NullIf(Max("donation__name"), Value("")), Max("donation__payer_name")),
            gifts=Count("donation", distinct=True, filter=GIVEN),
            first=Min("happened_at", filter=GIVEN),
            last=Max("happened_at", filter=GIVEN),
            given=Coalesce(Sum("amount", filter=GIVEN), 0),
            returned=Coalesce(Sum("amount", filter=~GIVEN), 0),
            kept=Sum("amount"),
        )
        .order_by("address", "currency")
    )
    fields = ("address", "name", "gifts", "first", "last", "currency", "given", "returned", "kept")
    yield from rows.values_list(*fields).iterator(chunk_size=BATCH)


def _accounting(period: Period) -> Iterator[Row]:
    """Stripe's own book, all of it: only then does it add up to what arrived at the bank."""
    payout = Subquery(PaidOut.objects.filter(transaction=OuterRef("pk")).values("payout")[:1])
    arrival = Payout.objects.filter(pk=OuterRef("carrier")).values("arrival_at")[:1]
    gift = StripeRef.objects.filter(pk=OuterRef("payment")).values("donation")[:1]
    rows = (
        BalanceTransaction.objects.filter(period.of("created_at"))
        .annotate(carrier=payout, gift=Subquery(gift), known=period_figures.known_here())
        .annotate(arrival=Subquery(arrival))
        .order_by("created_at", "pk")
    )
    fields = (
        *("created_at", "type", "category", "pk", "source", "payment", "gift", "site", "known"),
        *("currency", "amount", "fee", "net", "carrier", "arrival"),
    )
    marks = identity.marks()
    for *told, site, known, currency, amount, fee, net, carrier, arrival_at in rows.values_list(*fields).iterator(
        BATCH
    ):
        at, kind, category, pk, source, payment, gift_number = told
        ours = site in marks or known
        yield (
            at, kind, category, pk, source, payment, gift_number or "", ours, currency, amount, fee, net,
            carrier or (source if kind == "payout" else ""), arrival_at,
        )  # fmt: skip


def _months(period: Period) -> Iterator[Row]:
    """Each month of which a day is in the period, whole, with the figures that every page shows."""
    for currency, months in sorted(period_figures.of_period(period.first, period.last).items()):
        for month, figures in sorted(months.items()):
            fees = figures.fees
            yield (
                f"{month:%Y-%m}", currency, figures.gifts, figures.gross, figures.refunds, figures.disputes,
                fees.payments, fees.refunds, fees.disputes, fees.other, figures.net,
                figures.outside_gifts, figures.outside, figures.reached,
            )  # fmt: skip


EXPORTS = {
    "months": Export(
        columns=(
            *("month", "currency", "gifts", "gross", "refunds", "disputes", "payment_fees", "refund_fees"),
            *("dispute_fees", "other_fees", "net", "gifts_outside_stripe", "outside_stripe", "reached"),
        ),
        amounts=(
            *("gross", "refunds", "disputes", "payment_fees", "refund_fees", "dispute_fees", "other_fees", "net"),
            *("outside_stripe", "reached"),
        ),
        rows=_months,
        count=lambda period: sum(map(len, period_figures.of_period(period.first, period.last).values())),
    ),
    "donations": Export(
        columns=(
            *("gift", "date", "status", "currency", "paid", "refunded", "disputed", "kept", "asked"),
            *("name", "name_at_stripe", "email", "message", "public", "flags", "payment", "paid_as"),
        ),
        amounts=("paid", "refunded", "disputed", "kept", "asked"),
        rows=_donations,
        count=lambda period: _arrived(period).count(),
    ),
    "ledger": Export(
        columns=("entry", "happened", "recorded", "kind", "currency", "amount", "gift", "source"),
        amounts=("amount",),
        rows=_ledger,
        count=lambda period: LedgerEntry.objects.filter(period.of("happened_at")).count(),
    ),
    "donors": Export(
        columns=("email", "name", "gifts", "first_gift", "last_gift", "currency", "given", "returned", "kept"),
        amounts=("given", "returned", "kept"),
        rows=_donors,
        count=lambda period: (
            LedgerEntry.objects.filter(period.of("happened_at"))
            .values("currency", address=Lower("donation__email"))
            .distinct()
            .count()
        ),
    ),
    "accounting": Export(
        columns=(
            *("date", "type", "category", "transaction", "source", "payment", "gift", "ours"),
            *("currency", "gross", "fee", "net", "payout", "payout_date"),
        ),
        amounts=("gross", "fee", "net"),
        rows=_accounting,
        count=lambda period: BalanceTransaction.objects.filter(period.of("created_at")).count(),
    ),
}


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


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
