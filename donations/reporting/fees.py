"""What Stripe keeps of a gift: afterwards, and beforehand as an estimate."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from donations.models import BalanceTransaction, LedgerEntry
from donations.reporting.period_figures import PAYMENTS
from organisation.models import Organisation

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


def estimate(amount: int, currency: str, organisation: Organisation) -> int | None:
    """About what Stripe will keep of a gift of so many minor units; None where nobody told us the rate."""
    percent, fixed = USUAL.get(currency, (None, None))
    if organisation.card_fee_percent is not None:
        percent, fixed = organisation.card_fee_percent, organisation.card_fee_fixed or 0
    if percent is None or fixed is None:
        return None
    share = (amount * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return min(int(share) + fixed, amount)
