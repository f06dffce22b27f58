"""What can be taken out of the books, each export as rows in one order.

Amounts are integers in minor units until a format writes them. Currencies are never added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

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
    Subscription,
    fold,
)
from donations.reporting import period_figures, subscriptions
from donations.reporting.export_shape import BATCH, Export, Period, Row, batches
from lib import money

GIVEN = Q(kind__in=LedgerEntry.ARRIVALS)
# What arrived, also when it failed after all.
IN_THE_BOOKS = Q(status__in=ARRIVED) | Q(flags__contains=Flag.FAILED)


def _donations(period: Period) -> Iterator[Row]:
    """Gifts that arrived, by the day they did, with all that became of them since."""
    fields = (
        *("pk", "arrived_at", "status", "amount", "currency", "name", "payer_name", "email", "message"),
        *("public", "flags", "frequency", "subscription__stripe_id", "presented_amount", "presented_currency"),
    )
    for batch in batches(_arrived(period).order_by("pk").values_list(*fields).iterator(chunk_size=BATCH)):
        booked = _booked(batch[0][0], batch[-1][0])
        for pk, at, status, asked, own, *told, frequency, subscription, paid, paid_in in batch:
            # One line for each currency; a second one is a flagged mistake, but its money is in the ledger.
            for currency, (sums, payment) in sorted(booked[pk].items()):
                refunded = -sums.refunded - sums.failed - sums.struck_out
                yield (
                    pk, at, status, currency, sums.given, refunded, -sums.disputed, sums.left,
                    asked if currency == own else 0, *told, payment, money.coded(paid, paid_in),
                    frequency, subscription or "",
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
    fields = (
        *("pk", "happened_at", "recorded_at", "kind", "currency", "amount", "donation_id", "source"),
        *("donation__frequency", "donation__subscription__stripe_id"),
    )
    rows = LedgerEntry.objects.filter(period.of("happened_at")).order_by("pk")
    for *told, subscription in rows.values_list(*fields).iterator(chunk_size=BATCH):
        yield (*told, subscription or "")


def _subscriptions(period: Period) -> Iterator[Row]:
    """Every gift that comes again, by the day it began, with what it came to in its own currency."""
    rows = _begun(period).order_by("pk")
    for batch in batches(rows.iterator(chunk_size=BATCH)):
        told = subscriptions.told_of(batch)
        for each in batch:
            first, given = told[each.pk].first, told[each.pk].given
            yield (
                each.stripe_id, each.created_at, each.status, each.frequency.value, each.currency, each.amount,
                given.get(each.currency, 0), subscriptions.next_charge(each), each.ended_at, each.ended_by.value,
                *((first.name, first.payer_name, first.email) if first else ("", "", "")),
            )  # fmt: skip


def _begun(period: Period) -> QuerySet[Subscription]:
    return Subscription.objects.exclude(status__in=subscriptions.NOT_BEGUN).filter(period.of("created_at"))


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
            *("frequency", "subscription"),
        ),
        amounts=("paid", "refunded", "disputed", "kept", "asked"),
        rows=_donations,
        count=lambda period: _arrived(period).count(),
    ),
    "ledger": Export(
        columns=(
            *("entry", "happened", "recorded", "kind", "currency", "amount", "gift", "source"),
            *("frequency", "subscription"),
        ),
        amounts=("amount",),
        rows=_ledger,
        count=lambda period: LedgerEntry.objects.filter(period.of("happened_at")).count(),
    ),
    "subscriptions": Export(
        columns=(
            *("subscription", "since", "status", "frequency", "currency", "amount", "kept", "next_charge", "ended"),
            *("ended_by", "name", "name_at_stripe", "email"),
        ),
        amounts=("amount", "kept"),
        rows=_subscriptions,
        count=lambda period: _begun(period).count(),
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
