"""What Stripe keeps: of a gift, of a month, and beforehand as an estimate."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from donations.models import BalanceTransaction, LedgerEntry, StripeRef
from lib.dates import month_after, start_of_day
from organisation.models import Organisation

PAYMENTS = ("charge", "payment")  # Stripe's types of a balance transaction by which money arrives
YOUNG = 60  # seconds: how old the fees of this month and the last may be
OLD = 3600
YOUNG_MONTHS = timedelta(days=35)
# What Stripe charges for a card of the same country, as percent and minor units: https://stripe.com/pricing
USUAL = {
    "usd": (Decimal("2.9"), 30),
    "cad": (Decimal("2.9"), 30),
    "eur": (Decimal("1.5"), 25),
    "gbp": (Decimal("1.5"), 20),
    "aud": (Decimal("1.7"), 30),
}


def of_payment(entry: LedgerEntry) -> int | None:
    """What Stripe kept of a payment, if its book says so in the currency of the gift; None otherwise.

    Settled in another currency, the fee is not a part of the sum that the donor knows.
    """
    booked = list(
        BalanceTransaction.objects.filter(payment=entry.source, type__in=PAYMENTS).values_list(
            "amount", "fee", "currency"
        )
    )
    if len(booked) != 1:
        return None
    amount, fee, currency = booked[0]
    return int(fee) if (amount, currency) == (entry.amount, entry.currency) else None


def of_month(month: date) -> dict[str, int]:
    """What Stripe kept of our money in the month that begins on this day, by settlement currency, in minor units.

    A minute old at most; of months before the last, which hardly change any more, an hour.
    """
    start, end = start_of_day(month), start_of_day(month_after(month))
    age = OLD if end < timezone.now() - YOUNG_MONTHS else YOUNG
    key = f"donations.fees.{settings.SITE_HOST}.{month}"
    found: dict[str, int] = cache.get_or_set(key, lambda: _between(start, end), age) or {}
    return found


def _between(start: datetime, end: datetime) -> dict[str, int]:
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


def estimate(amount: int, currency: str, organisation: Organisation) -> int | None:
    """About what Stripe will keep of a gift of so many minor units; None where nobody told us the rate."""
    percent, fixed = USUAL.get(currency, (None, None))
    if organisation.card_fee_percent is not None:
        percent, fixed = organisation.card_fee_percent, organisation.card_fee_fixed or 0
    if percent is None or fixed is None:
        return None
    share = (amount * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return min(int(share) + fixed, amount)
