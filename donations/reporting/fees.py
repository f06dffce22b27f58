"""What Stripe keeps of a gift: afterwards, and beforehand as an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Sum

from donations.models import BalanceTransaction, LedgerEntry, payments_of
from donations.reporting.period_figures import PAYMENTS
from lib import money
from organisation.models import Organisation

# What Stripe charges for a card of the same country, as percent and minor units: https://stripe.com/pricing
USUAL = {
    "usd": (Decimal("2.9"), 30),
    "cad": (Decimal("2.9"), 30),
    "eur": (Decimal("1.5"), 25),
    "gbp": (Decimal("1.5"), 20),
    "aud": (Decimal("1.7"), 30),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What Stripe's book says of a payment: its fee and what is left, in minor units of the currency it settled in."""

    fee: int
    net: int
    currency: str


def covered(amount: int, currency: str, organisation: Organisation) -> int | None:
    """The least that has to be paid so that `amount` is left after the card fee, in minor units; None as `estimate`."""
    fee = estimate(amount, currency, organisation)
    if fee is None:
        return None
    total = amount + fee
    while (short := amount - total + (estimate(total, currency, organisation) or 0)) > 0:
        total += short
    while not money.payable(total, currency):
        total += 1
    return total


def of_payment(entry: LedgerEntry) -> Kept | None:
    """What Stripe kept of a payment; None until its book says so, or when it does not fit the payment.

    Settled in another currency, fee and net are no parts of the sum that the donor knows, but they are what is true.
    """
    intents = payments_of([entry.source]).values()
    booked = BalanceTransaction.objects.filter(payment__in=list(intents), type__in=PAYMENTS)
    rows = list(booked.values_list("amount", "fee", "net", "currency")[:2])
    if len(rows) != 1:
        return None
    amount, fee, net, currency = rows[0]
    fits = currency != entry.currency or amount == entry.amount
    return Kept(fee, net, currency) if fits else None


def of_gift(payments: Sequence[LedgerEntry]) -> Kept | None:
    """What Stripe kept of all that was done with these payments of one gift, and what is left in its book.

    Fees of refunds and disputes are in it. None until the book has every payment, or when it settled in several
    currencies.
    """
    if not all(of_payment(payment) for payment in payments):
        return None
    intents = payments_of(payment.source for payment in payments).values()
    booked = BalanceTransaction.objects.filter(payment__in=list(intents))
    rows = list(booked.order_by().values_list("currency").annotate(fee=Sum("fee"), net=Sum("net")))
    if len(rows) != 1:
        return None
    currency, fee, net = rows[0]
    return Kept(fee, net, currency)


def estimate(amount: int, currency: str, organisation: Organisation) -> int | None:
    """About what Stripe will keep of a gift of so many minor units; None where nobody told us the rate."""
    percent, fixed = USUAL.get(currency, (None, None))
    if organisation.card_fee_percent is not None:
        # A fixed part that stands in another currency is no part of an amount in this one.
        told = "card_fee_fixed" not in organisation.outdated
        percent, fixed = organisation.card_fee_percent, (organisation.card_fee_fixed or 0) if told else None
    if percent is None or fixed is None:
        return None
    share = (amount * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return min(int(share) + fixed, amount)
