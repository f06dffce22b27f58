"""Payments of the past, for demo data: Stripe's objects as they stand today. No event is created or delivered.

All functions run in the caller's transaction. Times are seconds since the epoch, amounts are in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from sandbox.core import ids, store
from sandbox.engine import balance, card_payments, outcomes, payouts, refunds, test_cards
from sandbox.engine.disputes import FEE
from sandbox.models import Record
from sandbox.objects import charge, checkout_session, dispute, payment_intent, refund
from sandbox.objects.charge import Payer

DAY = 24 * 3600


@dataclass(frozen=True)
class Payment:
    """A payment of the past."""

    session: Record
    charge: Record


def record_payment(
    at: int, amount: int, currency: str, *, payer: Payer, metadata: dict[str, str], description: str
) -> Payment:
    """A session that was paid by card at this time."""
    params = {"success_url": settings.SITE_URL, "metadata": metadata, "customer_email": payer.email}
    session = store.add(
        checkout_session.build(
            params,
            url=f"{settings.SANDBOX_URL}/pay",
            created=at - 90,
            expires_at=at + 7200,
            total=amount,
            currency=currency,
        ),
        hidden={"line_items": [], "payment_intent_data": {}},
    )
    intent_params = {"metadata": metadata, "description": description}
    intent = store.add(payment_intent.build(intent_params, created=at - 5, amount=amount, currency=currency))
    intent.body["payment_method"] = ids.new("pm")
    visa = test_cards.lookup("4242424242424242")
    details = card_payments.method_details(visa, card_payments.Expiry(12, 2040), amount)
    paid = store.add(
        charge.build(intent.body, payer, details, created=at, receipt_base_url=outcomes.receipt_base_url()),
        hidden={"card": visa.number},
    )
    posted = balance.post(
        "charge",
        amount,
        currency,
        created=at + 1,
        source=paid.stripe_id,
        fee=balance.processing_fee(amount),
        description=description,
    )
    store.update(paid, balance_transaction=posted["id"])
    outcomes.succeed(intent, paid.stripe_id)
    store.save(session, {**session.body, "payment_intent": intent.stripe_id})
    outcomes.complete(session, payer, "paid")
    return Payment(session, paid)


def record_refund(payment: Payment, at: int, amount: int, metadata: dict[str, str]) -> Record:
    """A refund that succeeded."""
    body = refund.build(
        payment.charge.body, amount, created=at, status="succeeded", reason="requested_by_customer", metadata=metadata
    )
    record = store.add(body)
    posted = _post(payment.charge, "refund", -amount, at, source=record.stripe_id)
    store.update(record, balance_transaction=posted["id"])
    refunds.add_refunded_amount(payment.charge, amount)
    return record


def record_dispute(payment: Payment, at: int, status: str) -> Record:
    """A chargeback of the whole payment that is won or lost, or in between."""
    amount = payment.charge.body["amount"]
    case = store.add(dispute.build(payment.charge.body, amount, created=at, status=status, reason="fraudulent"))
    store.update(payment.charge, disputed=True)
    posted = [_post_adjustment(payment.charge, case, -amount, at, FEE)]
    if status == "won":
        posted.append(_post_adjustment(payment.charge, case, amount, at + 60 * DAY, 0))
    store.update(case, balance_transactions=posted, is_charge_refundable=False)
    return case


def record_payout(at: int, currency: str) -> Record | None:
    """A payout of everything that was available by then; None if that is not above zero."""
    unpaid = Record.objects.filter(kind=balance.KIND, payout="", created__lte=at).order_by("number")
    available = [
        record for record in unpaid if record.body["available_on"] <= at and record.body["currency"] == currency
    ]
    return payouts.create(currency, available, created=at)


def _post_adjustment(paid: Record, case: Record, amount: int, at: int, fee: int) -> dict[str, Any]:
    category = "dispute" if amount < 0 else "dispute_reversal"
    return _post(paid, "adjustment", amount, at, source=case.stripe_id, fee=fee, reporting_category=category)


def _post(paid: Record, type: str, amount: int, at: int, **more: Any) -> dict[str, Any]:
    return balance.post_against_charge(type, amount, paid, created=at, description=paid.body["description"], **more)
